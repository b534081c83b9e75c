import { describe, expect, it } from 'vitest'
import {
  conformance,
  never,
  seenOf,
  shell,
} from '../../packages/server/src/domains/pipelines/executors/testing/conformance.ts'
import { addressOf, executorsOf } from './world.ts'

const url = addressOf('docker', 'EVENKEEL_TEST_DOCKER')
const image = process.env['EVENKEEL_TEST_DOCKER_IMAGE'] ?? 'busybox:1'

describe.skipIf(url === undefined)('docker', () => {
  const make = executorsOf({ kind: 'docker', url: url ?? '', image })
  conformance('conforms', make, { concurrent: false })

  it('tells a job that needs more memory than it was given', async () => {
    const executor = make()
    // Text that doubles until there is no room for it.
    const hungry = shell('text=xxxxxxxxxxxxxxxx; while :; do text=$text$text; done', {
      resources: { memoryMiB: 32, gpu: 0 },
    })
    const handle = await executor.submit(hungry, `hungry-${Date.now()}`)

    expect(await executor.ended(handle, never)).toMatchObject({ cause: 'oom' })
    await executor.cleanup(handle)
  })

  it('writes neither to inputs nor to code', async () => {
    const executor = make()
    const script = 'for f in "$HOME_OF_JOB/inputs/new" new; do touch $f && echo written; done; :'
    const handle = await executor.submit(shell(script), `read-only-${Date.now()}`)
    await executor.ended(handle, never)

    const log = (await executor.read(handle, 'log', 0, 1e4)).toString()
    expect(log).not.toContain('written')
    expect(log.match(/Read-only file system/g)).toHaveLength(2)
    await executor.cleanup(handle)
  })

  it('knows which image a job ran in, and leaves no container behind', async () => {
    const executor = make()
    const externalId = `tidy-${Date.now()}`
    const handle = await executor.submit(shell('sleep 2'), externalId)
    await seenOf(executor, handle, 'running')

    expect(await executor.image(handle)).toMatch(/sha256:[0-9a-f]{64}$/)
    await executor.ended(handle, never)
    await executor.cleanup(handle)
    expect(await executor.image(handle)).toBeNull()
  })
})
