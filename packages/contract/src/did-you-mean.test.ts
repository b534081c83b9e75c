import { expect, it } from 'vitest'
import { didYouMean } from './did-you-mean.ts'

const steps = ['train', 'report', 'lr']

it.each([
  { word: 'trian', guess: 'train', why: 'neighbours that changed places are one slip' },
  { word: 'Trains', guess: 'train', why: 'case is no slip' },
  { word: 'rport', guess: 'report', why: 'a letter is missing' },
  { word: 'lrr', guess: 'lr', why: 'a letter is too many' },
  { word: 'train-the-tree', guess: undefined, why: 'more is other than a third of the word' },
  { word: 'gate', guess: undefined, why: 'nothing is near' },
])('guesses $guess for $word: $why', ({ word, guess }) => {
  expect(didYouMean(word, steps)).toBe(guess === undefined ? '' : ` Did you mean "${guess}"?`)
})

it('guesses the nearest, and the first of those that are as near', () => {
  expect(didYouMean('stepp', ['stop', 'step', 'steps'])).toBe(' Did you mean "step"?')
})
