import { expect, it } from 'vitest'
import { brief } from './sentences.ts'

it('keeps the first sentence of the cause and of the outcome, and the numbers in them', () => {
  const text =
    'AUC 0.699, below 0.700 since 2001-03-22. It was below in 2 windows. → AUC 0.7168 on 100,000 rows is below 0.7271. More.'

  expect(brief(text)).toBe('AUC 0.699, below 0.700 since 2001-03-22. → AUC 0.7168 on 100,000 rows is below 0.7271.')
})

it('leaves a single sentence, and nothing, as they are', () => {
  expect([brief('the first model, e.g. on January'), brief('')]).toEqual(['the first model, e.g. on January', ''])
})
