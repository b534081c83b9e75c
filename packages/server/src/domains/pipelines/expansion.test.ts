import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPipelines } from './service.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const split = shell('split', 'echo "files=$EVENKEEL_PARAM_FILES" >> "$EVENKEEL_OUTPUT"', {
  params: ['files'],
  code: [],
})
const each = shell(
  'each',
  'test "$EVENKEEL_MATRIX_FILE" != bad; echo "$EVENKEEL_MATRIX_FILE" > "$EVENKEEL_OUTPUT_IT"',
  {
    expand: { lists: { file: { step: 'split', value: 'files' } } },
    outputs: ['it'],
    code: [],
  },
)
const join = shell('join', 'cat "$EVENKEEL_INPUT_ALL"/*', {
  inputs: { all: { from: 'steps', steps: ['each'], output: 'it' } },
})
const steps = [join, each, split] as never
const logOf = async (run: string) => (await world.api.readLog({ params: { run, step: 'join' }, query: {} })).text

it('runs one step for each value that a step lists, hands all of them on in order, and reuses them', async () => {
  const first = await world.until((await world.run('lists', { steps }, { files: '["b","a","c"]' })).id)
  const keys = ['join', 'each[file=b]', 'each[file=a]', 'each[file=c]', 'split']
  expect(first).toMatchObject({ state: 'succeeded', reason: 'All 5 steps succeeded.' })
  expect(first.steps.map(({ key }) => key)).toEqual(keys)
  expect(first.steps[0]!.needs).toEqual(keys.slice(1, 4))
  expect(await logOf(first.id)).toBe('b\na\nc\n')

  const second = await world.until((await world.run('lists', { steps }, { files: '["a","d"]' })).id)
  expect(second.steps.map(({ key, state }) => `${key} ${state}`)).toEqual([
    'join succeeded',
    'each[file=a] cached',
    'each[file=d] succeeded',
    'split succeeded',
  ])
  expect(await logOf(second.id)).toBe('a\nd\n')
  const why = await world.api.explainStep({ params: { run: second.id, step: 'each[file=a]' } })
  expect(why).toMatchObject({ verdict: { code: 'reused' }, comparedWith: { run: first.id } })
})

it('does not run for an empty list, and keeps the steps when a run is opened again by another server', async () => {
  const empty = await world.until((await world.run('none', { steps }, { files: '[]' })).id)
  expect(empty).toMatchObject({ state: 'succeeded' })
  expect(empty.steps.map(({ state }) => state)).toEqual(['skipped', 'skipped', 'succeeded'])

  const failed = await world.until((await world.run('some', { steps }, { files: '["good","bad"]' })).id)
  expect(failed).toMatchObject({ state: 'failed' })
  await world.pipelines.stop()
  const other = createPipelines(world.deps)
  await other.start()
  try {
    await sql`update pipelines.run set revision = revision + 1 where id = ${failed.id}`.execute(world.platform.db)
    await world.api.retryRun({ params: { run: failed.id }, body: {} })
    const again = await world.until(failed.id)
    expect(again.steps.map(({ key, state, attempts }) => `${key} ${state} ${attempts.length}`)).toEqual([
      'join skipped 0',
      'each[file=good] succeeded 1',
      'each[file=bad] failed 2',
      'split succeeded 1',
    ])
  } finally {
    await other.stop()
  }
})
