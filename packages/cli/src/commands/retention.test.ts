import type { ExperimentRow, RetentionPass, RetentionPreview, StoredRetentionPolicy } from '@evenkeel/contract'
import { expect, it, vi } from 'vitest'
import { ask, Refusal } from '../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const policy = {
  deleteRunsAfterDays: 90,
  deleteFilesAfterDays: null,
  deleteTracesAfterDays: 14,
  purgeAfterDays: 30,
  keep: { tag: 'evenkeel.keep', latest: 3, best: [{ metric: 'loss', order: 'min' as const, count: 5 }] },
}
const stored: StoredRetentionPolicy = {
  scope: '3',
  experimentName: 'churn',
  policy,
  setBy: 'ada',
  setAt: '2026-03-02T04:05:00.000Z',
}
const losses = {
  deletedRuns: 12,
  strippedRuns: 1,
  purgedRuns: 4,
  purgedExperiments: 0,
  points: 400,
  loggedModels: 2,
  traces: 7,
  files: 31,
  sizeBytes: 2 * 1024 ** 3,
}
const told: RetentionPreview = { ...losses, experiments: 2, kept: { registered: 1, tagged: 2, chosen: 8 } }
const pass: RetentionPass = {
  id: 'one',
  scope: 'default',
  state: 'succeeded',
  startedBy: 'retention',
  createdAt: '2026-03-02T03:00:00.000Z',
  endedAt: '2026-03-02T03:00:12.000Z',
  losses,
  reason: null,
}
const churn: ExperimentRow = {
  id: '3',
  name: 'churn',
  folder: '',
  artifactLocation: 'mlflow-artifacts:/3',
  lifecycle: 'active',
  createdMs: 1,
  updatedMs: 1,
  tags: {},
  runs: 1,
  running: 0,
  lastRunMs: 1,
}
const options = [
  '--runs',
  '90d',
  '--traces',
  '14d',
  '--purge',
  '30d',
  '--keep-latest',
  '3',
  '--keep-best',
  'loss:min:5',
]

it('says what a policy would take away before it is set, and ends with 2', async () => {
  const { code, stdout, asked } = await ask({ 'retention.preview': () => told }, 'retention', 'set', ...options)

  expect(code).toBe(2)
  expect(asked).toMatchObject([{ operation: 'retention.preview', params: { scope: 'default' }, body: { policy } }])
  expect(stdout).toBe(`\
would go of 2 experiments:
  can be restored   12 runs
  for good          4 runs and 0 experiments deleted before, with 400 points and 2 logged models
                    31 files of 2.0 GiB, among them those of 1 run that stay
                    7 traces
old and stay: 1 that registered versions came of, 2 tagged, 8 newest or best
the policy was not set; add --yes to do it
`)
})

it('sets it with --yes, for an experiment by its name', async () => {
  const answers = {
    'experiments.list': () => ({ items: [churn], nextCursor: null, folders: [] }),
    'retention.set': () => stored,
  }
  const { code, stdout, asked } = await ask(answers, 'retention', 'set', 'churn', ...options, '--yes')

  expect(code).toBe(0)
  expect(asked.at(-1)).toMatchObject({ params: { scope: '3' }, body: policy })
  expect(stdout).toMatch(
    /churn \(3\) +90 d +never +14 d +30 d +tag evenkeel\.keep, latest 3, best 5 by min loss +ada +2026-03-02 04:05\n/,
  )
})

it('previews the policy in force, or the one of the options', async () => {
  const inForce = await ask({ 'retention.preview': () => told }, 'retention', 'preview')
  const draft = await ask({ 'retention.preview': () => told }, 'retention', 'preview', '--files', '7d', '--json')

  expect(inForce.asked[0]!.body).toEqual({})
  expect(draft.asked[0]!.body).toMatchObject({ policy: { deleteFilesAfterDays: 7, deleteRunsAfterDays: null } })
  expect(JSON.parse(draft.stdout)).toEqual(told)
})

it('applies it now, waits, and says what went', async () => {
  const running = { ...pass, state: 'running' as const, endedAt: null }
  const { code, stdout, stderr } = await ask(
    { 'retention.apply': () => running, 'retention.pass': () => pass },
    'retention',
    'apply',
  )

  expect(code).toBe(0)
  expect(stderr).toBe('so far: 12 runs deleted, 4 runs purged, 31 files (2.0 GiB), 7 traces\n')
  expect(stdout).toContain('gone:\n  can be restored   12 runs\n')
})

it('lists policies and what they did, and says so where there is nothing', async () => {
  const some = await ask({ 'retention.list': () => ({ items: [stored], nextCursor: null }) }, 'retention', 'list')
  const none = await ask({ 'retention.list': () => ({ items: [], nextCursor: null }) }, 'retention', 'list')
  const get = await ask({ 'retention.get': () => ({ inForce: null }) }, 'retention', 'get')
  const history = await ask({ 'retention.passes': () => ({ items: [pass], nextCursor: null }) }, 'retention', 'history')

  expect(some.stdout).toContain('churn (3)')
  expect([none.stdout, get.stdout]).toEqual(Array(2).fill(expect.stringContaining('kept for ever')))
  expect(history.stdout).toMatch(/2026-03-02 03:00 +retention +default +succeeded +12\.0 s +12 runs deleted, 4 runs/)
})

it('ends with 5 when none is set or one is being applied, and 2 for a slip', async () => {
  const refuse = () => {
    throw new Refusal(409, 'tracking.no_retention', { fix: 'Set one.' })
  }

  expect((await ask({ 'retention.apply': refuse }, 'retention', 'apply')).code).toBe(5)
  expect((await ask({}, 'retention', 'set', '--runs', '12h')).stderr).toContain('Write whole days as in 30d.')
  expect((await ask({}, 'retention', 'set', '--keep-best', 'loss')).stderr).toContain('as in auc:5 or loss:min:5')
})
