import type { StepRuntime } from '@evenkeel/contract'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createLog } from '../../../platform/logging.ts'
import { createEnvironments, type Environments, type Provided } from './environments.ts'
import { createRuntimeKinds } from './kinds.ts'
import { removeTree } from './tree.ts'
import { type Index, missingHere, pathWithout, startIndex } from './testing.ts'

// An environment takes seconds on a slow machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const withoutPython = missingHere('python3')
const toolPath = process.env['PATH'] ?? ''

interface Case {
  readonly name: string
  readonly searchPath: string
  readonly missing: readonly string[]
  readonly tool: RegExp
  runtime(version: string): StepRuntime
  /** A lock file of packages that no index has. */
  unsolvable(): StepRuntime
}

let index: Index
let root: string
const stored = new Map<string, Buffer>()
const opened: Environments[] = []

beforeAll(async () => {
  if (withoutPython.length > 0) return
  index = await startIndex()
  root = await mkdtemp(join(tmpdir(), 'evenkeel-runtimes-'))
})
afterEach(async () => {
  if (index) index.held.isHeld = false
  await Promise.all(opened.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await index?.stop()
  if (root) await removeTree(root)
})

function file(path: string, text: string) {
  const bytes = Buffer.from(text)
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  stored.set(digest, bytes)
  return { path, digest, executable: false }
}

const requirements = (text: string): StepRuntime => ({
  kind: 'python',
  version: null,
  lock: file('requirements.txt', text),
})

const withRequirements = {
  runtime: (version: string) => requirements(index.requirements(version)),
  unsolvable: () => requirements('nothing-of-this-name==1.0\n'),
}

const cases: readonly Case[] = [
  { name: 'python by pip', searchPath: pathWithout('uv'), missing: [], tool: /^pip \d/, ...withRequirements },
  { name: 'python by uv', searchPath: toolPath, missing: missingHere('uv'), tool: /^uv \d/, ...withRequirements },
  {
    name: 'python by uv and uv.lock',
    searchPath: toolPath,
    missing: missingHere('uv'),
    tool: /^uv \d/,
    runtime: (version) => uvLocked(index.uvLock(version)),
    unsolvable: () => uvLocked(index.uvLock('2.0.0').replaceAll('tiny-2.0.0', 'tiny-3.0.0')),
  },
  {
    name: 'node by npm',
    searchPath: toolPath,
    missing: missingHere('npm'),
    tool: /^npm \d/,
    runtime: (version) => npmLocked(index.packageLock(version), version),
    unsolvable: () => npmLocked(index.packageLock('2.0.0').replace('tiny-2.0.0', 'tiny-3.0.0'), '2.0.0'),
  },
]

const uvLocked = (lock: string): StepRuntime => ({
  kind: 'python',
  version: null,
  lock: file('sub/uv.lock', lock),
  manifest: file('sub/pyproject.toml', index.pyproject),
})

const npmLocked = (lock: string, version: string): StepRuntime => ({
  kind: 'node',
  lock: file('package-lock.json', lock),
  manifest: file('package.json', index.packageJson(version)),
})

function open(folder: string, searchPath: string, more: { url?: string; buildTimeoutMs?: number } = {}): Environments {
  const { url, ...rest } = more
  const elsewhere = { PIP_INDEX_URL: url!, UV_INDEX_URL: url!, npm_config_registry: url!, ...atOnce }
  const environments = createEnvironments({
    kinds: createRuntimeKinds({ searchPath }),
    folder,
    read: async (digest) => stored.get(digest)!,
    variables: url === undefined ? index.variables : elsewhere,
    now: () => new Date(),
    log: createLog({ level: 'silent' }),
    ...rest,
  })
  opened.push(environments)
  return environments
}

/** The tools would wait for an index to come back. */
const atOnce = { PIP_RETRIES: '1', UV_HTTP_RETRIES: '0', npm_config_fetch_retries: '0' }
const never = new AbortController().signal
const folderOf = (name: string) => join(root, name.replaceAll(' ', '-'))

async function provide(environments: Environments, runtime: StepRuntime, told: string[] = []): Promise<Provided> {
  return environments.provide(await environments.identify(runtime), (says) => told.push(says), never)
}

/** What a step would print that imports "tiny", with nothing but its environment. */
async function importTiny({ face }: Provided): Promise<string> {
  const code = await mkdtemp(join(root, 'code-'))
  for (const { path, target } of face.links) await symlink(target, join(code, path))
  const isNode = face.links.length > 0
  const name = isNode ? 'main.mjs' : 'main.py'
  const text = isNode ? `import { VALUE } from 'tiny'; console.log(VALUE)` : 'import tiny; print(tiny.VALUE)'
  await writeFile(join(code, name), text)
  const env = { PATH: [...face.path, join(process.execPath, '..'), '/usr/bin', '/bin'].join(':'), ...face.variables }
  const { stdout } = await promisify(execFile)(isNode ? 'node' : 'python3', [name], { cwd: code, env })
  return stdout.trim()
}

describe.each(cases)('$name', ({ name, searchPath, missing, tool, runtime, unsolvable }) => {
  const lacks = [...new Set([...withoutPython, ...missing])]
  const says = lacks.length > 0 ? `(NOT TESTED: this machine lacks ${lacks.join(', ')})` : ''

  it.skipIf(lacks.length > 0)(
    `builds what the lock file says once, read-only, and finds it again ${says}`,
    async () => {
      const environments = open(folderOf(name), searchPath)
      const told: string[] = []
      const first = await provide(environments, runtime('1.0.0'), told)
      const askedOnce = index.asked.length
      const second = await provide(open(folderOf(name), searchPath), runtime('1.0.0'))

      expect(await importTiny(first)).toBe('tiny 1.0.0')
      expect(second).toEqual(first)
      expect(index.asked.length).toBe(askedOnce)
      expect(told[0]).toMatch(/^Waiting: its environment is being built \(\w+ [\d.]+, \d+ s so far\)\.$/)
      const [listed] = await environments.list()
      expect(listed).toMatchObject({ state: 'ready', tool: expect.stringMatching(tool), version: first.version })
      expect(listed!.sizeBytes).toBeGreaterThan(100)
      const { packages, log } = await environments.packagesAndLog(listed!.digest)
      expect(packages).toContainEqual({ name: 'tiny', version: '1.0.0' })
      expect(log).toMatch(/^\$ /)
      const shared = first.face.links[0]?.target ?? first.face.path[0]!
      expect((await stat(shared)).mode & 0o222).toBe(0)
    },
  )

  it.skipIf(lacks.length > 0)(`is another environment for another lock file, and both stay ${says}`, async () => {
    const environments = open(folderOf(name), searchPath)
    const [one, two] = [await provide(environments, runtime('1.0.0')), await provide(environments, runtime('2.0.0'))]

    expect(await importTiny(two)).toBe('tiny 2.0.0')
    expect(await importTiny(one)).toBe('tiny 1.0.0')
    expect(await environments.list()).toHaveLength(2)
  })

  it.skipIf(lacks.length > 0)(
    `tells a lock file that cannot be installed from an index that does not answer ${says}`,
    async () => {
      const environments = open(folderOf(`${name} fails`), searchPath)

      await expect(provide(environments, unsolvable())).rejects.toMatchObject({ fault: 'config' })
      const [listed] = await environments.list()
      expect(listed).toMatchObject({ state: 'failed', sizeBytes: null, reason: expect.stringContaining('exit code') })
      const refused = { url: 'http://127.0.0.1:9/simple/' }
      const cut = runtime('1.0.0')
      const text = stored.get(cut.lock.digest)!.toString().replaceAll(index.url, 'http://127.0.0.1:9')
      const elsewhere = { ...cut, lock: file(cut.lock.path, text) }
      await expect(provide(open(folderOf(`${name} cut`), searchPath, refused), elsewhere)).rejects.toMatchObject({
        fault: 'infrastructure',
      })
    },
  )
})

describe.skipIf(withoutPython.length > 0)('whatever the kind', () => {
  const searchPath = pathWithout('uv')
  const sitesOf = async (folder: string, digest: string) =>
    (await readdir(join(folder, digest.slice('sha256:'.length)), { withFileTypes: true })).filter((one) =>
      one.isDirectory(),
    )

  it('builds once when many ask at the same time, in two servers on one folder', async () => {
    const folder = folderOf('many')
    const [a, b] = [open(folder, searchPath), open(folder, searchPath)]
    const wanted = withRequirements.runtime('1.0.0')
    const { digest } = await a.identify(wanted)
    const all = await Promise.all([a, a, b, b, a].map((one) => provide(one, wanted)))

    expect(new Set(all.map(({ face }) => face.path[0])).size).toBe(1)
    expect(await sitesOf(folder, digest)).toHaveLength(1)
    expect((await a.packagesAndLog(digest)).log.match(/-m venv/g)).toHaveLength(1)
  })

  it('uses nothing of a build that was cut short, and is not held up by it', async () => {
    const folder = folderOf('crash')
    const environments = open(folder, searchPath)
    const wanted = withRequirements.runtime('1.0.0')
    const { digest } = await environments.identify(wanted)
    const home = join(folder, digest.slice('sha256:'.length))
    await mkdir(join(home, 'half/venv/bin'), { recursive: true })
    await writeFile(join(home, 'half/venv/bin/python'), 'half')
    await writeFile(join(home, 'building.1'), JSON.stringify({ pid: 2 ** 22 + 1, start: '1', boot: 'earlier' }))

    expect(await importTiny(await provide(environments, wanted))).toBe('tiny 1.0.0')
    expect(await sitesOf(folder, digest)).not.toContainEqual(expect.objectContaining({ name: 'half' }))
  })

  it('lets a waiter go without ending the build, and stops a build that takes too long', async () => {
    const folder = folderOf('late')
    const environments = open(folder, searchPath, { buildTimeoutMs: 3000 })
    const identified = await environments.identify(withRequirements.runtime('1.0.0'))
    index.held.isHeld = true
    const leaving = new AbortController()
    const left = environments.provide(identified, () => undefined, leaving.signal)
    const stays = environments.provide(identified, () => undefined, never)
    leaving.abort(new Error('gone'))

    await expect(left).rejects.toThrow('gone')
    expect((await environments.list())[0]?.state ?? 'building').toBe('building')
    await expect(stays).rejects.toMatchObject({
      fault: 'infrastructure',
      message: expect.stringMatching(/stopped after/),
    })
  })

  it('builds anew when the interpreter is gone, and only then', async () => {
    const environments = open(folderOf('broken'), searchPath)
    const wanted = withRequirements.runtime('1.0.0')
    const before = await provide(environments, wanted)
    await unlink(join(before.face.path[0]!, 'python3')).catch(() => undefined)
    await unlink(join(before.face.path[0]!, 'python'))
    const after = await provide(environments, wanted)

    expect(after.face.path).not.toEqual(before.face.path)
    expect(await importTiny(after)).toBe('tiny 1.0.0')
  })

  it('removes what nobody uses from the disk, and what somebody uses never', async () => {
    const environments = open(folderOf('removed'), searchPath)
    const wanted = withRequirements.runtime('1.0.0')
    const { digest } = await environments.identify(wanted)
    const { face } = await provide(environments, wanted)

    expect(await environments.remove(digest, async () => false)).toBe(false)
    await access(face.path[0]!)
    expect(await environments.remove(digest, async () => true)).toBe(true)
    await expect(access(face.path[0]!)).rejects.toThrow('ENOENT')
    expect(await environments.list()).toEqual([])
  })

  it('says what to install when a tool is missing', async () => {
    const bare = await mkdtemp(join(root, 'bare-'))
    const environments = open(bare, bare)

    await expect(environments.identify(requirements(''))).rejects.toThrow(/Install it, or install uv/)
    await expect(environments.identify(uvLocked(''))).rejects.toThrow(/Install it \(https:\/\/docs\.astral\.sh\/uv/)
    await rm(bare, { recursive: true })
  })
})
