import { createClient } from '@evenkeel/client'
import { type Metric, type Run, stepResults } from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { createPipelines } from './service.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const read = (run: string, query: object = {}) =>
  createClient(stepResults, world.clientOptions()).listMetrics({ params: { run, step: 'a' }, query })
const ran = async (name: string, script: string, more: object = {}): Promise<Run> =>
  world.until((await world.run(name, { steps: [shell('a', script, more)] as never })).id)
const shown = (metrics: readonly Metric[]) => metrics.map(({ name, value }) => [name, value])

it('keeps what a step measures, in its order, and says which line it could not read', async () => {
  const script = `cat >> "$EVENKEEL_METRICS" <<'END'
{"name":"auc","value":0.7,"step":1,"time":"2026-01-01T01:00:00+01:00","labels":{"slice":"eu"}}
no json
{"name":"auc","value":"NaN","step":2,"labels":{"slice":"us"}}
{"name":"auc","value":"much"}

{"progress":0.5,"says":"half"}
{"name":"loss","value":"-Infinity"}
{"name":"auc","value":0.8,"step":3,"labels":{"slice":"eu"}}
END
  printf '{"name":"last","value":1e-300}' >> "$EVENKEEL_METRICS"
  echo '{"auc": 0.9, "by": {"slice": {"eu": 0.91}}, "note": "fine"}' > "$(dirname "$EVENKEEL_OUTPUT_X")/metrics.json"
  echo x > "$EVENKEEL_OUTPUT_X"`
  const run = await ran('measures', script, { outputs: ['x'] })

  const { items, nextOffset, attempt } = await read(run.id)
  expect([attempt, nextOffset]).toEqual([1, null])
  expect(items[0]).toEqual({
    offset: 0,
    name: 'auc',
    value: 0.7,
    step: 1,
    time: '2026-01-01T00:00:00.000Z',
    labels: { slice: 'eu' },
  })
  expect(shown(items)).toEqual([
    ['auc', 0.7],
    ['auc', 'NaN'],
    ['loss', '-Infinity'],
    ['auc', 0.8],
    ['last', 1e-300],
    ['auc', 0.9],
    ['by.slice.eu', 0.91],
  ])
  const [step] = run.steps
  expect(shown(step!.metrics)).toEqual([
    ['auc', 0.8],
    ['auc', 'NaN'],
    ['loss', '-Infinity'],
    ['last', 1e-300],
    ['auc', 0.9],
    ['by.slice.eu', 0.91],
  ])
  expect(step!.attempts[0]!.warnings).toEqual([expect.stringContaining('at byte 95 was skipped: it is no JSON object')])
  expect(step!.progress).toEqual({ share: 0.5, says: 'half' })
})

it('reads page by page, by name, and fewer points of a long series', async () => {
  const script = `i=0; while [ $i -lt 1000 ]; do echo '{"name":"'m$((i % 2))'","value":'$i'}'; i=$((i+1)); done >> "$EVENKEEL_METRICS"`
  const { id } = await ran('pages', script)

  const all = await read(id, { name: 'm1' })
  const values = all.items.map(({ value }) => value)
  expect(values).toEqual(Array.from({ length: 500 }, (_, i) => 2 * i + 1))
  const page = await read(id, { limit: 300 })
  const rest = await read(id, { limit: 700, offset: page.nextOffset! })
  expect([...page.items, ...rest.items].map(({ value }) => value)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  expect(rest.nextOffset).toBeNull()
  const few = await read(id, { points: 10 })
  const ofOne = few.items.filter(({ name }) => name === 'm0').map(({ value }) => Number(value))
  expect(ofOne.length).toBeGreaterThan(7)
  expect(ofOne.length).toBeLessThanOrEqual(10)
  expect([ofOne[0], ofOne.at(-1)]).toEqual([0, 998])
})

it('shows the metrics of each attempt, and those of the result that was taken over', async () => {
  const script = `echo '{"name":"try","value":'$EVENKEEL_ATTEMPT'}' >> "$EVENKEEL_METRICS"; test $EVENKEEL_ATTEMPT = 2`
  const run = await ran('attempts', script, { retries: 1, retryDelay: { seconds: 0.1 }, code: [] })
  const again = await ran('attempts', script, { retries: 1, retryDelay: { seconds: 0.1 }, code: [] })

  expect(shown((await read(run.id)).items)).toEqual([['try', 2]])
  expect(shown((await read(run.id, { attempt: 1 })).items)).toEqual([['try', 1]])
  expect(await read(run.id, { attempt: 3 })).toEqual({ attempt: null, items: [], nextOffset: null })
  expect(again.steps[0]!.state).toBe('cached')
  expect(shown(again.steps[0]!.metrics)).toEqual([['try', 2]])
  expect(shown((await read(again.id)).items)).toEqual([['try', 2]])
})

it('bears NUL, halves of characters and endless lines without losing the rest', async () => {
  const script = `printf '%s\\n' '{"name":"a\\u0000b","value":1,"labels":{"x":"\\ud800"}}' '{"progress":0.5,"says":"\\u0000"}' >> "$EVENKEEL_METRICS"
  head -c 300000 /dev/zero | tr '\\0' x >> "$EVENKEEL_METRICS"
  printf '\\n%s\\n' '{"name":"after","value":2}' >> "$EVENKEEL_METRICS"
  printf '%s\\n' '{"key\\u0000":"va\\u0000l\\ud800"}' >> "$EVENKEEL_OUTPUT"`
  const run = await ran('hostile', script)

  expect(run.state).toBe('succeeded')
  expect(shown((await read(run.id)).items)).toEqual([
    ['a\uFFFDb', 1],
    ['after', 2],
  ])
  expect(run.steps[0]!.values).toEqual({ 'key\uFFFD': 'va\uFFFDl\uFFFD' })
  expect(run.steps[0]!.attempts[0]!.warnings).toHaveLength(1)
})

it('keeps the first 100,000 values of 150,000, the newest of each metric, and the server at work', async () => {
  const script = `seq 1 150000 | sed 's/.*/{"name":"n","value":&}/' >> "$EVENKEEL_METRICS"`
  const { id } = await world.run('many', { steps: [shell('a', script)] as never })
  let slowestMs = 0
  const watching = setInterval(() => {
    const asked = performance.now()
    void world.api.list().then(() => (slowestMs = Math.max(slowestMs, performance.now() - asked)))
  }, 100)

  const run = await vi.waitFor(
    async () => {
      const found = await world.api.getRun({ params: { run: id } })
      if (found.state !== 'succeeded') throw new Error(`It is ${found.state}.`)
      return found
    },
    { timeout: 60_000, interval: 200 },
  )
  clearInterval(watching)

  expect(shown(run.steps[0]!.metrics)).toEqual([['n', 150_000]])
  expect(run.steps[0]!.attempts[0]!.warnings).toEqual([expect.stringContaining('the first 100,000 are kept')])
  const { rows } = await sql<{ count: number }>`select count(*) from pipelines.metric where run_id = ${id}`.execute(
    world.platform.db,
  )
  expect(rows).toEqual([{ count: 100_000 }])
  expect(slowestMs).toBeLessThan(2000)
}, 90_000)

// The last one: the engine behind the HTTP interface stays stopped.
it('neither repeats nor loses a value over a restart', async () => {
  const script = `i=0; while [ $i -lt 60 ]; do echo '{"name":"n","value":'$i'}' >> "$EVENKEEL_METRICS"; i=$((i+1)); sleep 0.04; done`
  const { id } = await world.run('restarts', { steps: [shell('a', script)] as never })
  await vi.waitUntil(async () => (await read(id)).items.length > 5, { timeout: 20_000 })

  await world.pipelines.stop()
  const restarted = createPipelines(world.deps)
  await restarted.start()
  const run = await world.until(id)

  expect((await read(id)).items.map(({ value }) => value)).toEqual(Array.from({ length: 60 }, (_, i) => i))
  expect(run.steps[0]!.attempts).toHaveLength(1)
  await restarted.stop()
})
