import { compilePipeline } from '@evenkeel/client'
import type { PipelineSpec, Run, StepFile } from '@evenkeel/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BackfillsWorld, startBackfillsWorld } from './backfills/testing.ts'
import { shell } from './testing.ts'

let world: BackfillsWorld
beforeAll(async () => {
  world = await startBackfillsWorld()
}, 60_000)
afterAll(() => world.stop())

const declarations: PipelineSpec['declarations'] = {
  lr: { type: 'number', min: 0, max: 1 },
  word: { type: 'string' },
  deep: { type: 'boolean' },
  columns: { type: 'list' },
  window: { type: 'duration' },
  from: { type: 'moment' },
}
const good = { lr: 0.1, word: 'a', deep: false, columns: ['a'], window: '90d', from: '2001-01-01T00:00:00Z' }
const specOf = (more: object = {}) =>
  ({ declarations, params: good, steps: [shell('it', 'true', { params: ['lr'] })], ...more }) as unknown as PipelineSpec

const wrong = [
  { param: 'lr', value: 2, allowed: 'a number from 0 to 1' },
  { param: 'lr', value: -0.1, allowed: 'a number from 0 to 1' },
  { param: 'lr', value: '0.5', allowed: 'a number from 0 to 1' },
  { param: 'lr', value: null, allowed: 'a number from 0 to 1' },
  { param: 'word', value: 7, allowed: 'text' },
  { param: 'deep', value: 'true', allowed: 'true or false' },
  { param: 'columns', value: 'a,b', allowed: 'a list of texts' },
  { param: 'window', value: '90 days', allowed: 'a duration as in 30s, 10m, 6h or 5d' },
  { param: 'from', value: '2001-01-01', allowed: 'a moment in UTC as in 2001-01-01T00:00:00Z' },
] as const

describe('a run is held to what its pipeline declares', () => {
  beforeAll(async () => {
    await world.api.put({ params: { pipeline: 'held' }, body: specOf() })
  })

  it.each(wrong)('$param cannot be $value', async ({ param, value, allowed }) => {
    const target = { pipeline: 'held' }
    const params = { [param]: value } as Run['params']
    const why = `The param "${param}" cannot be ${JSON.stringify(value)}: it must be ${allowed}.`
    const refusal = { code: 'pipelines.spec_invalid', details: { step: null, reason: why } }

    await expect(world.api.startRun({ params: target, body: { params } })).rejects.toMatchObject(refusal)
    await expect(world.api.plan({ params: target, body: { params } })).rejects.toMatchObject(refusal)
    await expect(
      world.api.startRun({ params: target, body: { params, environment: 'ci', scope: 'pr-1' } }),
    ).rejects.toMatchObject(refusal)
    await expect(
      world.api.put({ params: { pipeline: 'default' }, body: specOf({ params: { ...good, ...params } }) }),
    ).rejects.toMatchObject(refusal)
    expect((await world.api.listRuns({ query: { pipeline: 'held' } })).items).toEqual([])
  })

  it('takes the bounds themselves', async () => {
    const plan = await world.api.plan({ params: { pipeline: 'held' }, body: { params: { lr: 1, from: good.from } } })

    expect(plan.steps).toHaveLength(1)
  })

  it('refuses bounds that no number fits', async () => {
    const body = specOf({ declarations: { lr: { type: 'number', min: 2, max: 1 } }, params: {} })

    await expect(world.api.put({ params: { pipeline: 'none' }, body })).rejects.toMatchObject({
      details: { reason: expect.stringContaining('No value fits the param "lr"') },
    })
  })

  it('by a trigger too, which says why it started nothing', async () => {
    const pipeline = 'triggered'
    await world.api.put({ params: { pipeline }, body: specOf() })
    await world.putTrigger(pipeline, { on: { kind: 'data', dataset: 'events' }, params: { lr: '0.5' } })
    await world.accept('events')
    await world.putTrigger(pipeline, { on: { kind: 'data', dataset: 'events' }, params: { lr: 0.5 } })
    await world.accept('events')

    const [refused, started] = await world.firings(pipeline)
    expect(refused).toMatchObject({ outcome: 'skipped', runId: null })
    expect(refused!.says).toContain('The param "lr" cannot be "0.5": it must be a number from 0 to 1.')
    expect((await world.until(started!.runId!)).params).toEqual({ ...good, lr: 0.5 })
  })

  it('by a backfill too: what is given, and what its bounds become', async () => {
    const ask = (wish: object) => world.backfill('held', undefined, wish)

    await expect(ask({ params: { lr: 3 } })).rejects.toMatchObject({
      details: { reason: expect.stringContaining('3') },
    })
    await expect(ask({ timeParams: { start: 'window' } })).rejects.toMatchObject({
      details: { reason: expect.stringContaining('it must be a duration') },
    })
    expect(await ask({ timeParams: { start: 'from' } })).toMatchObject({ timeParams: { start: 'from', end: null } })
  })
})

describe('a step has values of its own', () => {
  const say: StepFile = {
    outputs: ['said'],
    params: { count: { type: 'number', default: 1 }, word: { type: 'string' } },
    run: 'echo "$EVENKEEL_PARAM_COUNT $EVENKEEL_PARAM_WORD" | tee ${{ outputs.said }}; cat "$EVENKEEL_CONTEXT"',
  }

  async function compiled(pipeline: string, steps: object): Promise<PipelineSpec> {
    const { digest } = await world.platform.blobs.put(Buffer.from(pipeline))
    const code = [{ path: 'mark', digest, executable: false }]
    const sources = { step: () => say, code: () => code, file: () => undefined }
    const params = { word: { type: 'string', default: 'run' } }
    const result = compilePipeline({ name: pipeline, params, steps }, sources)
    if (!result.ok) throw new Error(JSON.stringify(result.problems))
    return result.pipeline.spec
  }

  async function runOf(pipeline: string, steps: object): Promise<Run> {
    const { id } = await world.run(pipeline, await compiled(pipeline, steps))
    return world.until(id)
  }

  /** What a step found in its environment, and in its context file. */
  async function found(run: Run, step: string): Promise<{ said: string; params: object }> {
    const { text } = await world.api.readLog({ params: { run: run.id, step }, query: {} })
    const [said, ...context] = text.split('\n')
    return { said: said!, params: (JSON.parse(context.join('\n')) as { params: object }).params }
  }

  it('in its environment and its context file, and nothing of them in another', async () => {
    const uses = './steps/say'
    const run = await runOf('own', {
      two: { uses, with: { count: 2 } },
      three: { uses, with: { count: 3, word: 'own' } },
      many: { uses, with: { count: '${{ matrix.n }}' }, matrix: { n: [4, 5] } },
    })

    expect(run.state).toBe('succeeded')
    expect(await found(run, 'two')).toEqual({ said: '2 run', params: { count: 2, word: 'run' } })
    expect(await found(run, 'three')).toEqual({ said: '3 own', params: { count: 3, word: 'own' } })
    expect(await found(run, 'many[n=4]')).toEqual({ said: '4 run', params: { count: 4, word: 'run' } })
    expect(await found(run, 'many[n=5]')).toEqual({ said: '5 run', params: { count: 5, word: 'run' } })
    expect(run.params).toEqual({ word: 'run' })
  })

  it('that its result depends on', async () => {
    const withCount = (count: number) => ({ it: { uses: './steps/say', with: { count } } })
    const verdicts = async (count: number) => (await runOf('keyed', withCount(count))).steps[0]!.cache

    expect(await verdicts(2)).toMatchObject({ code: 'first' })
    expect(await verdicts(2)).toMatchObject({ code: 'reused' })
    expect(await verdicts(3)).toMatchObject({ code: 'params', says: 'The param count is 3 and was 2.' })
  })

  it('and a run gives none that no other step reads', async () => {
    await world.api.put({
      params: { pipeline: 'owned' },
      body: await compiled('owned', { it: { uses: './s', with: { count: 2 } } }),
    })

    await expect(
      world.api.startRun({ params: { pipeline: 'owned' }, body: { params: { count: 9 } } }),
    ).rejects.toMatchObject({ details: { reason: 'No step knows the param "count"; there are word.' } })
  })
})
