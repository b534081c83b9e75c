import { expect, it } from 'vitest'
import { columnsOf, type GraphStep, layoutOf, neighbourOf, NODE_HEIGHT } from './layout.ts'

const graph = (steps: Readonly<Record<string, readonly string[]>>): GraphStep[] =>
  Object.entries(steps).map(([key, needs]) => ({ key, needs }))

/** load → clean → train → report, a second way around, and two that share a column. */
const loop = graph({
  load: [],
  clean: ['load'],
  train: ['clean'],
  check: ['clean'],
  report: ['train', 'check', 'load'],
})

it('puts a step after the longest way to it', () => {
  expect(Object.fromEntries(columnsOf(loop))).toEqual({ load: 0, clean: 1, train: 2, check: 2, report: 3 })
})

it('leaves out needs that are not there, and ends when steps need each other', () => {
  expect(Object.fromEntries(columnsOf(graph({ a: ['gone'], b: ['a'] })))).toEqual({ a: 0, b: 1 })
  expect(columnsOf(graph({ a: ['b'], b: ['a'] })).size).toBe(2)
})

it('lets no two steps lie on each other, and no edge run behind a step', () => {
  const { steps, width, height, nodeWidth } = layoutOf(loop)
  const overlap = steps.flatMap((a, i) =>
    steps
      .slice(i + 1)
      .filter((b) => Math.abs(a.x - b.x) < nodeWidth && Math.abs(a.y - b.y) < NODE_HEIGHT)
      .map((b) => `${a.key} ${b.key}`),
  )

  expect(overlap).toEqual([])
  for (const { x, y } of steps) {
    expect(x + nodeWidth).toBeLessThanOrEqual(width)
    expect(y + NODE_HEIGHT).toBeLessThanOrEqual(height)
  }
  const { path } = layoutOf(loop).edges.find(({ from, to }) => from === 'load' && to === 'report')!
  const heights = [...path.matchAll(/ (\d+(?:\.\d+)?) H/g)].map(([, y]) => Number(y))
  expect(heights).toHaveLength(2)
  for (const [i, y] of heights.entries()) {
    const passed = steps.filter(({ column }) => column === i + 1)
    expect(passed.every((step) => y < step.y || y > step.y + NODE_HEIGHT)).toBe(true)
  }
})

it('does not cross edges that need not cross', () => {
  const { steps } = layoutOf(graph({ a: [], b: [], forB: ['b'], forA: ['a'] }))
  const y = (key: string) => steps.find((step) => step.key === key)!.y

  expect(Math.sign(y('a') - y('b'))).toBe(Math.sign(y('forA') - y('forB')))
})

it('draws an edge once, however often it is named', () => {
  expect(layoutOf(graph({ a: [], b: ['a', 'a'] })).edges).toHaveLength(1)
  expect(layoutOf([])).toEqual({ width: 0, height: 0, nodeWidth: 184, steps: [], edges: [] })
})

it('follows the arrow keys along a column and to the next one', () => {
  const { steps } = layoutOf(loop)
  const [upper, lower] = steps.filter(({ column }) => column === 2).toSorted((a, b) => a.y - b.y)

  expect(neighbourOf(steps, 'load', 'ArrowRight')).toBe('clean')
  expect(neighbourOf(steps, 'load', 'ArrowLeft')).toBeUndefined()
  expect(neighbourOf(steps, upper!.key, 'ArrowDown')).toBe(lower!.key)
  expect(neighbourOf(steps, upper!.key, 'ArrowUp')).toBeUndefined()
  expect(neighbourOf(steps, 'gone', 'ArrowUp')).toBeUndefined()
})

it('places two thousand steps in a moment', () => {
  const steps = Array.from({ length: 2000 }, (_, i) => ({
    key: `s${i}`,
    needs: i < 40 ? [] : [`s${i - 40}`, `s${i - 37}`],
  }))
  const start = performance.now()

  layoutOf(steps)

  expect(performance.now() - start).toBeLessThan(2000)
})
