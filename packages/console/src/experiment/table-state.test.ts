import { type RunView, RunViewContents } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { contentsOf, isChanged, needsViews, openView, searchOf, stateOf } from './table-state.ts'

const viewOf = (id: string, contents: object, isDefault = false): RunView => ({
  id,
  name: id,
  contents: RunViewContents.parse(contents),
  isDefault,
  madeBy: 'ada',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ada',
  updatedAt: '2026-01-01T00:00:00.000Z',
})
const adam = viewOf('adam', {
  columns: ['metric:auc'],
  filter: "params.o = 'adam'",
  orderBy: ['metrics.auc DESC', 'b'],
})
const first = viewOf('first', { groupBy: 'params.o', widthsPx: { 'metric:auc': 200 } }, true)
const views = [adam, first]

it('writes only what is other than in the view, and reads that back as it was', () => {
  const state = { ...stateOf({}, adam), filter: '', widthsPx: { 'metric:auc': 90 } }
  const search = searchOf(state, adam, views)

  expect(search).toEqual({
    view: 'adam',
    filter: '',
    widths: { 'metric:auc': 90 },
    columns: undefined,
    order: undefined,
    group: undefined,
  })
  expect(stateOf(search, adam)).toEqual(state)
  expect(isChanged(state, adam)).toBe(true)
  expect(isChanged(stateOf({}, adam), adam)).toBe(false)
  expect(contentsOf(stateOf({}, first))).toEqual(first.contents)
})

it('opens the one that opens by itself only when the address says nothing of the table', () => {
  expect(openView({}, views)).toBe(first)
  expect(openView({ filter: 'x' }, views)).toBeUndefined()
  expect(openView({ view: 'none' }, views)).toBeUndefined()
  expect(openView({ view: 'adam', filter: '' }, views)).toBe(adam)
  expect(openView({ view: 'gone' }, views)).toBeUndefined()
  expect([{}, { view: 'adam' }, { view: 'none' }, { order: 'x' }].map(needsViews)).toEqual([true, true, false, false])
})

it('says that there is no view where one would open by itself', () => {
  const plain = stateOf({}, undefined)

  expect(searchOf(plain, undefined, views).view).toBe('none')
  expect(searchOf(plain, undefined, [adam]).view).toBeUndefined()
})

it('takes an order away that the view has', () => {
  const search = searchOf({ ...stateOf({}, adam), orderBy: [] }, adam, views)

  expect(search.order).toBe('')
  expect(stateOf(search, adam).orderBy).toEqual([])
})
