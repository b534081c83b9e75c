import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from '../../../platform/turns.ts'
import { createHearing, type News } from './hearing.ts'

const quiet: News = (states) => ({ states })

it('stores at once what is told of a run while its turn has not come', async () => {
  const counts: [string, number][] = []
  const hear = createHearing(createTurns(), async (run, news) => {
    await delay(10)
    counts.push([run, news.length])
    return undefined
  })

  const first = hear('a', quiet)
  await delay(1)
  await Promise.all([first, hear('a', quiet), hear('a', quiet), hear('b', quiet)])

  expect(counts).toEqual([
    ['a', 1],
    ['b', 1],
    ['a', 2],
  ])
})

it('lets news that cannot be stored hold up nobody else', async () => {
  const bad: News = (states) => ({ states })
  const hear = createHearing(createTurns(), async (_, news) => {
    if (news.includes(bad)) throw new Error('no')
    return undefined
  })

  const told = await Promise.allSettled([hear('a', quiet), hear('a', bad), hear('a', quiet)])

  expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})
