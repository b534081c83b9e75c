import { expect, it } from 'vitest'
import { newestProgress } from './progress.ts'

it('takes the newest progress and passes over metrics and broken lines', () => {
  const lines = [
    '{"progress": 0.1, "says": "tree 10 of 100"}',
    '{"name": "auc", "value": 0.7}',
    '{"progress": 0.4, "says": "tree 40 of 100"}',
    '{"progress": 7}',
    '{"progress": 0.5, "sa',
  ]

  expect(newestProgress(lines.join('\n'))).toEqual({ share: 0.4, says: 'tree 40 of 100' })
  expect(newestProgress('')).toBeUndefined()
})
