import { type ApiError, createClient } from '@evenkeel/client'
import { type PipelineSpec, secrets as secretEndpoints, stepSources as endpoints } from '@evenkeel/contract'
import { symlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PipelinesWorld, startPipelinesWorld } from '../testing.ts'
import { CannotFetch, pinnedHost } from './address.ts'
import { git } from './git.ts'
import { startGitServer } from './testing.ts'

const server = await startGitServer()
afterAll(() => server?.stop())

const clean = {
  'steps/clean/step.yaml': 'run: [./clean.sh]\noutputs: [table]\n',
  'steps/clean/clean.sh': '#!/bin/sh\necho cleaned > "$EVENKEEL_OUTPUT_TABLE"\n',
  'steps/clean/lib/words.txt': 'a\nb\n',
  'README.md': 'Steps.\n',
}

describe.skipIf(!server)('a step of another repository', () => {
  let world: PipelinesWorld
  let commit: string
  beforeAll(async () => {
    world = await startPipelinesWorld({
      environment: { EVENKEEL_GIT_PRIVATE_TARGETS: '1', EVENKEEL_GIT_CA_FILE: server!.caFile },
    })
    commit = await server!.commit('steps', clean)
  }, 60_000)
  afterAll(() => world.stop())

  const fetch = (more: object = {}) =>
    createClient(endpoints, world.clientOptions()).fetch({
      body: { repository: server!.url('steps'), path: 'steps/clean', commit, ...more },
    })

  it('is stored by content, with what may be run, and asked for once', async () => {
    const { source, files } = await fetch()
    const before = server!.asked.length
    const again = await Promise.all([fetch(), fetch()])

    expect(source).toEqual({ repository: server!.url('steps'), path: 'steps/clean', commit })
    expect(files.map(({ path, executable }) => [path, executable])).toEqual([
      ['clean.sh', true],
      ['lib/words.txt', false],
      ['step.yaml', false],
    ])
    expect((await world.deps.blobs.bytes(files[1]!.digest)).toString()).toBe('a\nb\n')
    expect(again).toEqual([
      { source, files },
      { source, files },
    ])
    expect(server!.asked).toHaveLength(before)
  })

  it('stays what it was at its commit, and a later one is another', async () => {
    const { files } = await fetch()
    const later = await server!.commit('steps', { 'steps/clean/lib/words.txt': 'a\nb\nc\n' })

    expect((await fetch()).files).toEqual(files)
    expect((await fetch({ commit: later })).files).not.toEqual(files)
    expect((await fetch({ path: '' })).files.map(({ path }) => path)).toContain('README.md')
  })

  it('is run, and asks nobody for anything then', async () => {
    const { source, files } = await fetch()
    const before = server!.asked.length
    const step = { key: 'clean', run: ['./clean.sh'], outputs: ['table'], code: files, source }
    const { id } = await world.run('of-git', { steps: [step] } as unknown as Partial<PipelineSpec>)
    const run = await world.until(id)

    expect(run).toMatchObject({ state: 'succeeded' })
    expect(server!.asked).toHaveLength(before)
    const { steps } = await world.api.plan({ params: { pipeline: 'of-git' }, body: {} })
    expect(steps).toMatchObject([{ key: 'clean', source: { commit } }])
  })

  it('is not believed to be what it is not', async () => {
    const { source, files } = await fetch()
    const { digest } = await world.deps.blobs.put(Buffer.from('echo something else'))
    const put = (step: object) => world.run('liar', { steps: [{ key: 'a', run: ['./clean.sh'], ...step }] as never })

    await expect(put({ code: [{ ...files[0]!, digest }], source })).rejects.toMatchObject({
      why: expect.stringContaining('"clean.sh" is not what lies in git+https://localhost'),
    })
    await expect(put({ code: files, source: { ...source, path: 'steps' } })).rejects.toMatchObject({
      why: expect.stringContaining('Nothing was fetched from'),
    })
  })

  it('of a repository that is locked is opened by a secret, and no refusal says it', async () => {
    server!.locked.set('secret', 'robot:hidden-token')
    const own = { repository: server!.url('secret'), commit: await server!.commit('secret', clean) }
    const secrets = createClient(secretEndpoints, world.clientOptions())
    await secrets.put({ params: { secret: 'GIT' }, body: { value: 'robot:hidden-token' } })
    await secrets.put({ params: { secret: 'WRONG' }, body: { value: 'robot:other-token' } })

    const refusals = await Promise.all(
      [{}, { credentialsSecret: 'WRONG' }, { credentialsSecret: 'NONE' }].map((more) =>
        fetch({ ...own, ...more }).catch((error: ApiError) => error.why),
      ),
    )

    expect(refusals).toEqual([
      expect.stringContaining('asks for other credentials'),
      expect.stringContaining('asks for other credentials'),
      expect.stringContaining('has no secret "NONE"'),
    ])
    expect(JSON.stringify(refusals)).not.toContain('other-token')
    expect((await fetch({ ...own, credentialsSecret: 'GIT' })).files).toHaveLength(3)
  })

  it('is not followed into submodules and links, and no hook is run', async () => {
    const link = await server!.commit('linked', clean, (folder) =>
      symlink('/etc/passwd', join(folder, 'steps/clean/p')),
    )
    const inner = await server!.commit('inner', { a: '1' })
    await server!.commit('outer', clean)
    await server!.git('outer', 'update-index', '--add', '--cacheinfo', `160000,${inner},steps/clean/inner`)
    await server!.git('outer', 'commit', '-qm', 'a submodule')
    const outer = (await server!.git('outer', 'rev-parse', 'HEAD')).stdout.trim()

    await expect(fetch({ repository: server!.url('linked'), commit: link })).rejects.toMatchObject({
      why: expect.stringContaining('"p" is a link'),
    })
    await expect(fetch({ repository: server!.url('outer'), commit: outer })).rejects.toMatchObject({
      why: expect.stringContaining('"inner" is a submodule'),
    })
  })

  it.each<[string, { repository?: string; [key: string]: string | undefined }, string]>([
    ['a commit that is not there', { commit: 'f'.repeat(40) }, 'has no such commit'],
    ['a folder that is not there', { path: 'steps/none' }, 'There is no folder "steps/none"'],
    ['a file', { path: 'README.md' }, 'There is no folder "README.md"'],
    ['a repository that is not there', { repository: 'none' }, 'There is no repository'],
    ['one that leads elsewhere', { repository: 'moved' }, 'leads on to another one'],
  ])('is refused when it names %s', async (_, { repository, ...more }, says) => {
    const elsewhere = repository === undefined ? {} : { repository: server!.url(repository) }

    await expect(fetch({ ...more, ...elsewhere })).rejects.toMatchObject({
      code: 'pipelines.step_source_refused',
      why: expect.stringContaining(says),
    })
  })

  const setting = () => ({
    program: 'git',
    folder: world.deps.folder,
    searchPath: process.env['PATH']!,
    credentials: undefined,
    pin: undefined,
    caFile: server!.caFile,
    timeoutMs: 60_000,
    fileLimitBytes: 64 * 1024,
  })

  it('is let go when it is too large, or takes too long', async () => {
    const noise = Array.from({ length: 40_000 }, () => Math.random().toString(36)).join('\n')
    await server!.commit('large', { noise })
    const tried = (more: object) =>
      git({ ...setting(), ...more }, ['clone', '-q', '--bare', server!.url('large'), join(world.deps.folder, 'large')])

    await expect(tried({})).rejects.toThrow('too large')
    await expect(tried({ timeoutMs: 1 })).rejects.toThrow('stopped after')
  })

  it('is asked for where its name led to, whatever a name server says later', async () => {
    const { port } = new URL(server!.url(''))
    const ask = (pin?: string) => git({ ...setting(), pin }, ['ls-remote', `https://nowhere.invalid:${port}/steps`])

    await expect(ask()).rejects.toThrow('The host cannot be found')
    // Somebody answers, who is not called so.
    await expect(ask(`nowhere.invalid:${port}:127.0.0.1`)).rejects.toThrow('certificate')
  })
})

describe('an address', () => {
  it.each(['https://127.0.0.1/r', 'https://localhost/r', 'https://[::1]/r', 'https://169.254.169.254/r'])(
    '%s is refused without the setting',
    async (repository) => {
      await expect(pinnedHost(repository, false)).rejects.toThrow('EVENKEEL_GIT_PRIVATE_TARGETS=1')
      expect(await pinnedHost(repository, true)).toBeUndefined()
    },
  )

  it('whose name leads to this machine is refused, and a password in it always', async () => {
    await expect(pinnedHost(`https://${hostname()}/r`, false)).rejects.toThrow('in a private network')
    await expect(pinnedHost('https://u:p@example.org/r', true)).rejects.toThrow(CannotFetch)
  })

  it('that is one already needs no pin', async () => {
    expect(await pinnedHost('https://93.184.216.34/r', false)).toBeUndefined()
  })
})
