import { expect, it } from 'vitest'
import { readVersionName } from './version-name.ts'

it.each([
  ['churn', 'churn', undefined],
  ['churn@7', 'churn', '7'],
  ['churn@champion', 'churn', 'champion'],
  ['models:/churn/7', 'churn', '7'],
  ['models:/churn@champion', 'churn', 'champion'],
  ['mein Modell@7', 'mein Modell', '7'],
])('reads %s', (text, model, wanted) => {
  expect(readVersionName(text)).toEqual({ model, wanted })
})

it.each(['', '@7', 'churn@', 'models:/', 'models:/churn/'])('refuses "%s"', (text) => {
  expect(() => readVersionName(text)).toThrow('names no version')
})
