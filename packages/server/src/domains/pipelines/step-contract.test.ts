import { createClient } from '@evenkeel/client'
import { FolderManifest, type Run, secrets } from '@evenkeel/contract'
import { sql } from 'kysely'
import { readdir, readFile, stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { localCaller } from '../../platform/auth.ts'
import { createSecrets } from './secrets/service.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const step = ({ steps }: Run, key: string) => steps.find((candidate) => candidate.key === key)!
const ran = async (name: string, ...steps: object[]): Promise<Run> =>
  world.until((await world.run(name, { steps: steps as never })).id)
const readLog = async (run: Run, key: string, attempt?: number) =>
  (await world.api.readLog({ params: { run: run.id, step: key }, query: attempt ? { attempt } : {} })).text
const homeOf = (run: Run, key: string) =>
  `${world.folder}/pipelines/attempts/${step(run, key).attempts.at(-1)!.externalId}`

describe('secrets', () => {
  const value = `s3cret "$(exit 9)" it's\nlong`
  const setSecret = (name: string, text: string) =>
    createClient(secrets, world.clientOptions()).put({ params: { secret: name }, body: { value: text } })

  it('reach the command that names them, and are read nowhere else', async () => {
    const { version } = await setSecret('DB_PROD', value)
    const says = shell(
      'says',
      `printf '%s' "$DB" | tee "$EVENKEEL_OUTPUT_SEEN"; printf '# %s' "$DB" > "$EVENKEEL_SUMMARY"
      printf 'db<<END\\n%s\\nEND\\n' "$DB" >> "$EVENKEEL_OUTPUT"
      printf '%s' '{"name":"m","value":1,"labels":{"db":"'"$SHORT"'"}}' >> "$EVENKEEL_METRICS"`,
      { secrets: { DB: 'DB_PROD', SHORT: 'SHORT' }, outputs: ['seen'], code: [] },
    )
    const label = 'abcdefgh'
    await setSecret('SHORT', label)
    const run = await ran('secretive', says, shell('other', 'echo "${DB-none}"'))

    const output = await world.platform.blobs.bytes(step(run, 'says').outputs['seen']!.digest)
    expect(output.toString()).toBe(value)
    expect(await readLog(run, 'says')).toBe('***')
    expect(await readLog(run, 'other')).toBe('none\n')
    const { markdown } = await world.api.readSummary({ params: { run: run.id, step: 'says' }, query: {} })
    expect(markdown).toBe('# ***')
    expect(step(run, 'says')).toMatchObject({ values: { db: '***' }, metrics: [{ labels: { db: '***' } }] })
    const everything = await dumpOf(world)
    for (const text of [value, label]) expect(everything).not.toContain(JSON.stringify(text).slice(1, -1))
    expect(everything).toContain(version)
    const home = homeOf(run, 'says')
    expect(await readdir(`${home}/control`)).not.toContain('secrets')
    expect(await readFile(`${home}/control/context.json`, 'utf8')).not.toContain('s3cret')
    expect((await stat(`${world.folder}/keys/secrets.key`)).mode & 0o777).toBe(0o600)
  })

  it('are part of what a result depends on, by name and version', async () => {
    await setSecret('ROTATED', 'the first one')
    const uses = shell('uses', 'true', { secrets: { X: 'ROTATED' }, code: [] })

    expect(step(await ran('rotates', uses), 'uses').state).toBe('succeeded')
    expect(step(await ran('rotates', uses), 'uses').state).toBe('cached')
    await setSecret('ROTATED', 'the second one')
    const changed = step(await ran('rotates', uses), 'uses')
    expect(changed).toMatchObject({ state: 'succeeded', cache: { says: 'The variable X has another value.' } })
  })

  it('are asked for before a run starts, and hidden after they were deleted', async () => {
    const api = createClient(secrets, world.clientOptions())
    const needs = shell('needs', 'echo "$X"', { secrets: { X: 'LATER' } })
    await world.api.put({ params: { pipeline: 'needy' }, body: { steps: [needs as never] } })
    const start = () => world.api.startRun({ params: { pipeline: 'needy' }, body: {} })

    await expect(start()).rejects.toMatchObject({
      status: 422,
      code: 'pipelines.secret_missing',
      why: expect.stringContaining('evenkeel secret set LATER'),
      details: { step: 'needs', secret: 'LATER' },
    })
    await setSecret('LATER', 'known to nobody')
    const run = await world.until((await start()).id)
    await api.remove({ params: { secret: 'LATER' } })

    expect(await readLog(run, 'needs')).toBe('***\n')
    await expect(start()).rejects.toMatchObject({ code: 'pipelines.secret_missing' })
    const listed = await api.list()
    expect(listed.items.map(({ name }) => name)).not.toContain('LATER')
    expect(JSON.stringify(listed)).not.toContain('s3cret')
    await expect(api.remove({ params: { secret: 'LATER' } })).rejects.toMatchObject({ status: 404 })
    const viewer = createClient(secrets, await world.asRole('viewer'))
    await expect(viewer.put({ params: { secret: 'X' }, body: { value: 'x' } })).rejects.toMatchObject({ status: 403 })
  })
})

it('sets no secret on a server that has another key than the one in use', async () => {
  const first = await createClient(secrets, world.clientOptions()).put({
    params: { secret: 'SHARED' },
    body: { value: 'x' },
  })
  const elsewhere = createSecrets({ ...world.deps, folder: `${world.folder}/elsewhere` })
  const projectId = 'default'

  await expect(elsewhere.put(localCaller, 'SHARED', 'y')).rejects.toMatchObject({
    code: 'pipelines.secret_key_differs',
  })
  await expect(elsewhere.valuesFor(projectId, { X: 'SHARED' })).rejects.toThrow('copy keys/secrets.key')
  expect((await elsewhere.list(localCaller)).find(({ name }) => name === 'SHARED')!.version).toBe(first.version)
})

/** Every row of every table, as text. */
async function dumpOf({ platform: { db } }: PipelinesWorld): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`.execute(db)
  const texts = await Promise.all(
    tables.map(({ name }) => sql<{ row: object }>`select to_jsonb(t) as row from ${sql.raw(name)} t`.execute(db)),
  )
  return JSON.stringify(texts.map(({ rows }) => rows))
}

describe('folders', () => {
  const make = shell(
    'make',
    'mkdir -p "$EVENKEEL_OUTPUT_MODEL/sub"; cd "$EVENKEEL_OUTPUT_MODEL"; printf one > sub/a; printf "echo hi" > run; chmod +x run',
    {
      outputs: ['model'],
      folderOutputs: ['model'],
      code: [],
    },
  )
  const input = { it: { from: 'step', step: 'make', output: 'model' } }

  it('are stored file by file, placed again, and reused by their content', async () => {
    const use = shell('use', 'cd "$EVENKEEL_INPUT_IT"; find . -type f | sort; cat sub/a; ./run; stat -c %a sub/a', {
      inputs: input,
      code: [],
    })
    const run = await ran('folders', make, use)
    const again = await ran('folders', make, use)

    const stored = step(run, 'make').outputs['model']!
    expect(stored).toMatchObject({ sizeBytes: 10, fileCount: 2 })
    const manifest = JSON.parse((await world.platform.blobs.bytes(stored.digest)).toString())
    expect(FolderManifest.parse(manifest).files.map(({ path, executable }) => [path, executable])).toEqual([
      ['run', true],
      ['sub/a', false],
    ])
    expect(await readLog(run, 'use')).toBe('./run\n./sub/a\nonehi\n444\n')
    expect(again.steps.map(({ state }) => state)).toEqual(['cached', 'cached'])

    await world.platform.blobs.delete(manifest.files[1].digest)
    const gone = step(await ran('folders', make, use), 'make')
    expect(gone).toMatchObject({
      state: 'succeeded',
      cache: { code: 'artifact_gone', says: expect.stringMatching(/^A file \(sha256:.*\) of the output "model"/) },
    })
  })

  it.each([
    ['a file for a folder', { ...make, run: ['/bin/sh', '-c', 'echo x > "$EVENKEEL_OUTPUT_MODEL"'] }, 'is a file'],
    ['a folder for a file', { ...make, folderOutputs: [] }, 'is a folder'],
    ['nothing', { ...make, run: ['true'] }, 'left no output "model"; make the folder'],
  ])('refuse %s', async (_, broken, says) => {
    const run = await ran('mistaken', broken)

    expect(step(run, 'make').attempts).toMatchObject([
      { outcome: 'output_missing', reason: expect.stringContaining(says) },
    ])
  })
})

it('lets a training that is killed go on from its checkpoint, also after a retry by hand', async () => {
  const script = `f="$EVENKEEL_CHECKPOINT_DIR/epoch"; n=$(cat "$f" 2>/dev/null || echo 0); echo "from $n"
    echo $((n + 1)) > "$f.part"; mv "$f.part" "$f"; if [ $n -lt 2 ]; then kill -9 $$; fi`
  const { id } = await world.run('trains', {
    steps: [shell('train', script, { retries: 1, retryDelay: { seconds: 0.1 } })] as never,
  })
  expect((await world.until(id)).state).toBe('failed')
  await world.api.retryRun({ params: { run: id }, body: {} })
  const run = await world.until(id)

  expect(run.state).toBe('succeeded')
  expect(step(run, 'train').attempts.map(({ outcome }) => outcome)).toEqual(['signal', 'signal', 'ok'])
  const logs = await Promise.all([1, 2, 3].map((attempt) => readLog(run, 'train', attempt)))
  expect(logs.map((log) => log.split('\n')[0])).toEqual(['from 0', 'from 1', 'from 2'])

  const kept = () => readdir(`${world.folder}/checkpoints`)
  await world.runJob('pipelines.tidy_checkpoints')
  expect(await kept()).toContain(id)
  await sql`update pipelines.run set ended_at = now() - interval '8 days' where id = ${id}`.execute(world.platform.db)
  await world.runJob('pipelines.tidy_checkpoints')
  expect(await kept()).not.toContain(id)
})

describe('bad input', () => {
  it('does no harm to what is stored when a step writes to its input', async () => {
    const make = shell('make', 'printf good > "$EVENKEEL_OUTPUT_X"', { outputs: ['x'], code: [] })
    const harm = shell('harm', 'stat -c %h "$EVENKEEL_INPUT_IT"; printf bad > "$EVENKEEL_INPUT_IT"', {
      inputs: { it: { from: 'step', step: 'make', output: 'x' } },
      retries: 2,
    })
    const run = await ran('harmful', make, harm)

    const { digest } = step(run, 'make').outputs['x']!
    // Where the file system clones, or nobody may write, the step harms nothing and what is stored stays.
    const isShared = (await readLog(run, 'harm')).startsWith('2') && process.getuid?.() === 0
    expect(await world.platform.blobs.has(digest)).toBe(!isShared)
    if (!isShared) return
    expect(step(run, 'harm').attempts).toMatchObject([
      { outcome: 'config', reason: expect.stringMatching(/^It changed its input "it" in place: .*set aside in/) },
    ])
    const aside = `${world.folder}/pipelines/quarantine/${digest.replace(':', '-')}`
    expect(await readFile(aside, 'utf8')).toBe('bad')
    expect((await ran('harmful', make)).steps[0]).toMatchObject({
      state: 'succeeded',
      cache: { code: 'artifact_gone' },
    })
  })

  it('survives a step that deletes its own folder', async () => {
    const steps = [shell('a', 'rm -rf "$(dirname "$TMPDIR")"'), shell('b', 'true')]
    const { id } = await world.run('vandal', { steps: steps as never })
    const isLost = async () =>
      step(await world.api.getRun({ params: { run: id } }), 'a').attempts[0]?.outcome === 'lost'
    await vi.waitUntil(isLost, { timeout: 15_000 })
    await world.api.cancelRun({ params: { run: id }, body: {} })

    expect(step(await world.until(id), 'b').state).toBe('succeeded')
  })

  it('reads a log that is no text', async () => {
    const run = await ran('binary', shell('a', `printf 'a\\000b\\377c\\303'; printf '\\n'`))

    expect(await readLog(run, 'a')).toBe('a\0b\uFFFDc\uFFFD\n')
  })

  it('hands over params as they are, whatever they hold', async () => {
    const text = `it's "quoted" $(exit 9) \`x\`\nnext line \\ end`
    const { id } = await world.run(
      'quoted',
      { params: { text: 'x' }, steps: [shell('a', 'printf %s "$EVENKEEL_PARAM_TEXT"', { params: ['text'] })] as never },
      { text },
    )

    expect(await readLog(await world.until(id), 'a')).toBe(text)
  })

  it('kills a command that does not listen', async () => {
    const deaf = shell('a', 'trap "" TERM; while :; do sleep 0.1; done', { timeoutSeconds: 1, graceSeconds: 1 })
    const run = await ran('deaf', deaf)

    expect(step(run, 'a').attempts).toMatchObject([{ outcome: 'timeout' }])
  })

  it('says what is wrong with a value that holds NUL', async () => {
    const run = await ran('nul', shell('a', `printf 'a\\000b\\n' >> "$EVENKEEL_OUTPUT"`))

    expect(step(run, 'a').attempts).toMatchObject([
      { outcome: 'output_missing', reason: expect.stringContaining('"a\uFFFDb" is no value') },
    ])
  })

  it('reads the end of a log of gigabytes as fast as its beginning', async () => {
    const script = `echo head; truncate -s 10G "$(dirname "$EVENKEEL_OUTPUT")/log"; echo; echo tail; sleep 1.2`
    const run = await ran('gigabytes', shell('a', script))
    const page = async (offset: number) => {
      const asked = performance.now()
      const read = await world.api.readLog({ params: { run: run.id, step: 'a' }, query: { offset } })
      return { ...read, ms: performance.now() - asked }
    }

    const first = await page(0)
    const gap = await page(128 * 1024 ** 2)
    const last = await page(10 * 1024 ** 3)
    expect(first.text.startsWith('head\n')).toBe(true)
    expect(gap.text).toMatch(/^\n\[evenkeel: 10\d\d\d MB of this log are left out here/)
    expect(last.text).toBe('\ntail\n')
    expect(Math.max(first.ms, gap.ms, last.ms)).toBeLessThan(1500)
    await vi.waitUntil(
      async () => (await stat(`${homeOf(run, 'a')}/control/log`)).blocks * 512 < 300 * 1024 ** 2,
      30_000,
    )
  })
})
