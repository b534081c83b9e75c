import { expect, it } from 'vitest'
import { mergeRows } from './merge.ts'

const row = (id: string, says = '') => ({ id, says })
const page = (ids: string, nextCursor: string | null = 'more') => ({
  items: ids.split(' ').map((id) => row(id)),
  nextCursor,
})
const ids = ({ rows }: { rows: readonly { id: string }[] }) => rows.map(({ id }) => id).join(' ')

it('puts new runs first and keeps what was read below', () => {
  expect(ids(mergeRows([page('d c'), page('b a')], page('f e d c')))).toBe('f e d c b a')
  expect(ids(mergeRows([page('d c'), page('b a')], page('e d')))).toBe('e d c b a')
})

it('drops runs that left the first page, and all that were read once it is the only one', () => {
  expect(ids(mergeRows([page('d c'), page('b a')], page('d b')))).toBe('d b a')
  expect(ids(mergeRows([page('d c'), page('b a')], page('d', null)))).toBe('d')
})

it('says when it cannot tell what lies between', () => {
  expect(mergeRows([page('b a')], page('z y'))).toMatchObject({ gap: true })
  expect(mergeRows([page('b a')], undefined)).toMatchObject({ gap: false })
})

it('shows a row that was asked for again as it is now, and none twice', () => {
  const { rows } = mergeRows([page('c b'), page('b a')], undefined, [row('b', 'now'), row('x')])

  expect(rows).toEqual([row('c'), row('b', 'now'), row('a')])
})
