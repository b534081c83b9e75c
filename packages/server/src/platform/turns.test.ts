import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

it('lets those of one key wait for each other, in the order of asking, and nobody else', async () => {
  const inTurn = createTurns()
  const said: string[] = []
  const say = (word: string, waitMs: number) => async () => {
    said.push(`${word} begins`)
    await delay(waitMs)
    said.push(`${word} ends`)
    return word
  }

  const answers = await Promise.all([
    inTurn('a', say('one', 40)),
    inTurn('a', say('two', 0)),
    inTurn('b', say('else', 0)),
  ])

  expect(answers).toEqual(['one', 'two', 'else'])
  expect(said).toEqual(['one begins', 'else begins', 'else ends', 'one ends', 'two begins', 'two ends'])
})

it('goes on after a failure, which only the one who asked hears of', async () => {
  const inTurn = createTurns()

  const first = inTurn('a', () => Promise.reject(new Error('no')))
  const second = inTurn('a', async () => 'yes')

  await expect(first).rejects.toThrow('no')
  expect(await second).toBe('yes')
})
