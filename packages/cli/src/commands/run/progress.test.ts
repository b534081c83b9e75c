import { describe, expect, it } from 'vitest'
import { runOf, stepOf } from '../../testing-world.ts'
import { runLines } from './show.ts'
import { createNews, millisecondsLeft, stepLine } from './progress.ts'

const now = Date.parse('2026-03-02T00:01:00.000Z')
const startedAt = '2026-03-02T00:00:50.000Z'

describe('what is left', () => {
  const typical = new Map([
    ['a', 30_000],
    ['b', 5000],
    ['c', 60_000],
    ['d', 1000],
  ])
  const steps = [
    stepOf('a', 'running', { startedAt }),
    stepOf('b', 'pending', { needs: ['a'] }),
    stepOf('c', 'succeeded'),
    stepOf('d', 'pending', { needs: ['b', 'c'] }),
  ]

  it('is the longest way through the graph', () => {
    expect(millisecondsLeft(steps, typical, now)).toBe(20_000 + 5000 + 1000)
  })

  it('is not known when a step never ran before', () => {
    expect(millisecondsLeft(steps, new Map([['a', 1]]), now)).toBeUndefined()
  })

  it('is never less than nothing', () => {
    expect(millisecondsLeft([steps[0]!], new Map([['a', 1]]), now)).toBe(0)
  })
})

it('tells of steps that moved on, and of each attempt', () => {
  const attempt = { attempt: 1 } as const
  const before = runOf({ steps: [stepOf('a', 'running'), stepOf('b', 'pending')] })
  const after = runOf({ steps: [stepOf('a', 'succeeded'), stepOf('b', 'ready')] })
  const again = { ...after, steps: [stepOf('a', 'running', { attempts: [attempt as never, attempt as never] })] }

  const newsOf = createNews()
  expect(newsOf(before, 0).map(({ key }) => key)).toEqual(['a'])
  expect(newsOf(after, 1).map(stepLine)).toEqual(['✓ a  succeeded  –'])
  expect(newsOf(after, 2)).toEqual([])
  expect(newsOf(again, 3).map(stepLine)).toEqual(['▸ a  running  attempt 2'])
})

it('tells how far a step is, every few seconds and while it runs', () => {
  const at = (share: number, says: string, state: 'running' | 'succeeded' = 'running') => ({
    steps: [stepOf('a', state, { progress: { share, says } })],
  })
  const newsOf = createNews()
  const lines = (run: ReturnType<typeof at>, ms: number) => newsOf(run, ms).map(stepLine)

  expect(lines(at(0, 'Its environment is being built.'), 0)).toEqual(['▸ a  running  Its environment is being built.'])
  expect(lines(at(0.4, 'tree 80 of 200'), 1000)).toEqual([])
  expect(lines(at(0.42, 'tree 84 of 200'), 5000)).toEqual(['▸ a  running  42 %, tree 84 of 200'])
  expect(lines(at(0.42, 'tree 84 of 200'), 20_000)).toEqual([])
  expect(lines(at(1, 'tree 200 of 200', 'succeeded'), 20_001)).toEqual(['✓ a  succeeded  –'])
})

it('says why a step did not run', () => {
  const cache = { code: 'reused', says: 'Reused from the run 7.', fromRun: '7' } as const

  expect(stepLine(stepOf('a', 'cached', { cache }))).toBe('= a  cached  Reused from the run 7.')
  expect(stepLine(stepOf('a', 'skipped', { reason: 'It needs b.' }))).toBe('- a  skipped  It needs b.')
})

it('says how far a step is while it runs, and no longer', () => {
  const progress = { share: 0, says: 'Waiting: its environment is being built.' }
  const linesOf = (state: 'running' | 'succeeded') => runLines(runOf({ steps: [stepOf('a', state, { progress })] }))

  expect(linesOf('running').join('\n')).toContain(progress.says)
  expect(linesOf('succeeded').join('\n')).not.toContain(progress.says)
})
