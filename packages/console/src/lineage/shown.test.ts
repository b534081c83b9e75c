import type { LineageNode } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { shownNodes } from './shown.ts'

const node = (id: string, state: string | null = null): LineageNode => ({
  id,
  kind: 'job',
  namespace: 'n',
  name: id,
  version: null,
  label: id,
  state,
  of: null,
  origin: 'received',
  link: null,
  firstSeen: '2026-03-02T00:00:00.000Z',
  lastSeen: '2026-03-02T00:00:00.000Z',
})
const edge = (source: string, target: string) => ({ source, target, kind: 'reads' as const })

it('leaves out an edge that leads back, and no other', () => {
  const edges = [edge('a', 'b'), edge('b', 'c'), edge('c', 'a'), edge('a', 'c')]
  const shown = shownNodes({ root: 'a', truncated: false, nodes: [node('a'), node('b'), node('c')], edges })

  expect(shown.map(({ key, needs }) => [key, needs.toSorted()])).toEqual([
    ['a', []],
    ['b', ['a']],
    ['c', ['a', 'b']],
  ])
})

it('shows a state it does not know as a word', () => {
  const [shown] = shownNodes({ root: 'a', truncated: false, nodes: [node('a', 'ODD')], edges: [] })

  expect(shown).toMatchObject({ note: 'job · ODD · of others' })
  expect(shown!.mark).toBeUndefined()
})
