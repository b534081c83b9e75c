import { expect, it } from 'vitest'
import { failPlatform } from './errors.ts'

it('says what was looked for when something is not there, and more where somebody knows it', () => {
  const details = { method: 'GET', path: '/api/v1/nothing' }

  expect(failPlatform('http.not_found', details).why).toBe('Looked for method "GET", path "/api/v1/nothing".')
  expect(failPlatform('http.not_found', details, { why: 'It moved.' }).why).toBe('It moved.')
})
