import { createClient } from '@evenkeel/client'
import { registry as endpoints } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { quietNeighbours, type RegistryWorld, startRegistry } from './testing.ts'

const moved = new Date('2026-03-05T12:00:00Z')

let world: RegistryWorld
let clock = new Date('2026-03-01T12:00:00Z')
beforeAll(async () => {
  world = await startRegistry(() => ({
    now: () => clock,
    decideGate: async (_tx, { metrics }) => ({
      ...(await quietNeighbours.decideGate()),
      passed: metrics['auc']! >= 0.7,
    }),
    endpointsOf: async (_project, models) =>
      models.includes('listed b') ? [{ model: 'listed b', name: 'listed', environment: 'production', version: 1 }] : [],
  }))
}, 60_000)
afterAll(() => world.stop())

const client = () => createClient(endpoints, world.clientOptions())
type Query = Parameters<ReturnType<typeof client>['listModels']>[0]['query']
const list = (query: Query) => client().listModels({ query })

it('lists models by name, page by page, with what a row tells of each', async () => {
  await world.register('listed b', 'a')
  await world.register('listed b', 'b', { metrics: { auc: 0.6 } })
  await world.register('listed a', 'a')
  await world.register('listed C', 'a')
  clock = moved
  await client().setAlias({ params: { model: 'listed b', alias: 'champion' }, body: { version: 1 } })

  const all = (await list({ text: 'LISTED' })).items
  const first = await list({ text: 'listed', limit: 1 })
  const rest = await list({ text: 'listed', cursor: first.nextCursor! })

  expect([...first.items, ...rest.items]).toEqual(all)
  expect([first.items.length, rest.nextCursor]).toEqual([1, null])
  expect(all.map(({ name }) => name).toSorted()).toEqual(['listed C', 'listed a', 'listed b'])
  expect(all.find(({ name }) => name === 'listed b')).toMatchObject({
    latestVersion: 2,
    latestStage: 'refused',
    champion: 1,
    endpoints: [{ name: 'listed', environment: 'production', version: 1 }],
    changedAt: moved.toISOString(),
  })
  expect((await list({ text: 'isted_' })).items).toEqual([])
})

it('skips and repeats no model between pages, whatever comes and goes', async () => {
  for (const letter of 'bdf') await world.register(`paged ${letter}`, letter)
  const first = await list({ text: 'paged', limit: 2 })

  await world.register('paged a', 'a')
  await world.register('paged e', 'e')
  const second = await list({ text: 'paged', limit: 2, cursor: first.nextCursor! })

  expect(first.items.map(({ name }) => name)).toEqual(['paged b', 'paged d'])
  expect(second.items.map(({ name }) => name)).toEqual(['paged e', 'paged f'])
})

it.each([{ limit: 0 }, { limit: 501 }, { text: 'x'.repeat(201) }])('refuses a list with %j', async (query) => {
  await expect(list(query)).rejects.toMatchObject({ status: 400, code: 'http.invalid_request' })
})
