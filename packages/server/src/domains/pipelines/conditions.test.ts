import type { Run } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

const stepsOf = ({ steps }: Run) => Object.fromEntries(steps.map((step) => [step.key, step]))
const code = { code: [] }

it('decides conditions by what steps wrote, in this run or in the one whose result they took over', async () => {
  const gate = shell('gate', 'echo "auc=$EVENKEEL_PARAM_AUC" >> "$EVENKEEL_OUTPUT"', { params: ['auc'], ...code })
  const needs = ['gate']
  const good = shell('good', 'true', { needs, when: { condition: 'steps.gate.outputs.auc >= params.least' } })
  const poor = shell('poor', 'true', { needs, when: { condition: 'steps.gate.outputs.auc < params.least' } })
  const spec = { params: { auc: 0.9, least: 0.7 }, steps: [good, poor, gate] as never }
  const first = await world.until((await world.run('gates', spec)).id)
  const second = await world.until((await world.run('gates', spec, { least: 0.95 })).id)

  expect(stepsOf(first)).toMatchObject({ good: { state: 'succeeded' }, poor: { state: 'skipped', attempts: [] } })
  expect(stepsOf(first)['poor']!.reason).toBe(
    'The condition steps.gate.outputs.auc < params.least is false, for steps.gate.outputs.auc is "0.9" and params.least is 0.7.',
  )
  expect(stepsOf(second)).toMatchObject({
    gate: { state: 'cached' },
    good: { state: 'skipped' },
    poor: { state: 'succeeded' },
  })
})

it('decides conditions by metrics, those of a result that was taken over too', async () => {
  const report = 'echo \'{"name":"auc","value":0.5}\n{"name":"auc","value":0.8}\' >> "$EVENKEEL_METRICS"'
  const final =
    'echo \'{"val":{"loss":0.25}}\' > "$(dirname "$EVENKEEL_OUTPUT_MODEL")/metrics.json"; echo 1 > "$EVENKEEL_OUTPUT_MODEL"'
  const train = shell('train', `${report}; ${final}`, { outputs: ['model'], ...code })
  const when = { condition: 'steps.train.metrics.auc > params.least && steps.train.metrics.val.loss < 0.3' }
  const spec = {
    params: { least: 0.7 },
    steps: [train, shell('deploy', 'true', { needs: ['train'], params: ['least'], when })] as never,
  }
  const first = await world.until((await world.run('metric-gates', spec)).id)
  const second = await world.until((await world.run('metric-gates', spec, { least: 0.9 })).id)

  expect(stepsOf(first)).toMatchObject({ train: { state: 'succeeded' }, deploy: { state: 'succeeded' } })
  expect(stepsOf(second)).toMatchObject({
    train: { state: 'cached' },
    deploy: { state: 'skipped', reason: expect.stringContaining('steps.train.metrics.auc is 0.8') },
  })
})

it('fails a step whose condition reads what nobody wrote', async () => {
  const when = { condition: "steps.gate.outputs.verdict == 'pass'" }
  const steps = [shell('gate', 'echo auc=1 >> "$EVENKEEL_OUTPUT"'), shell('next', 'true', { needs: ['gate'], when })]
  const run = await world.until((await world.run('misses', { steps: steps as never })).id)

  expect(run).toMatchObject({ state: 'failed', reason: expect.stringContaining('"gate" wrote auc.') })
  expect(stepsOf(run)['next']).toMatchObject({ state: 'failed', attempts: [] })
})

it.each([
  ['reads a step it does not need', { condition: 'steps.gone.outputs.x == 1' }, 'add it to "needs"'],
  ['cannot be read', { condition: 'params.x ==' }, 'A value is missing'],
])('refuses a condition that %s, without storing it', async (_, when, says) => {
  const put = world.api.put({ params: { pipeline: 'bad' }, body: { steps: [shell('a', 'true', { when })] } })

  const details = { step: 'a', reason: expect.stringContaining(says) }
  await expect(put).rejects.toMatchObject({ code: 'pipelines.spec_invalid', details })
})
