import { expect, it } from 'vitest'
import { followLog, type LogPage } from './follow-log.ts'

/** A log that answers these in turn, and what was seen of it. */
async function followed(answers: (LogPage | Error)[], stopAfter = Number.POSITIVE_INFINITY) {
  const stop = new AbortController()
  const offsets: number[] = []
  const told: string[] = []
  const waits: number[] = []
  await followLog({
    read: async (offset) => {
      offsets.push(offset)
      const answer = answers.shift()!
      if (answer instanceof Error) throw answer
      return answer
    },
    tell: (news) => {
      told.push(news instanceof Error ? news.message : news.text)
      if (told.length === stopAfter) stop.abort()
    },
    wait: async (ms) => void waits.push(ms),
    signal: stop.signal,
  })
  return { offsets, told, waits }
}

it('reads on at once while there is more, waits at the end, and stops when nothing will come', async () => {
  const seen = await followed([
    { text: 'a', nextOffset: 1, ended: false },
    { text: 'b', nextOffset: 2, ended: false },
    { text: '', nextOffset: 2, ended: false },
    { text: 'c', nextOffset: 3, ended: false },
    { text: '', nextOffset: 3, ended: true },
  ])

  expect(seen).toEqual({ offsets: [0, 1, 2, 2, 3], told: ['a', 'b', '', 'c', ''], waits: [1000] })
})

it('says a fault and goes on where it was', async () => {
  const seen = await followed([
    { text: 'a', nextOffset: 1, ended: false },
    new Error('away'),
    { text: '', nextOffset: 1, ended: true },
  ])

  expect(seen).toEqual({ offsets: [0, 1, 1], told: ['a', 'away', ''], waits: [5000] })
})

it('asks for nothing after it was stopped', async () => {
  const seen = await followed([{ text: 'a', nextOffset: 1, ended: false }], 1)

  expect(seen.offsets).toEqual([0])
})
