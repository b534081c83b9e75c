import { getgid, getuid } from 'node:process'
import { z } from 'zod'
import { Unreachable } from '../executor.ts'
import type { Platform, PlatformJob, PlatformState } from '../folder/platform.ts'
import { type Call, openDoor, readAnswer, refusal } from '../http.ts'
import type { DockerTarget } from '../targets.ts'
import { tlsOf } from '../tls.ts'
import { resolveImage } from './image.ts'

/** Versions of the API that this speaks; which one is used is the newest that the engine knows too. */
const oldest = 1.24
const newest = 1.47

/** Runs attempts as containers of a Docker Engine that sees the same files, which is the one on this host. */
export function createDockerPlatform(target: DockerTarget): Platform {
  const call = versioned(openDoor({ url: target.url, ...tlsOf(target) }))
  const container = (externalId: string, action = '') => `/containers/${encodeURIComponent(externalId)}${action}`

  async function inspect(externalId: string): Promise<Container | undefined> {
    const answer = await call('GET', container(externalId, '/json'))
    if (answer.status === 404) return undefined
    return readAnswer(Container, 'To look at a container', answer)
  }

  return {
    async version() {
      const answer = await call('GET', '/version')
      return readAnswer(Version, 'To ask for the version', answer).Version
    },

    async start(job) {
      const image = await resolveImage(call, job.image ?? target.image)
      const created = await call('POST', `/containers/create?name=${job.externalId}`, containerOf(target, job, image))
      // 409, or 400 of an old engine: there is one of this name. Whatever it says, what counts is whether it is there.
      if (created.status !== 201 && !(await inspect(job.externalId))) throw refusal('To create a container', created)
      const started = await call('POST', container(job.externalId, '/start'), undefined, 60_000)
      if (started.status === 204 || started.status === 304) return
      const found = await inspect(job.externalId)
      // One that has ended already cannot be what could not be started.
      if (found && found.State.Status !== 'created') return
      throw refusal('To start a container', started)
    },

    async state(externalId) {
      const found = await inspect(externalId)
      return found ? stateOf(found) : { state: 'absent' }
    },

    async kill(externalId) {
      const killed = await call('POST', container(externalId, '/kill'))
      // 409: it does not run (any more); one that never ran must not start later.
      if (killed.status === 409) await call('DELETE', `${container(externalId)}?force=1`)
    },

    async forget(externalId) {
      const gone = await call('DELETE', `${container(externalId)}?force=1&v=1`)
      // 409: somebody else is about to remove it.
      if (![204, 404, 409].includes(gone.status)) throw refusal('To remove a container', gone)
    },

    async list() {
      const filters = encodeURIComponent(JSON.stringify({ label: [label], status: ['created', 'running', 'paused'] }))
      const answer = await call('GET', `/containers/json?all=1&filters=${filters}`)
      return readAnswer(z.array(Listed), 'To list containers', answer).map(({ Labels }) => Labels[label]!)
    },

    async image(externalId) {
      const found = await inspect(externalId)
      return found?.Config.Labels?.[imageLabel] ?? null
    },
  }
}

const label = 'evenkeel.job'
const imageLabel = 'evenkeel.image'

const Version = z.object({ Version: z.string(), ApiVersion: z.string(), MinAPIVersion: z.string().optional() })
const Listed = z.object({ Labels: z.record(z.string(), z.string()) })
const Container = z.object({
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  State: z.object({
    Status: z.string(),
    OOMKilled: z.boolean().default(false),
    ExitCode: z.int().default(0),
    Error: z.string().default(''),
  }),
})
type Container = z.infer<typeof Container>

function stateOf({ State: { Status, OOMKilled, ExitCode, Error: error } }: Container): PlatformState {
  if (Status === 'created') return error ? { state: 'ended', cause: 'not_started', says: error } : { state: 'queued' }
  if (Status !== 'exited' && Status !== 'dead') return { state: 'running' }
  if (OOMKilled) return { state: 'ended', cause: 'oom' }
  return { state: 'ended', says: `Its container ended with ${ExitCode}${error ? `: ${error}` : ''}.` }
}

/** Every call carries a version in its path; without one it is deprecated. */
function versioned(call: Call): Call {
  let agreed: Promise<string> | undefined
  const agree = async () => {
    const { ApiVersion, MinAPIVersion } = readAnswer(Version, 'To ask for the version', await call('GET', '/version'))
    const usable = Math.min(minorOf(ApiVersion), minorOf(String(newest)))
    if (usable >= Math.max(minorOf(MinAPIVersion ?? '1.0'), minorOf(String(oldest)))) return `/v1.${usable}`
    throw new Unreachable(
      `This engine speaks the versions ${MinAPIVersion ?? '1.12'} to ${ApiVersion} of its API, and Evenkeel ${oldest} to ${newest}.`,
    )
  }
  return async (method, path, body, timeoutMs) => {
    agreed ??= agree()
    const version = await agreed.catch((error: unknown) => {
      agreed = undefined
      throw error
    })
    return call(method, version + path, body, timeoutMs)
  }
}

const minorOf = (version: string): number => Number(version.split('.')[1])

function containerOf(
  target: DockerTarget,
  { externalId, home, command, resources, writable, readOnly }: PlatformJob,
  image: Resolved,
) {
  const { cpu, memoryMiB, gpu } = resources
  const bind = (path: string, readOnly: boolean) => ({ Type: 'bind', Source: path, Target: path, ReadOnly: readOnly })
  const memory = memoryMiB === undefined ? {} : { Memory: memoryMiB * 1024 ** 2, MemorySwap: memoryMiB * 1024 ** 2 }
  return {
    Image: image.id,
    Entrypoint: [],
    Cmd: command,
    WorkingDir: home,
    User: target.user ?? `${getuid?.() ?? 0}:${getgid?.() ?? 0}`,
    Labels: { [label]: externalId, [imageLabel]: image.name },
    HostConfig: {
      Mounts: [...writable.map((path) => bind(path, false)), ...readOnly.map((path) => bind(path, true))],
      Init: true,
      // Else its end could not be told.
      AutoRemove: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: 4096,
      ...(target.network !== undefined && { NetworkMode: target.network }),
      ...(cpu !== undefined && { NanoCpus: Math.round(cpu * 1e9) }),
      ...memory,
      ...(gpu > 0 && { DeviceRequests: [{ Driver: 'nvidia', Count: gpu, Capabilities: [['gpu']] }] }),
    },
  }
}

type Resolved = Awaited<ReturnType<typeof resolveImage>>
