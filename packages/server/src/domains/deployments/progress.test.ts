import { expect, it } from 'vitest'
import { fleetProgress, type NodeProgress } from './progress.ts'

const node = (name: string, loaded: number, serving: number, refused = 0): NodeProgress => ({
  node: name,
  loadedGeneration: loaded,
  servingGeneration: serving,
  refusedGeneration: refused,
  refusal: refused ? 'memory: 80 MB free' : '',
})

it.each([
  { name: 'nobody lives', nodes: [], expected: { state: 'no_node' } },
  { name: 'all have it', nodes: [node('a', 7, 6), node('b', 8, 8)], expected: { state: 'done' } },
  { name: 'one is behind', nodes: [node('a', 7, 6), node('b', 6, 6)], expected: { state: 'waiting', nodes: ['b'] } },
  {
    name: 'one refuses',
    nodes: [node('a', 6, 6), node('b', 6, 6, 7)],
    expected: { state: 'refused', node: 'b', refusal: 'memory: 80 MB free' },
  },
  {
    name: 'one refused an earlier generation',
    nodes: [node('b', 5, 5, 6)],
    expected: { state: 'waiting', nodes: ['b'] },
  },
  { name: 'one refused and then managed', nodes: [node('b', 7, 6, 7)], expected: { state: 'done' } },
])('says so when $name', ({ nodes, expected }) => {
  expect(fleetProgress(nodes, 7, 'loaded')).toEqual(expected)
})

it('asks for another stage by itself', () => {
  expect(fleetProgress([node('a', 7, 6)], 7, 'serving')).toEqual({ state: 'waiting', nodes: ['a'] })
})
