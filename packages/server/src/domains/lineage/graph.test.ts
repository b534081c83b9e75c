import { expect, it } from 'vitest'
import { mergeNodes, type ToldNode } from './graph.ts'

const told = (news: Partial<ToldNode>): ToldNode => ({
  id: 'run:1',
  kind: 'run',
  namespace: '',
  name: '1',
  version: null,
  label: 'train',
  state: null,
  of: null,
  link: null,
  at: new Date('2026-11-20T12:00:00Z'),
  ...news,
})
const [early, late] = [new Date('2026-11-20T12:00:00Z'), new Date('2026-11-20T12:05:00Z')]

it('keeps one of each node, with the state that is newest by its time, and what one said and the other did not', () => {
  const nodes = mergeNodes([
    told({ state: 'COMPLETE', at: late, of: 'job:a' }),
    told({ id: 'run:2', name: '2' }),
    told({ state: 'START', at: early, link: '/runs/1' }),
    told({ label: 'train it', at: late }),
  ])

  expect(nodes).toEqual([
    told({ state: 'COMPLETE', at: late, of: 'job:a', link: '/runs/1', label: 'train it' }),
    told({ id: 'run:2', name: '2' }),
  ])
})
