import type { ExperimentRow, PurgePlan, RunDetail, RunRow } from '@evenkeel/contract'
import { describe, expect, it, vi } from 'vitest'
import { type Answers, ask, Refusal } from '../../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const id = 'a'.repeat(32)
const other = 'b'.repeat(32)
const startedMs = Date.parse('2026-03-02T04:05:00Z')
const summary = (last: number | 'NaN') => ({ last, lastStep: 3, lastMs: 1, min: 0.25, max: 0.75, count: 4 })

const rowOf = (changes: Partial<RunRow> = {}): RunRow => ({
  id,
  name: 'first',
  experimentId: '3',
  userId: 'ada',
  status: 'FINISHED',
  startedMs,
  endedMs: startedMs + 65_000,
  artifactUri: `mlflow-artifacts:/3/${id}/artifacts`,
  lifecycle: 'active',
  metrics: { auc: summary(0.123456789) },
  params: { lr: '0.1' },
  tags: {},
  ...changes,
})

const detailOf = (changes: Partial<RunDetail> = {}): RunDetail => ({
  ...rowOf(),
  datasets: [],
  inputModels: [],
  outputModels: [],
  experimentName: 'churn',
  filesFolder: `3/${id}/artifacts`,
  parentId: null,
  children: 0,
  pipelineRunId: null,
  modelVersions: [{ model: 'churn', version: 7 }],
  ...changes,
})

const experimentOf = (changes: Partial<ExperimentRow> = {}): ExperimentRow => ({
  id: '3',
  name: 'churn',
  folder: '',
  artifactLocation: 'mlflow-artifacts:/3',
  lifecycle: 'active',
  createdMs: 1,
  updatedMs: 1,
  tags: {},
  runs: 2,
  running: 1,
  lastRunMs: startedMs,
  ...changes,
})

const found = (...items: ExperimentRow[]): Answers => ({
  'experiments.list': () => ({ items, nextCursor: null, folders: [{ folder: 'team', experiments: 2 }] }),
})

describe('run list', () => {
  it('shows tracked runs with the columns that are asked for', async () => {
    const answers: Answers = {
      ...found(experimentOf({ id: '9', name: 'churn too' }), experimentOf()),
      'trackedRuns.search': () => ({
        items: [rowOf(), rowOf({ id: other, metrics: {}, params: {} })],
        nextCursor: 'x',
      }),
    }
    const words = [
      '--filter',
      'metrics.auc > 0',
      '--order-by',
      'metrics.auc DESC',
      '--metrics',
      'auc',
      '--params',
      'lr',
    ]
    const { code, stdout, asked } = await ask(answers, 'run', 'list', '--experiment', 'churn', ...words)
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        `run${' '.repeat(31)}name   status    started           time       auc       lr`,
        `${id}  first  FINISHED  2026-03-02 04:05  1 min 5 s  0.123457  0.1`,
        `${other}  first  FINISHED  2026-03-02 04:05  1 min 5 s  –         –`,
        'there are more; --all shows them, or --cursor x',
        '',
      ].join('\n'),
    )
    expect(asked.at(-1)!.body).toMatchObject({
      experiments: ['3'],
      filter: 'metrics.auc > 0',
      orderBy: ['metrics.auc DESC'],
      metrics: ['auc'],
      params: ['lr'],
      limit: 20,
    })
  })

  it('goes through every page with --all, and prints JSON', async () => {
    const answers: Answers = {
      'trackedRuns.search': ({ body }) => {
        const { cursor } = body as { cursor?: string }
        return cursor ? { items: [rowOf({ id: other })], nextCursor: null } : { items: [rowOf()], nextCursor: 'next' }
      },
    }
    const { stdout } = await ask(answers, 'run', 'list', '--filter', '', '--all', '--json')
    const page = JSON.parse(stdout) as { items: RunRow[]; nextCursor: string | null }
    expect([page.items.map((run) => run.id), page.nextCursor]).toEqual([[id, other], null])
  })

  it('ends with 3 for an experiment that is not there, and with 2 where pipelines are meant too', async () => {
    const unknown = await ask(found(), 'run', 'list', '--experiment', 'none')
    expect([unknown.code, unknown.stderr.includes('evenkeel experiment list')]).toEqual([3, true])
    for (const own of [['--experiment', 'churn'], ['--all'], ['--cursor', 'x']]) {
      expect((await ask({}, 'run', 'list', ...own, '--pipeline', 'churn')).code).toBe(2)
    }
  })

  it('lists runs of pipelines as ever', async () => {
    const { stdout } = await ask({ 'pipelines.listRuns': () => ({ items: [], nextCursor: null }) }, 'run', 'list')
    expect(stdout).toContain('no run yet')
  })
})

describe('run get', () => {
  it('shows all of a run, by a start of its id', async () => {
    const answers: Answers = {
      'trackedRuns.search': () => ({ items: [rowOf()], nextCursor: null }),
      'trackedRuns.get': () => detailOf({ metrics: { loss: summary('NaN') }, parentId: other }),
    }
    const { code, stdout, asked } = await ask(answers, 'run', 'get', 'aaaa')
    expect(code).toBe(0)
    expect(asked.at(-1)!.params).toEqual({ run: id })
    for (const line of [
      `run         ${id}  first`,
      'experiment  churn (3)',
      'started     2026-03-02 04:05, 1 min 5 s, by ada',
      `within      ${other}`,
      'became      churn@7',
      'metric  last  at  least  greatest  points',
      'loss    NaN   3   0.25   0.75      4',
      'lr     0.1',
    ]) {
      expect(stdout.split('\n')).toContain(line)
    }
  })

  it('asks for more of an id that fits several runs', async () => {
    const answers: Answers = {
      'trackedRuns.search': () => ({ items: [rowOf(), rowOf({ id: `a${other.slice(1)}` })], nextCursor: null }),
    }
    const { code, stderr } = await ask(answers, 'run', 'get', 'a')
    expect([code, stderr.includes('"a" fits several runs')]).toEqual([2, true])
  })
})

describe('run diff', () => {
  const answers: Answers = {
    'trackedRuns.get': ({ params }) =>
      params['run'] === id
        ? detailOf({ params: { lr: '0.1', depth: '3' }, tags: { 'mlflow.runName': 'first', team: 'a' } })
        : detailOf({ id: other, name: 'second', params: { lr: '0.2', depth: '3' }, metrics: {}, tags: { team: 'a' } }),
  }

  it('shows what differs, and with --all everything', async () => {
    const { code, stdout } = await ask(answers, 'run', 'diff', id, other)
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(3)).toEqual([
      '        name  A         B',
      'param   lr    0.1       0.2',
      'metric  auc   0.123457  –',
      '',
    ])
    const all = await ask(answers, 'run', 'diff', id, other, '--all', '--json')
    const { items } = JSON.parse(all.stdout) as { items: { kind: string; key: string; values: unknown[] }[] }
    expect(items).toContainEqual({ kind: 'param', key: 'depth', values: ['3', '3'] })
    expect(items).toContainEqual({ kind: 'tag', key: 'mlflow.runName', values: ['first', null] })
  })

  it('needs two runs', async () => {
    expect((await ask(answers, 'run', 'diff', id)).code).toBe(2)
  })
})

describe('run delete', () => {
  const plan: PurgePlan = {
    runs: 1,
    points: 12,
    loggedModels: 0,
    traces: 3,
    files: 2,
    sizeBytes: 11,
    kept: [],
    confirmation: 'c0ffee',
  }

  it('says what it deletes, and how to get it back', async () => {
    const answers: Answers = { 'trackedRuns.get': () => detailOf(), 'trackedRuns.remove': () => ({ deleted: 1 }) }
    const { code, stdout, stderr } = await ask(answers, 'run', 'delete', id)
    expect(code).toBe(0)
    expect(stderr).toContain(`deletes ${id}  first of churn, 1 metric, became churn@7`)
    expect(stdout).toContain(`evenkeel run restore ${id}`)
  })

  it('purges with --yes alone, and as the plan said', async () => {
    const answers: Answers = { 'trackedRuns.planPurge': () => plan, 'trackedRuns.purge': () => plan }
    const preview = await ask(answers, 'run', 'delete', id, '--purge')
    expect(preview.code).toBe(2)
    expect(preview.asked.map(({ operation }) => operation)).toEqual(['trackedRuns.planPurge'])
    expect(preview.stdout).toBe(
      'would be lost: 1 run, 12 points, 0 logged models, 3 traces, 2 files of 11 bytes\nnothing was deleted; add --yes to do it\n',
    )
    const done = await ask(answers, 'run', 'delete', id, '--purge', '--yes')
    expect(done.code).toBe(0)
    expect(done.asked.at(-1)!.body).toEqual({ runs: [id], confirmation: 'c0ffee' })
  })

  it('ends with 5 where runs stay, and where the plan has changed', async () => {
    const kept = { ...plan, runs: 0, kept: [{ run: id, why: 'It is not deleted: delete it first.' }] }
    const stays = { 'trackedRuns.planPurge': () => kept, 'trackedRuns.purge': () => kept }
    const some = await ask(stays, 'run', 'delete', id, '--purge', '--yes')
    expect([some.code, some.stdout.includes(`stays: ${id}  It is not deleted`)]).toEqual([5, true])
    const purge = () => {
      throw new Refusal(409, 'tracking.plan_changed')
    }
    const late = await ask({ ...stays, 'trackedRuns.purge': purge }, 'run', 'delete', id, '--purge', '--yes')
    expect(late.code).toBe(5)
  })

  it('is undone by restore', async () => {
    const { stdout, asked } = await ask({ 'trackedRuns.restore': () => ({ restored: 1 }) }, 'run', 'restore', id)
    expect([stdout, asked[0]!.body]).toEqual(['1 run restored\n', { runs: [id] }])
  })
})

describe('experiment', () => {
  it('lists experiments and folders', async () => {
    const { stdout, asked } = await ask(found(experimentOf({ folder: 'team' })), 'experiment', 'list', '--in', '/team/')
    expect(stdout).toBe(
      [
        'id  experiment  runs  running  last run',
        '3   team/churn  2     1        2026-03-02 04:05',
        'folder team (2)',
        '',
      ].join('\n'),
    )
    expect(asked[0]!.query).toMatchObject({ folder: 'team', lifecycle: 'active' })
  })

  it('moves and renames one by its name', async () => {
    const answers: Answers = {
      ...found(experimentOf()),
      'experiments.change': ({ body }) => experimentOf(body as Partial<ExperimentRow>),
    }
    const moved = await ask(answers, 'experiment', 'move', 'churn', '/team/churn/')
    expect(moved.stdout).toBe('experiment 3 is team/churn/churn now\n')
    const up = await ask(answers, 'experiment', 'move', 'churn', '/')
    expect(up.asked.at(-1)!.body).toEqual({ folder: '' })
    const renamed = await ask(answers, 'experiment', 'rename', 'churn', 'better')
    expect(renamed.stdout).toBe('experiment 3 is better now\n')
  })

  it('finds one by its id too', async () => {
    const answers: Answers = {
      'experiments.get': () => experimentOf(),
      'experiments.change': () => experimentOf({ name: 'x' }),
    }
    const { asked } = await ask(answers, 'experiment', 'rename', '3', 'x')
    expect(asked.map(({ operation }) => operation)).toEqual(['experiments.get', 'experiments.change'])
  })
})
