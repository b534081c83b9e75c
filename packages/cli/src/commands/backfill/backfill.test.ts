import type { Backfill } from '@evenkeel/contract'
import { describe, expect, it, vi } from 'vitest'
import { type Answers, ask as askServer, Refusal } from '../../testing.ts'
import { pipelineOf } from '../../testing-world.ts'

vi.setConfig({ testTimeout: 30_000 })

const ask = (answers: Answers, ...args: string[]) => askServer(answers, 'backfill', ...args)

const id = '01a1fffa-35fa-72e4-a05a-1af90dc4bc12'
const none = { pending: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 }
const backfillOf = (changes: Partial<Backfill> = {}): Backfill => ({
  id,
  pipeline: 'churn',
  code: 'version:3',
  version: 3,
  start: '2025-01-01T00:00:00.000Z',
  end: '2026-01-01T00:00:00.000Z',
  unit: 'day',
  every: 1,
  timezone: 'UTC',
  cache: 'reuse',
  maxActive: 4,
  order: 'oldest',
  params: {},
  timeParams: { start: null, end: null },
  state: 'running',
  says: 'Started by ana.',
  reason: '',
  createdBy: 'ana',
  createdAt: '2026-03-02T00:00:00.000Z',
  endedAt: null,
  partitionCount: 365,
  counts: { ...none, pending: 300, running: 4, succeeded: 60, failed: 1 },
  typicalDurationMs: 60_000,
  eta: null,
  ...changes,
})
const over = (state: 'succeeded' | 'failed' | 'cancelled') =>
  backfillOf({ state, says: 'It is over.', counts: { ...none, succeeded: 364, failed: state === 'failed' ? 1 : 0 } })

const range = ['--from', '2025-01-01', '--to', '2025-12-31', '--every', '1d']
const starts: Answers = { 'pipelines.get': () => pipelineOf(), 'backfills.create': () => backfillOf() }

describe('backfill start', () => {
  it('sends what was asked for, and params as their defaults suggest', async () => {
    const more = ['--code', 'as-of-run', '--cache', 'ignore', '--max-active', '2', '--order', 'newest']
    const rest = [
      '--param',
      'lr=0.5',
      '--start-param',
      'since',
      '--timezone',
      'Europe/Berlin',
      '--reason',
      'new labels',
    ]
    const { code, stdout, asked } = await ask(starts, 'start', 'churn', ...range, ...more, ...rest)

    expect(code).toBe(0)
    expect(asked.at(-1)).toMatchObject({
      params: { pipeline: 'churn' },
      body: {
        from: '2025-01-01',
        to: '2025-12-31',
        unit: 'day',
        every: 1,
        timezone: 'Europe/Berlin',
        code: 'as-of-run',
        cache: 'ignore',
        maxActive: 2,
        order: 'newest',
        params: { lr: 0.5 },
        timeParams: { start: 'since' },
        reason: 'new labels',
      },
    })
    expect(stdout).toContain(`backfill ${id}  running: 61 of 365 done`)
    expect(stdout).toContain(`evenkeel backfill show ${id} --wait`)
  })

  it.each([
    ['6h', { unit: 'hour', every: 6 }],
    ['2w', { unit: 'week', every: 2 }],
    ['1mo', { unit: 'month', every: 1 }],
    ['day', { unit: 'day', every: 1 }],
  ])('--every %s', async (every, expected) => {
    const { asked } = await ask(starts, 'start', 'churn', ...range, '--every', every, '--code', 'current')

    expect(asked.at(-1)!.body).toMatchObject(expected)
  })

  it.each([
    [['--every', '1y'], 'such as 6h'],
    [['--every', '0d'], 'such as 6h'],
    [['--order', 'random'], 'oldest, newest'],
  ])('refuses %j', async (wrong, says) => {
    const { code, stderr } = await ask(starts, 'start', 'churn', ...range, '--code', 'current', ...wrong)

    expect(code).toBe(2)
    expect(stderr).toContain(says)
  })

  it('never guesses which code is meant', async () => {
    const { code, stderr, asked } = await ask(starts, 'start', 'churn', ...range)

    expect(code).toBe(2)
    expect(stderr).toContain("'--code <code>' not specified")
    expect(asked).toEqual([])
  })

  it('with --plan says what would happen, and starts nothing', async () => {
    const answers: Answers = {
      'backfills.plan': () => ({
        pipeline: 'churn',
        start: '2025-01-01T00:00:00.000Z',
        end: '2026-01-01T00:00:00.000Z',
        timeParams: { start: null, end: null },
        partitionCount: 365,
        first: '2025-01-01',
        last: '2025-12-31',
        versions: [{ version: 3, partitions: 365 }],
        sample: [{ partition: '2025-01-01', version: 3, run: 2, reuse: 1, unknown: 0, against: null }],
        typicalDurationMs: 60_000,
        estimateMs: 5_520_000,
        eta: '2026-03-02T01:32:00.000Z',
        says: ['Only the first 1 of 365 partitions were looked at, as a sample.'],
      }),
    }
    const { code, stdout, asked } = await ask(answers, 'start', 'churn', ...range, '--code', 'version:3', '--plan')

    expect(code).toBe(0)
    expect(stdout).toContain('churn  365 partitions, 2025-01-01 … 2025-12-31: version 3 for 365')
    expect(stdout).toContain('in all   1 h 32 min, until 2026-03-02 01:32 UTC')
    expect(stdout).toContain('as a sample')
    expect(asked.map(({ operation }) => operation)).toEqual(['backfills.plan'])
  })

  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['cancelled', 1],
  ] as const)('with --wait ends as it does: %s', async (state, exitCode) => {
    const answers: Answers = { ...starts, 'backfills.get': () => over(state) }
    const { code, stdout, stderr } = await ask(answers, 'start', 'churn', ...range, '--code', 'current', '--wait')

    expect(code).toBe(exitCode)
    expect(stderr).toContain('running: 61 of 365 done, 4 running, 60 succeeded, 1 failed')
    expect(stdout).toContain('It is over.')
  })
})

describe('one backfill', () => {
  const partition = { position: 3, partition: '2025-01-04', start: over('failed').start, end: over('failed').end }
  const failed = { ...partition, version: 3, state: 'failed', reason: 'The step "train" failed.', runId: id, tries: 2 }
  const known: Answers = {
    'backfills.get': () => over('failed'),
    'backfills.list': () => ({ items: [over('failed'), backfillOf({ id: '01b' })], nextCursor: null }),
    'backfills.listPartitions': () => ({ items: [failed], nextCursor: null }),
  }

  it('is found by a start of its id, and shows what failed and what to do next', async () => {
    const { code, stdout } = await ask(known, 'show', '01a1')

    expect(code).toBe(0)
    expect(stdout).toContain('2025-01-04  3        2')
    expect(stdout).toContain(`evenkeel backfill retry ${id}`)
  })

  it('is asked for when a start fits two', async () => {
    expect((await ask(known, 'show', '01')).stderr).toContain('"01" fits 2 backfills')
  })

  it.each([
    [['pause', '--reason', 'x'], 'backfills.pause', { reason: 'x' }],
    [['resume'], 'backfills.resume', { reason: '' }],
    [['cancel', '--runs'], 'backfills.cancel', { reason: '', runs: true }],
    [['cancel'], 'backfills.cancel', { reason: '', runs: false }],
    [['retry', '--skipped'], 'backfills.retry', { reason: '', skipped: true }],
  ] as const)('%j', async ([verb, ...rest], operation, body) => {
    const { code, stdout, asked } = await ask(
      { ...known, [operation]: () => backfillOf() },
      verb,
      id,
      ...rest,
      '--json',
    )

    expect(code).toBe(0)
    expect(asked.at(-1)).toMatchObject({ operation, params: { backfill: id }, body })
    expect(JSON.parse(stdout)).toMatchObject({ id, state: 'running' })
  })

  it('that is not so, or not there, ends with 5 and 3', async () => {
    const refuse = (status: number, code: string) => () => {
      throw new Refusal(status, code)
    }
    const busy = { ...known, 'backfills.pause': refuse(409, 'pipelines.backfill_wrong_state') }
    expect((await ask(busy, 'pause', id)).code).toBe(5)
    expect((await ask({ 'backfills.get': refuse(404, 'pipelines.backfill_not_found') }, 'show', id)).code).toBe(3)
  })

  it('is listed with its progress; where there is none, it is said how to begin', async () => {
    expect((await ask(known, 'list')).stdout).toContain('failed: 365 of 365 done, 364 succeeded, 1 failed')
    const empty = await ask({ 'backfills.list': () => ({ items: [], nextCursor: null }) }, 'list')
    expect(empty.stdout).toContain('evenkeel backfill start NAME')
  })
})
