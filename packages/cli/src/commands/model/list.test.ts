import type { Model } from '@evenkeel/contract'
import { expect, it, vi } from 'vitest'
import { type Answers, ask } from '../../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const at = '2026-03-02T00:00:00.000Z'
const modelOf = (name: string, changes: Partial<Model> = {}): Model => ({
  name,
  description: '',
  owner: 'ana',
  owners: [{ kind: 'user', name: 'ana' }],
  versionCount: 7,
  latestVersion: 7,
  latestStage: 'refused',
  champion: 6,
  challenger: null,
  endpoints: [{ name: 'churn-live', environment: 'production', version: 6 }],
  createdAt: at,
  changedAt: at,
  ...changes,
})

/** Two pages, of which the second begins behind `churn`. */
const pages: Answers = {
  'registry.listModels': ({ query }) =>
    query['cursor'] === 'churn'
      ? { items: [modelOf('fraud')], nextCursor: null }
      : { items: [modelOf('churn')], nextCursor: 'churn' },
}

it('lists every model, however many pages there are', async () => {
  const { code, stdout, asked } = await ask(pages, 'model', 'list', '--text', 'r', '--owner', 'ana')

  expect(code).toBe(0)
  expect(stdout).toMatch(/churn +7 +7 +refused +6 +– +churn-live +ana +2026-03-02 00:00[\s\S]*fraud/)
  expect(stdout).not.toContain('--cursor')
  const wanted = { owner: 'ana', text: 'r' }
  expect(asked.map(({ query }) => query)).toEqual([wanted, { ...wanted, cursor: 'churn' }])
})

it('lists one page with --limit, and says how to go on', async () => {
  const { stdout, asked } = await ask(pages, 'model', 'list', '--limit', '1')
  const next = await ask(pages, 'model', 'list', '--limit', '1', '--cursor', 'churn', '--json')

  expect(stdout).toContain("more with --cursor 'churn'")
  expect(asked.map(({ query }) => query)).toEqual([{ limit: '1' }])
  const page = JSON.parse(next.stdout)
  expect(page).toMatchObject({ items: [{ name: 'fraud' }], nextCursor: null })
})

it('says how the first model comes, and that a search found nothing', async () => {
  const none: Answers = { 'registry.listModels': () => ({ items: [], nextCursor: null }) }

  expect((await ask(none, 'model', 'list')).stdout).toContain('next   evenkeel register')
  expect((await ask(none, 'model', 'list', '--text', 'x')).stdout).toBe('no such model\n')
  expect((await ask(none, 'model', 'list', '--owner', 'ana')).stdout).toBe('no model of ana\n')
})
