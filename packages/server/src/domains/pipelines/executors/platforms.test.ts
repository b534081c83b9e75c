import { access, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeDocker } from './docker/fake.ts'
import { type Executor, Unreachable } from './executor.ts'
import { createExecutors } from './kinds.ts'
import { fakeKubernetes } from './kubernetes/fake.ts'
import { fakeRay } from './ray/fake.ts'
import { fakeSlurm } from './slurm/fake.ts'
import type { Target } from './targets.ts'
import { logOf, never, place, seenOf, shell } from './testing/conformance.ts'

const folder = await mkdtemp(join(tmpdir(), 'evenkeel-platforms-'))
const docker = await fakeDocker(folder, 400)
const slurm = await fakeSlurm(folder, 38)
const newSlurm = await fakeSlurm(folder, 42)
const ray = await fakeRay()
const kubernetes = await fakeKubernetes(folder)
afterAll(async () => {
  await Promise.all([docker, slurm, newSlurm, ray, kubernetes].map((fake) => fake.close()))
  await rm(folder, { recursive: true })
})

const executorFor = (target: Target): Executor =>
  createExecutors({ folder, place, exclusively: (_, work) => work() }, { there: target }).get('there')!

const limits = { resources: { cpu: 1.5, memoryMiB: 256, diskMiB: 512, gpu: 2 } }

describe.concurrent('docker', () => {
  const executor = executorFor(docker.target)

  it('takes 400 for a name that is taken, as old engines say it, for success', async () => {
    const handle = await executor.submit(shell('sleep 1; exit 3'), 'old-engine')

    // The answer to the first one got lost: the folder is there, and nothing has begun as far as we know.
    await rm(join(handle, 'control/claim'), { recursive: true, force: true })
    expect(await executorFor(docker.target).submit(shell('sleep 1; exit 3'), 'old-engine')).toBe(handle)
    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 3 })
  })

  it('passes limits on, mounts what is only read as such, and knows the image by its digest', async () => {
    const handle = await executor.submit(shell('true', limits), 'docker-limits')

    const { HostConfig, Image } = docker.specOf('docker-limits')
    expect(HostConfig).toMatchObject({ NanoCpus: 1.5e9, Memory: 256 * 1024 ** 2, MemorySwap: 256 * 1024 ** 2 })
    expect(HostConfig['DeviceRequests']).toMatchObject([{ Count: 2, Capabilities: [['gpu']] }])
    const mounts = [
      { Type: 'bind', Source: handle, Target: handle, ReadOnly: false },
      { Type: 'bind', Source: `${handle}/inputs`, Target: `${handle}/inputs`, ReadOnly: true },
      { Type: 'bind', Source: `${handle}/code`, Target: `${handle}/code`, ReadOnly: true },
    ]
    expect(HostConfig['Mounts']).toEqual(mounts)
    expect(Image).toMatch(/^sha256:/)
    expect(await executor.image(handle)).toBe(docker.image)
    await executor.ended(handle, never)
  })

  it('says why an image cannot be had', async () => {
    const submit = executor.submit(shell('true', { image: 'ghost:1' }), 'ghost')
    await expect(submit).rejects.toThrow('The image "ghost:1" is not here and cannot be pulled: manifest unknown')
    await expect(access(join(folder, 'ghost'))).rejects.toThrow('ENOENT')
  })

  it('tells a job that ran out of memory from one that is lost', async () => {
    const hungry = await executor.submit(shell('sleep 60'), 'docker-hungry')
    const gone = await executor.submit(shell('sleep 60'), 'docker-gone')
    await Promise.all([seenOf(executor, hungry, 'running'), seenOf(executor, gone, 'running')])

    await docker.outOfMemory('docker-hungry')
    await docker.vanish('docker-gone')

    expect(await executor.ended(hungry, never)).toMatchObject({ state: 'lost', cause: 'oom' })
    expect(await executor.ended(gone, never)).toEqual({ state: 'lost', says: 'Its container ended with 137.' })
  })

  it('shows nothing of what a step is given to those who may list containers', async () => {
    const secret = { environment: { PATH: '/usr/bin:/bin', EVENKEEL_TOKEN: 'very-secret' }, context: {} }
    const job = { ...shell('echo $EVENKEEL_TOKEN'), describe: () => secret }
    const handle = await executor.submit(job, 'discreet')

    await executor.ended(handle, never)
    expect(await logOf(executor, handle)).toBe('very-secret\n')
    expect(JSON.stringify(docker.specOf('discreet'))).not.toContain('very-secret')
  })
})

describe.concurrent.each([
  { release: '22.05', fake: slurm, memory: 256 as unknown },
  { release: '24.05', fake: newSlurm, memory: { set: true, number: 256 } as unknown },
])('slurm $release', ({ release, fake, memory }) => {
  const executor = executorFor(fake.target)

  it('submits once, finds the job again by its name, and reads its state', async () => {
    const name = `slurm-once-${release.slice(0, 2)}`
    const handle = await executor.submit(shell('sleep 1; exit 3', limits), name)
    await rm(join(handle, 'control/slurm-job'))
    await rm(join(handle, 'control/claim'), { recursive: true, force: true })
    await executorFor(fake.target).submit(shell('sleep 1; exit 3'), name)

    expect(fake.countOf(name)).toBe(1)
    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 3 })
    expect(fake.specOf(name)).toMatchObject({ cpus_per_task: 2, memory_per_node: memory, comment: 'evenkeel' })
  })

  it('tells apart what ran out of memory, what was preempted, and what is lost', async () => {
    const words = ['hungry', 'evicted', 'gone'].map((word) => `slurm-${word}-${release.slice(0, 2)}`)
    const handles = await Promise.all(words.map((word) => executor.submit(shell('sleep 60'), word)))
    await Promise.all(handles.map((handle) => seenOf(executor, handle, 'running')))

    await fake.outOfMemory(words[0]!)
    await fake.evict(words[1]!)
    await fake.vanish(words[2]!)

    const ends = await Promise.all(handles.map((handle) => executor.ended(handle, never)))
    expect(ends).toMatchObject([
      { state: 'lost', cause: 'oom' },
      { state: 'lost', cause: 'evicted' },
      { state: 'lost', says: 'Slurm says FAILED.' },
    ])
  })
})

it.concurrent('ray: takes 500 with a trace for what it is when the job is there, and passes limits on', async () => {
  const executor = executorFor(ray.target)
  const handle = await executor.submit(shell('sleep 1; exit 3', limits), 'ray-once')
  await rm(join(handle, 'control/claim'), { recursive: true, force: true })

  expect(await executorFor(ray.target).submit(shell('sleep 1; exit 3'), 'ray-once')).toBe(handle)
  expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 3 })
  expect(ray.specOf('ray-once')).toMatchObject({
    entrypoint_num_cpus: 1.5,
    entrypoint_num_gpus: 2,
    entrypoint_memory: 256 * 1024 ** 2,
  })
})

describe.concurrent('kubernetes', () => {
  const executor = executorFor(kubernetes.target)

  it('takes 409 for success, passes limits on, and learns the digest of the image from the pod', async () => {
    const handle = await executor.submit(shell('sleep 1; exit 3', limits), 'k8s-once')
    await rm(join(handle, 'control/claim'), { recursive: true, force: true })

    expect(await executorFor(kubernetes.target).submit(shell('sleep 1; exit 3'), 'k8s-once')).toBe(handle)
    expect(await executor.ended(handle, never)).toMatchObject({ exitCode: 3 })
    expect(await executor.image(handle)).toBe(kubernetes.image)
    const amounts = { cpu: '1.5', memory: '256Mi', 'ephemeral-storage': '512Mi', 'nvidia.com/gpu': '2' }
    const { spec } = kubernetes.specOf('k8s-once')
    expect(spec.template.spec.containers[0].resources).toEqual({ requests: amounts, limits: amounts })
    expect(spec).toMatchObject({ backoffLimit: 0, template: { spec: { restartPolicy: 'Never' } } })
  })

  it('waits ten minutes for an image, and then says why it cannot be had', async () => {
    const handle = await executor.submit(shell('true', { image: 'nowhere/tools:1' }), 'k8s-no-image')
    expect(await executor.observe(handle)).toEqual({ state: 'queued' })

    kubernetes.age('k8s-no-image', 11 * 60_000)

    const says = 'Kubernetes says ImagePullBackOff: Back-off pulling image "nowhere/tools:1".'
    expect(await executor.ended(handle, never)).toEqual({ state: 'lost', cause: 'not_started', says })
  })

  it('tells apart what ran out of memory and what was evicted', async () => {
    const [hungry, evicted] = await Promise.all(
      ['k8s-hungry', 'k8s-evicted'].map((name) => executor.submit(shell('sleep 60'), name)),
    )
    await Promise.all([seenOf(executor, hungry!, 'running'), seenOf(executor, evicted!, 'running')])

    await kubernetes.outOfMemory('k8s-hungry')
    await kubernetes.evict('k8s-evicted')

    expect(await executor.ended(hungry!, never)).toMatchObject({ state: 'lost', cause: 'oom' })
    expect(await executor.ended(evicted!, never)).toMatchObject({ state: 'lost', cause: 'evicted' })
  })
})

it.concurrent('keeps a job whose platform is silent, and says that it is silent rather than lost', async () => {
  const away = await fakeRay()
  const executor = executorFor(away.target)
  const handle = await executor.submit(shell('sleep 0.5; exit 7'), 'silent')
  await seenOf(executor, handle, 'running')
  const waiting = executor.ended(handle, never)
  await away.close()

  await expect(executor.version()).rejects.toThrow(Unreachable)
  await expect(executor.list()).rejects.toThrow('does not answer')
  // Closing the machine killed the job, so nobody writes an exit code; nothing may be concluded from the silence.
  const verdict = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 4000, 'still waiting'))])
  expect(verdict).toBe('still waiting')
})
