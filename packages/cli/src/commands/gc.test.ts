import type { Collection } from '@evenkeel/contract'
import { expect, it, vi } from 'vitest'
import { ask, Refusal } from '../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const none = { blobs: 0, sizeBytes: 0 }
const done: Collection = {
  id: 'one',
  state: 'succeeded',
  phase: null,
  dryRun: false,
  graceHours: 24,
  startedBy: 'ada',
  createdAt: '2026-03-02T03:00:00.000Z',
  endedAt: '2026-03-02T03:00:12.000Z',
  stored: { blobs: 12, sizeBytes: 5 * 1024 ** 3 },
  kept: { blobs: 7, sizeBytes: 3 * 1024 ** 3 },
  young: { blobs: 2, sizeBytes: 512 },
  freed: { blobs: 3, sizeBytes: 2 * 1024 ** 3 },
  unfinished: { count: 1, sizeBytes: 100 },
  held: [
    { domain: 'artifacts', blobs: 6, sizeBytes: 2 * 1024 ** 3, missing: 0 },
    { domain: 'datasets', blobs: 1, sizeBytes: 1024 ** 3, missing: 1 },
  ],
  reason: null,
}
const running: Collection = { ...done, state: 'running', phase: 'listing', endedAt: null, freed: none }

it('waits for the end, and says what was deleted and who needs the rest', async () => {
  const { code, stdout, stderr, asked } = await ask(
    { 'storage.collect': () => running, 'storage.get': () => done },
    'gc',
  )

  expect(code).toBe(0)
  expect(asked[0]!.body).toEqual({ dryRun: false })
  expect(stderr).toBe('lists what is stored: 12 blobs, 5.0 GiB\n')
  expect(stdout).toBe(`\
                              blobs  size
stored                        12     5.0 GiB
needed                        7      3.0 GiB
not needed, of the last 24 h  2      512 B
deleted                       3      2.0 GiB
unfinished uploads, deleted   1      100 B

needed by  blobs  size     not there
artifacts  6      2.0 GiB  –
datasets   1      1.0 GiB  1
`)
})

it('says in a dry run what would be deleted', async () => {
  const dry = { ...done, dryRun: true }
  const { code, stdout, asked } = await ask({ 'storage.collect': () => dry }, 'gc', '--dry-run', '--grace', '48')

  expect(code).toBe(0)
  expect(asked[0]!.body).toEqual({ dryRun: true, graceHours: 48 })
  expect(stdout).toMatch(/would be deleted +3 +2\.0 GiB\n/)
  expect(stdout).toContain('nothing was deleted; without --dry-run it is')
})

it('prints JSON and nothing else', async () => {
  const { stdout, stderr } = await ask({ 'storage.collect': () => running, 'storage.get': () => done }, 'gc', '--json')

  expect(JSON.parse(stdout)).toEqual(done)
  expect(stderr).toBe('')
})

it('ends with 1 when it failed, 5 when one is under way, 2 for a grace that is too short, 4 for who is no admin', async () => {
  const failed = { ...done, state: 'failed' as const, reason: 'The bucket does not answer.' }
  const refuse = (status: number, code: string) => () => {
    throw new Refusal(status, code, { fix: 'Wait.' })
  }

  const broken = await ask({ 'storage.collect': () => failed }, 'gc')
  const busy = await ask({ 'storage.collect': refuse(409, 'storage.collecting') }, 'gc')
  const slip = await ask({}, 'gc', '--grace', '0.1')
  const viewer = await ask({ 'storage.collect': refuse(403, 'auth.not_allowed') }, 'gc')

  expect([broken.code, busy.code, slip.code, viewer.code]).toEqual([1, 5, 2, 4])
  expect(broken.stdout).toBe('✗ The bucket does not answer.\n  deleted before that: 3 blobs, 2.0 GiB\n')
})

it('comes back at once with --no-wait', async () => {
  const { code, stdout } = await ask({ 'storage.collect': () => running }, 'gc', '--no-wait')

  expect([code, stdout]).toEqual([0, 'it goes on\n  next   evenkeel gc --history\n'])
})

it('lists what was done before, and says so when there is nothing', async () => {
  const some = await ask({ 'storage.list': () => ({ items: [done], nextCursor: null }) }, 'gc', '--history')
  const empty = await ask({ 'storage.list': () => ({ items: [], nextCursor: null }) }, 'gc', '--history')

  expect(some.stdout).toMatch(/2026-03-02 03:00 +ada +succeeded +12\.0 s +3 +2\.0 GiB +7 +3\.0 GiB\n/)
  expect(empty.stdout).toContain('never collected yet')
})
