import { expect, it } from 'vitest'
import { z } from 'zod'
import { numberColumn } from './column.ts'

it.each([
  { value: [], says: undefined },
  { value: [1, -0.5, 1e300], says: undefined },
  { value: [1, null], says: 'expected a number at position 1' },
  { value: [1, 2, '3'], says: 'expected a number at position 2' },
  { value: [Infinity], says: 'expected a number at position 0' },
  { value: 'text', says: 'expected a list of numbers' },
])('reads $value', ({ value, says }) => {
  expect(numberColumn().safeParse(value).error?.issues[0]?.message).toBe(says)
})

it('is an array of numbers in the OpenAPI document', () => {
  const { $schema: _, ...schema } = z.toJSONSchema(z.object({ column: numberColumn() }), { unrepresentable: 'any' })
  expect(schema).toMatchObject({ properties: { column: { type: 'array', items: { type: 'number' } } } })
})
