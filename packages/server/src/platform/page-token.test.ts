import { sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { after, type SortColumn } from './keyset.ts'
import { pageTokens } from './page-token.ts'

const query = { search: 'runs', filter: 'metrics.auc > 0.7' }
const columns: readonly SortColumn[] = [
  { of: sql`value`, type: 'float8', descending: true },
  { of: sql`number`, type: 'bigint', descending: false },
  { of: sql`name`, type: 'text', descending: false },
]

const refusal = expect.objectContaining({ code: 'http.invalid_request' })

describe('a page token', () => {
  it('brings back where a page ended', () => {
    const position = { phase: 1, values: ['-1.5e-7', '9223372036854775807', 'Größe 🛫'] }
    expect(pageTokens(query).decode(pageTokens(query).encode(position))).toEqual(position)
  })

  it('holds for no other query, and not when it was changed', () => {
    const token = pageTokens(query).encode({ values: ['1'] })
    for (const wrong of ['', '.', 'abc', `${token}x`, `x${token}`, token.slice(0, -1)]) {
      expect(() => pageTokens(query).decode(wrong)).toThrow(refusal)
    }
    expect(() => pageTokens({ ...query, filter: '' }).decode(token)).toThrow(refusal)
  })

  it.each([
    [['1', '2']],
    [['1', '2', 'a', 'b']],
    [['one', '2', 'a']],
    [['1e999', '2', 'a']],
    [['1', '2.5', 'a']],
    [['1', '9223372036854775808', 'a']],
  ])('is refused when somebody made it up and no row has such values: %s', (values) => {
    const { values: read } = pageTokens(query).decode(pageTokens(query).encode({ values }))
    expect(() => after(columns, read)).toThrow(refusal)
  })

  it('is refused when what it holds cannot be kept', () => {
    const token = pageTokens(query).encode({ values: ['1', '2', 'a\0'] })
    expect(() => pageTokens(query).decode(token)).toThrow(refusal)
  })
})
