import { createClient } from '@evenkeel/client'
import { pipelines as endpoints, type Run } from '@evenkeel/contract'
import { sql } from 'kysely'
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createPipelines } from './service.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const step = ({ steps }: Run, key: string) => steps.find((candidate) => candidate.key === key)!
const blob = (digest: string) => world.platform.blobs.bytes(digest).then(String)

const readLog = async (run: string, key: string) => {
  const { text } = await world.api.readLog({ params: { run, step: key }, query: {} })
  return text
}

it('hands the outputs, values and params of one step to the next', async () => {
  const make = shell(
    'make',
    'printf "%s" "$EVENKEEL_PARAM_WORD" > "$EVENKEEL_OUTPUT_TEXT"; echo rows=7 >> "$EVENKEEL_OUTPUT"',
    {
      params: ['word'],
      outputs: ['text'],
    },
  )
  const use = shell('use', 'cat "$EVENKEEL_INPUT_IT"; test -z "${EVENKEEL_PARAM_WORD-}"', {
    inputs: { it: { from: 'step', step: 'make', output: 'text' } },
  })
  const { id } = await world.run(
    'chain',
    { params: { word: 'a' }, steps: [use, make] as never },
    { word: `$(touch x); "'` },
  )

  const run = await world.until(id)

  expect(run).toMatchObject({
    state: 'succeeded',
    reason: 'All 2 steps succeeded.',
    commit: 'c0ffee',
    pipelineVersion: 1,
  })
  expect(step(run, 'make')).toMatchObject({ state: 'succeeded', values: { rows: '7' } })
  expect(await blob(step(run, 'make').outputs['text']!.digest)).toBe(`$(touch x); "'`)
  expect(await readLog(id, 'use')).toBe(`$(touch x); "'`)
  expect(await world.api.readLog({ params: { run: id, step: 'use' }, query: { offset: 14 } })).toEqual({
    text: '',
    nextOffset: 14,
    ended: true,
  })
})

it('tells a step who it is, gives it a token, and takes the token back when the run ends', async () => {
  const tell = shell('tell', 'cat "$EVENKEEL_CONTEXT" > "$EVENKEEL_OUTPUT_CONTEXT"; env | grep ^EVENKEEL | sort', {
    params: ['seed'],
    outputs: ['context'],
  })
  const { id } = await world.run('tells', { model: 'late', params: { seed: 3, other: 4 }, steps: [tell] as never })

  const run = await world.until(id)

  const context = JSON.parse(await blob(step(run, 'tell').outputs['context']!.digest)) as unknown
  expect(context).toMatchObject({
    version: 1,
    project: 'default',
    pipeline: 'tells',
    model: 'late',
    run: id,
    step: 'tell',
    attempt: 1,
    commit: 'c0ffee',
    trigger: { kind: 'request', says: 'local asked for it.', event_time: null },
    params: { seed: 3 },
    outputs: { context: { path: expect.stringMatching(/outputs\/context$/) } },
    datasets: [],
  })
  expect(await readLog(id, 'tell')).toMatch(/EVENKEEL_TOKEN=secret-\d+\nEVENKEEL_URL=http:/)
  await vi.waitUntil(() => world.tokens.revoked.includes(id), 30_000)
})

it('stores a spec once, and refuses one that cannot run without storing it', async () => {
  const put = (body: object) => world.api.put({ params: { pipeline: 'specs' }, body: body as never })

  expect(await put({ steps: [shell('a', 'true')] })).toMatchObject({ version: 1, runCount: 0, lastRun: null })
  expect(await put({ steps: [shell('a', 'true')] })).toMatchObject({ version: 1 })
  expect(await put({ steps: [shell('a', 'false')] })).toMatchObject({ version: 2 })
  await expect(put({ steps: [shell('a', 'true', { needs: ['b'] })] })).rejects.toMatchObject({
    status: 422,
    code: 'pipelines.spec_invalid',
    details: { step: 'a', reason: expect.stringContaining('"b"') },
  })
  expect((await world.api.get({ params: { pipeline: 'specs' } })).version).toBe(2)
})

it('says why a step failed and what was skipped for it, and retries just those', async () => {
  const flag = `${world.folder}/fixed`
  const steps = [
    shell('first', 'echo ran; echo $(date +%N) > "$EVENKEEL_OUTPUT_STAMP"', { outputs: ['stamp'] }),
    shell('second', `test -e ${flag} || { echo broken >&2; exit 3; }`, { needs: ['first'] }),
    shell('third', 'true', { needs: ['second'] }),
  ]
  const { id } = await world.run('breaks', { steps: steps as never })
  const failed = await world.until(id)

  expect(failed).toMatchObject({
    state: 'failed',
    reason: 'The step "second" failed: It ended with exit code 3; the log says why.',
  })
  expect(step(failed, 'third')).toMatchObject({ state: 'skipped', reason: 'It needs the step "second", which failed.' })
  expect(await readLog(id, 'second')).toBe('broken\n')

  await writeFile(flag, '')
  await world.api.retryRun({ params: { run: id }, body: {} })
  const again = await world.until(id)

  expect(again.state).toBe('succeeded')
  expect(step(again, 'first').attempts).toHaveLength(1)
  expect(step(again, 'second').attempts.map(({ outcome }) => outcome)).toEqual(['exit', 'ok'])
  const wrong = world.api.retryRun({ params: { run: id }, body: {} })
  await expect(wrong).rejects.toMatchObject({ status: 409, code: 'pipelines.wrong_state' })
})

it('gives a failing step its retries', async () => {
  const flaky = shell('flaky', 'test "$EVENKEEL_ATTEMPT" = 2', { retries: 1 })
  const { id } = await world.run('flaky', { steps: [flaky] as never })

  const waiting = await world.until(id, ['waiting'])
  const run = await world.until(id)

  expect(waiting.reason).toContain('tried again')
  expect(run.state).toBe('succeeded')
  expect(step(run, 'flaky').attempts.map(({ outcome }) => outcome)).toEqual(['exit', 'ok'])
})

it.each([
  { name: 'wrong configuration', script: 'exit 78', outcome: 'config' },
  { name: 'absent output', script: 'true', outcome: 'output_missing' },
  { name: 'folder for an output', script: 'mkdir "$EVENKEEL_OUTPUT_IT"', outcome: 'output_missing' },
  {
    name: 'value of 10 MB',
    script: 'head -c 10000000 /dev/zero | tr "\\0" x >> "$EVENKEEL_OUTPUT"; echo > "$EVENKEEL_OUTPUT_IT"',
    outcome: 'output_missing',
  },
  { name: 'kill from outside', script: 'kill -9 $$', outcome: 'signal' },
])('fails a step for a $name', async ({ script, outcome }) => {
  const { id } = await world.run(`fails-${outcome}`, { steps: [shell('it', script, { outputs: ['it'] })] as never })

  const run = await world.until(id)

  expect(run.state).toBe('failed')
  expect(step(run, 'it').attempts).toMatchObject([{ outcome, reason: expect.stringMatching(/\.$/) }])
})

it('stops a step at its timeout', async () => {
  const slow = shell('slow', 'sleep 60', { timeoutSeconds: 1 })
  const { id } = await world.run('slow', { steps: [slow] as never })

  const run = await world.until(id)

  expect(step(run, 'slow').attempts).toMatchObject([{ outcome: 'timeout', exitCode: 143 }])
})

it.each([
  ['forward', 86_400_000],
  ['back', -86_400_000],
])(
  'neither ends a step before its time nor forgets its timeout when the clock is set %s by a day',
  async (_, jumpMs) => {
    const steps = [shell('short', 'sleep 1.5'), shell('long', 'sleep 60', { timeoutSeconds: 4, graceSeconds: 1 })]
    const { id } = await world.run('clock', { steps: steps as never })
    const isRunning = ({ steps: all }: Run) => all.every(({ attempts }) => attempts[0]?.state === 'running')
    await vi.waitUntil(async () => isRunning(await world.api.getRun({ params: { run: id } })), { timeout: 10_000 })

    const jumped = Date.now() + jumpMs
    const ticking = setInterval(() => (world.outside.clock = new Date(Date.now() + jumpMs)), 50)
    const run = await world.until(id)
    clearInterval(ticking)
    world.outside.clock = null

    expect(step(run, 'short')).toMatchObject({ state: 'succeeded', attempts: [{ outcome: 'ok' }] })
    expect(step(run, 'long').attempts).toMatchObject([{ outcome: 'timeout' }])
    expect(Math.abs(Date.parse(step(run, 'long').attempts[0]!.startedAt!) - jumped)).toBeLessThan(60_000)
  },
)

it('cancels a run: what runs is ended, what waits does not start', async () => {
  const steps = [shell('long', 'echo up; sleep 60'), shell('after', 'true', { needs: ['long'] })]
  const { id } = await world.run('long', { steps: steps as never })
  await vi.waitUntil(async () => (await readLog(id, 'long')) === 'up\n', { timeout: 10_000 })

  await world.api.cancelRun({ params: { run: id }, body: { reason: 'wrong data' } })
  const run = await world.until(id)

  expect(run).toMatchObject({ state: 'cancelled', reason: 'Cancelled by local: wrong data' })
  expect(run.steps).toMatchObject([{ state: 'cancelled' }, { state: 'cancelled', attempts: [] }])
  const twice = world.api.cancelRun({ params: { run: id }, body: {} })
  await expect(twice).rejects.toMatchObject({ status: 409, details: { state: 'cancelled' } })
})

it('shows how far a step is while it runs', async () => {
  const script = 'echo "{\\"progress\\": 0.4, \\"says\\": \\"tree 40 of 100\\"}" >> "$EVENKEEL_METRICS"; sleep 60'
  const { id } = await world.run('shows', { steps: [shell('fit', script)] as never })

  const progress = await vi.waitUntil(
    async () => step(await world.api.getRun({ params: { run: id } }), 'fit').progress,
    { timeout: 10_000 },
  )

  expect(progress).toEqual({ share: 0.4, says: 'tree 40 of 100' })
  await world.api.cancelRun({ params: { run: id }, body: {} })
  await world.until(id)
})

it('finds a run again whose alarm was lost', async () => {
  const { id } = await world.run('lost-alarm', { steps: [shell('a', 'true')] as never })
  await world.until(id)
  // As if the queue had been emptied before anybody looked.
  await sql`update pipelines.step set state = 'pending' where run_id = ${id}`.execute(world.platform.db)
  await sql`update pipelines.run set state = 'queued', revision = revision + 1, looked_at = now() - interval '2 minutes' where id = ${id}`.execute(
    world.platform.db,
  )

  await world.runJob('pipelines.sweep')

  expect(await world.until(id)).toMatchObject({ state: 'succeeded', steps: [{ attempts: [{}, {}] }] })
})

it('gives up an attempt whose host is gone, and tries it again here', async () => {
  const { id } = await world.run('gone', { steps: [shell('a', 'true')] as never })
  await world.until(id)
  await sql`update pipelines.step set state = 'running' where run_id = ${id}`.execute(world.platform.db)
  await sql`update pipelines.run set state = 'running', revision = revision + 1 where id = ${id}`.execute(
    world.platform.db,
  )
  await sql`update pipelines.attempt set state = 'running', outcome = null, host = 'elsewhere',
    seen_at = now() - interval '11 minutes' where run_id = ${id}`.execute(world.platform.db)

  await world.runJob('pipelines.sweep')
  const run = await world.until(id)

  expect(run.state).toBe('succeeded')
  expect(step(run, 'a').attempts).toMatchObject([
    { outcome: 'lost', reason: expect.stringContaining('host') },
    { outcome: 'ok' },
  ])
})

it('lists runs newest first, page by page, and only those asked for', async () => {
  const ids: string[] = []
  for (const script of ['true', 'false', 'true']) {
    const { id } = await world.run('pages', { steps: [shell('a', script)] as never })
    ids.unshift((await world.until(id)).id)
  }
  const page = await world.api.listRuns({ query: { pipeline: 'pages', limit: 2 } })
  const rest = await world.api.listRuns({ query: { pipeline: 'pages', limit: 2, cursor: page.nextCursor! } })

  expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(ids)
  expect(rest.nextCursor).toBeNull()
  const failed = await world.api.listRuns({ query: { pipeline: 'pages', state: 'failed' } })
  expect(failed.items.map(({ id }) => id)).toEqual([ids[1]])
  const pipeline = await world.api.get({ params: { pipeline: 'pages' } })
  expect(pipeline).toMatchObject({ runCount: 3, lastRun: { id: ids[0] } })
})

it('refuses a viewer, a param nobody knows, and what does not exist', async () => {
  const viewer = createClient(endpoints, await world.asRole('viewer'))
  await world.api.put({ params: { pipeline: 'guarded' }, body: { steps: [shell('a', 'true')] as never } })

  const start = { params: { pipeline: 'guarded' }, body: {} }
  await expect(viewer.startRun(start)).rejects.toMatchObject({ status: 403 })
  const typo = world.api.startRun({ ...start, body: { params: { sead: 1 } } })
  await expect(typo).rejects.toMatchObject({ code: 'pipelines.spec_invalid', details: { step: null } })
  await expect(world.api.getRun({ params: { run: 'nope' } })).rejects.toMatchObject({ code: 'pipelines.run_not_found' })
  await expect(world.api.get({ params: { pipeline: 'nope' } })).rejects.toMatchObject({ code: 'pipelines.not_found' })
  expect((await viewer.listRuns({ query: { pipeline: 'guarded' } })).items).toEqual([])
})

it('keeps no token and no input on disk after an attempt', async () => {
  const { id } = await world.run('clean', { steps: [shell('a', 'true')] as never })
  const run = await world.until(id)
  const home = `${world.folder}/pipelines/attempts/${step(run, 'a').attempts[0]!.externalId}`

  const isGone = () =>
    readFile(`${home}/scratch`).then(
      () => false,
      (error: { code: string }) => error.code === 'ENOENT',
    )
  await vi.waitUntil(isGone, 30_000)
  const context = await readFile(`${home}/control/context.json`, 'utf8')
  expect(context).not.toContain('secret-')
})

// The last one: the engine behind the HTTP interface stays stopped.
it('adopts a running step after an upgrade: the same process, no second attempt, no lost result', async () => {
  const script = 'echo $$; sleep 1; echo value=kept >> "$EVENKEEL_OUTPUT"'
  const { id } = await world.run('restarts', {
    steps: [shell('work', script), shell('next', 'true', { needs: ['work'] })] as never,
  })
  await vi.waitUntil(async () => (await readLog(id, 'work')) !== '', { timeout: 10_000 })
  await world.pipelines.stop()
  await delay(200)
  await makeOlder(id)

  const restarted = createPipelines(world.deps)
  await restarted.start()
  const run = await world.until(id)

  expect(run.state).toBe('succeeded')
  expect(step(run, 'work')).toMatchObject({ values: { value: 'kept' }, attempts: [{ outcome: 'ok' }] })
  expect((await readLog(id, 'work')).trim().split('\n')).toHaveLength(1)
  await restarted.stop()
})

/** Makes the rows of a run what 0.1.0 of before the cache would have written. */
async function makeOlder(run: string): Promise<void> {
  const { db } = world.platform
  const added = ['when', 'allowFailure', 'retryOn', 'retryDelay', 'matrix', 'env', 'code', 'cache']
  const limits = ['heartbeatMs', 'claims', 'maxParallel', 'failFast']
  const whole = ['noCache', 'timeoutMs', 'concurrency']
  await sql`update pipelines.run set plan = jsonb_set(plan - ${whole}::text[], '{steps}', (
    select jsonb_agg(step - ${[...added, ...limits]}::text[]) from jsonb_array_elements(plan -> 'steps') step)) where id = ${run}`.execute(
    db,
  )
  await sql`update pipelines.step set needs = '[]', cache = null where run_id = ${run}`.execute(db)
}
