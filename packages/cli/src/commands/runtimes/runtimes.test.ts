import type { Runtime } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { type Answers, evenkeel, Refusal, startFixture } from '../../testing.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`
const ready: Runtime = {
  digest,
  kind: 'python',
  state: 'ready',
  wanted: '3.12',
  version: '3.12.4',
  tool: 'uv 0.9.1',
  lock: { path: 'uv.lock', digest },
  sizeBytes: 312 * 1024 ** 2,
  packageCount: 2,
  createdAt: '2026-03-02T04:05:00.000Z',
  buildMs: 12_300,
  lastUsedAt: '2026-03-04T05:06:00.000Z',
  useCount: 1,
  reason: null,
}
const packages = [
  { name: 'numpy', version: '2.1.0' },
  { name: 'pandas', version: '3.0.0' },
]

async function ask(answers: Answers, ...args: string[]) {
  const { url, asked } = await startFixture(answers)
  return { ...(await evenkeel('runtimes', ...args, '--url', url)), asked }
}

it('lists what there is, and what it takes of the limit', async () => {
  const { stdout, code } = await ask(
    { 'runtimes.list': () => ({ items: [ready], limitBytes: 20 * 1024 ** 3 }) },
    'list',
  )

  expect(code).toBe(0)
  expect(stdout).toMatch(/0123456789ab +python 3\.12\.4 +ready +uv\.lock, uv 0\.9\.1 +2 +312\.0 MiB .* by 1\n/)
  expect(stdout).toContain('312.0 MiB of at most 20.0 GiB')
})

it('shows the packages and the log of one', async () => {
  const { stdout } = await ask(
    { 'runtimes.get': () => ({ ...ready, packages, log: '$ uv sync\nInstalled\n' }) },
    'show',
    '0123',
  )

  expect(stdout).toMatch(/built +2026-03-02 04:05 by uv 0\.9\.1, took 12\.3 s\n/)
  expect(stdout).toMatch(/numpy +2\.1\.0\n/)
  expect(stdout).toContain('$ uv sync\nInstalled\n')
})

it('deletes one and prunes many, and says so; what is in use is kept with the reason', async () => {
  const pruned = await ask({ 'runtimes.prune': () => ({ removed: [ready] }) }, 'prune', '--older-than', '30d')
  const refusal = new Refusal(409, 'runtimes.in_use', { title: 'The environment is in use.' })
  const refused = await ask(
    {
      'runtimes.remove': () => {
        throw refusal
      },
    },
    'delete',
    '0123',
  )

  expect(pruned.asked[0]!.body).toEqual({ olderThanSeconds: 2_592_000 })
  expect(pruned.stdout).toBe('0123456789ab is removed: 312.0 MiB\n')
  expect(refused.code).toBe(5)
  expect(refused.stderr).toContain('The environment is in use.')
})
