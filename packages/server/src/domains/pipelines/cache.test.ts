import type { PipelineSpec, Run } from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const file = async (path: string, content: string, executable = false) => {
  const { digest } = await world.platform.blobs.put(Buffer.from(content))
  return { path, digest, executable }
}

/** `make` runs a script of the user's code, `use` reads what it left. Pipelines of other names have other results. */
async function chain(pipeline: string, { script = 'printf made', params = {}, make = {}, use = {} } = {}) {
  const code = [
    await file('bin/make.sh', `#!/bin/sh\n${script}`, true),
    await file('lib/words.txt', 'words'),
    await file('pipeline', pipeline),
  ]
  const steps = [
    {
      key: 'make',
      run: ['sh', '-c', 'bin/make.sh > $EVENKEEL_OUTPUT_IT'],
      params: ['word'],
      outputs: ['it'],
      code,
      ...make,
    },
    {
      ...shell('use', 'cat "$EVENKEEL_INPUT_IT" lib/words.txt; echo length=5 >> $EVENKEEL_OUTPUT'),
      inputs: { it: { from: 'step', step: 'make', output: 'it' } },
      code,
      ...use,
    },
  ]
  return { params: { word: 'a', ...params }, steps } as unknown as PipelineSpec
}

async function runOf(pipeline: string, spec: PipelineSpec, body: { noCache?: boolean | string[] } = {}): Promise<Run> {
  await world.api.put({ params: { pipeline }, body: spec })
  const { id } = await world.api.startRun({ params: { pipeline }, body })
  return world.until(id)
}
const verdicts = ({ steps }: Run) => steps.map(({ state, cache }) => [state, cache?.code])
const logOf = async (run: Run, step: string) =>
  (await world.api.readLog({ params: { run: run.id, step }, query: {} })).text

it('starts the command among its own code, and nothing else', async () => {
  const spec = await chain('code', { script: 'find . -type f | sort; test -x bin/make.sh' })
  const run = await runOf('code', spec)

  expect(run.state).toBe('succeeded')
  expect(await logOf(run, 'use')).toBe('./bin/make.sh\n./lib/words.txt\n./pipeline\nwords')
})

it('reuses what has not changed, with its outputs, values and log, and starts no process', async () => {
  const first = await runOf('again', await chain('again'))
  const second = await runOf('again', await chain('again'))

  expect(verdicts(first)).toEqual([
    ['succeeded', 'first'],
    ['succeeded', 'first'],
  ])
  expect(verdicts(second)).toEqual([
    ['cached', 'reused'],
    ['cached', 'reused'],
  ])
  expect(second.reason).toBe('All 2 steps succeeded, 2 of them by an earlier result.')
  expect(second.steps[0]!.outputs).toEqual(first.steps[0]!.outputs)
  expect(second.steps[1]).toMatchObject({ values: { length: '5' }, attempts: [], cache: { fromRun: first.id } })
  expect(await logOf(second, 'use')).toBe('madewords')
  const third = await runOf('again', await chain('again'))
  expect(third.steps[0]!.cache!.fromRun).toBe(first.id)
})

it.each([
  { what: 'script', change: { script: 'printf other' }, code: 'code', says: 'The file bin/make.sh changed.' },
  { what: 'param', change: { params: { word: 'b' } }, code: 'params', says: 'The param word is "b" and was "a".' },
  { what: 'variable', change: { make: { env: { MODE: 'x' } } }, code: 'env', says: 'The variable MODE is new.' },
  {
    what: 'command',
    change: { make: { run: ['sh', '-c', 'bin/make.sh | cat > $EVENKEEL_OUTPUT_IT'] } },
    code: 'command',
    says: 'Its command, or the list of its outputs, changed.',
  },
  {
    what: 'switch',
    change: { make: { cache: false } },
    code: 'off',
    says: 'Its results are not kept for later: cache is off.',
  },
])(
  'runs a step again when its $what changed, says so before and after, and reuses what follows if it can',
  async (the) => {
    const pipeline = `changed-${the.what}`
    await runOf(pipeline, await chain(pipeline))
    const changed = await chain(pipeline, the.change)
    await world.api.put({ params: { pipeline }, body: changed })

    const { steps: planned } = await world.api.plan({ params: { pipeline }, body: {} })
    const run = await runOf(pipeline, changed)

    expect(planned[0]).toMatchObject({
      key: 'make',
      action: 'run',
      says: the.says,
      typicalDurationMs: expect.any(Number),
    })
    expect(planned[1]).toMatchObject({ action: 'unknown', says: 'It depends on what "make" will leave.' })
    expect(run.steps[0]).toMatchObject({ state: 'succeeded', cache: { code: the.code, says: the.says, fromRun: null } })
    const sameOutput = the.what !== 'script'
    const follows = sameOutput && the.code !== 'code' ? 'reused' : 'code'
    expect(run.steps[1]!.cache!.code).toBe(follows)
  },
)

it('explains a step part by part, against the time before', async () => {
  const first = await runOf('explained', await chain('explained'))
  const run = await runOf('explained', await chain('explained', { params: { word: 'c' }, script: 'printf longer' }))

  const { verdict, comparedWith, parts } = await world.api.explainStep({ params: { run: run.id, step: 'make' } })

  expect(verdict).toMatchObject({ code: 'code', says: 'The file bin/make.sh changed.' })
  expect(comparedWith).toMatchObject({ run: first.id })
  expect(parts.filter(({ changes }) => changes.length > 0)).toEqual([
    { part: 'code', changes: ['The file bin/make.sh changed.'] },
    { part: 'params', changes: ['The param word is "c" and was "a".'] },
  ])
  await expect(world.api.explainStep({ params: { run: first.id, step: 'mak' } })).rejects.toMatchObject({
    code: 'pipelines.run_not_found',
    why: expect.stringContaining('has no step "mak"; it has make'),
  })
  expect(await world.api.explainStep({ params: { run: first.id, step: 'make' } })).toMatchObject({
    verdict: { code: 'first' },
    comparedWith: null,
    parts: [],
  })
})

it('runs anew what it is told to, and reuses the rest when that left the same', async () => {
  await runOf('forced', await chain('forced'))

  expect(verdicts(await runOf('forced', await chain('forced'), { noCache: ['make'] }))).toEqual([
    ['succeeded', 'forced'],
    ['cached', 'reused'],
  ])
  expect(verdicts(await runOf('forced', await chain('forced'), { noCache: true }))).toEqual([
    ['succeeded', 'forced'],
    ['succeeded', 'forced'],
  ])
})

it('does not use a result that is too old, or whose output is gone', async () => {
  const spec = await chain('aged', { make: { cache: { ttlSeconds: 1 } } })
  const first = await runOf('aged', spec)
  await new Promise((resume) => setTimeout(resume, 1100))
  expect((await runOf('aged', spec)).steps[0]!.cache!.code).toBe('expired')

  await world.platform.blobs.delete(first.steps[0]!.outputs['it']!.digest)
  const gone = await chain('aged')
  expect((await runOf('aged', gone)).steps[0]!.cache).toMatchObject({
    code: 'artifact_gone',
    says: expect.stringContaining('The output "it"'),
  })
})

it('never reuses what failed, what also runs after a failure, or what says nothing about its code', async () => {
  const failing = await chain('failed', { script: 'exit 3' })
  await runOf('failed', failing)
  const again = await runOf('failed', failing)
  expect(again.steps[0]!.cache).toMatchObject({ code: 'first', says: expect.stringContaining('it failed') })

  const none = { steps: [shell('none', 'test -z "$(ls)"', { code: [] })] } as unknown as PipelineSpec
  await runOf('none', none)
  expect((await runOf('none', none)).steps[0]!.cache!.code).toBe('reused')
  const tidy = { steps: [shell('tidy', 'true', { code: [], when: 'always' })] } as unknown as PipelineSpec
  await runOf('tidy', tidy)
  expect((await runOf('tidy', tidy)).steps[0]!.cache!.code).toBe('off')
  const bare = { steps: [shell('bare', 'true')] } as unknown as PipelineSpec
  await runOf('bare', bare)
  expect((await runOf('bare', bare)).steps[0]!.cache!.code).toBe('off')
})

it('gives a step of a matrix its values, and hands the results of all to the one that gathers them', async () => {
  const code = [await file('touch', '')]
  const one = (n: number) => ({
    ...shell(`train[n=${n}]`, 'printf $EVENKEEL_MATRIX_N > $EVENKEEL_OUTPUT_IT', {
      matrix: { n },
      outputs: ['it'],
      code,
    }),
  })
  const gather = shell('gather', 'cd $EVENKEEL_INPUT_ALL && grep -H . *', {
    inputs: { all: { from: 'steps', steps: ['train[n=2]', 'train[n=1]'], output: 'it' } },
  })
  const run = await runOf('matrix', { steps: [gather, one(1), one(2)] } as unknown as PipelineSpec)

  expect(run.state).toBe('succeeded')
  expect(await logOf(run, 'gather')).toBe('000:2\n001:1\n')
  expect(run.steps[0]!.needs).toEqual(['train[n=2]', 'train[n=1]'])
})

it('runs an earlier version when asked, and lists all of them', async () => {
  await runOf('versions', await chain('versions', { script: 'printf one' }))
  await runOf('versions', await chain('versions', { script: 'printf two' }))
  const params = { pipeline: 'versions' }
  const { id } = await world.api.startRun({ params, body: { version: 1 } })

  expect(await world.until(id)).toMatchObject({ pipelineVersion: 1, steps: [{ state: 'cached' }, { state: 'cached' }] })
  const page = await world.api.listVersions({ params, query: { limit: 1 } })
  expect(page.items.map(({ version }) => version)).toEqual([2])
  const rest = await world.api.listVersions({ params, query: { limit: 1, cursor: page.nextCursor! } })
  expect(rest).toMatchObject({ items: [{ version: 1 }], nextCursor: null })
  await expect(world.api.startRun({ params, body: { version: 3 } })).rejects.toMatchObject({
    code: 'pipelines.not_found',
  })
})

it('shows what a step wrote about itself', async () => {
  const summary = shell('says', 'printf "# Good" > $EVENKEEL_SUMMARY')
  const run = await runOf('summary', { steps: [summary, shell('silent', 'true')] } as unknown as PipelineSpec)
  const read = (step: string) => world.api.readSummary({ params: { run: run.id, step }, query: {} })

  expect(await read('says')).toEqual({ markdown: '# Good' })
  expect(await read('silent')).toEqual({ markdown: null })
})

it('refuses code that nobody has stored, and a step to run anew that is not there', async () => {
  const code = [{ path: 'a.py', digest: `sha256:${'0'.repeat(64)}` }]
  const put = world.api.put({ params: { pipeline: 'wrong' }, body: { steps: [shell('a', 'true', { code })] } })
  await expect(put).rejects.toMatchObject({ code: 'pipelines.spec_invalid', details: { step: 'a' } })

  await runOf('right', await chain('right'))
  const start = world.api.startRun({ params: { pipeline: 'right' }, body: { noCache: ['mkae'] } })
  await expect(start).rejects.toMatchObject({ why: expect.stringContaining('No step is called "mkae"') })
})

it('runs a version that an earlier release has written, which says nothing of all this', async () => {
  await runOf('before', { steps: [shell('a', 'true')] } as unknown as PipelineSpec)
  const known = { needs: [], params: [], inputs: {}, outputs: [], retries: 0, timeoutSeconds: 60 }
  const old = JSON.stringify({ description: '', params: {}, steps: [{ ...shell('a', 'true'), ...known }] })
  await sql`update pipelines.pipeline_version set spec = ${old}::jsonb where pipeline = 'before'`.execute(
    world.platform.db,
  )
  const { id } = await world.api.startRun({ params: { pipeline: 'before' }, body: {} })

  expect(await world.until(id)).toMatchObject({ state: 'succeeded' })
})
