import { expect, describe, it } from 'vitest'
import { compilePipeline } from './compile.ts'
import type { Sources } from './uses.ts'

const sources: Sources = {
  step: () => {
    throw new Error('Nothing here uses a folder.')
  },
  code: () => [],
  file: () => undefined,
}
const params = { lr: { type: 'number', default: 0.1 } }
const compile = (steps: object, rest: object) => compilePipeline({ name: 'p', params, steps, ...rest }, sources)

function compiled(given: object, rest: object = {}) {
  const steps = Object.fromEntries(Object.entries(given).map(([name, step]) => [name, withCode(step as object)]))
  const result = compile(steps, rest)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.pipeline
}

/** What a step runs needs code, or says that it needs none. */
const withCode = (step: object) => ('run' in step ? { code: [], ...step } : step)

function problemsOf(steps: object): string[] {
  const result = compile(steps, {})
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

const a = { run: 'true', outputs: ['out'] }

describe('a condition', () => {
  it('waits for the steps it reads, and keeps the three that were there as they were', () => {
    const when = "${{ steps.a.outputs.gate == 'pass' && params.lr < 1 }}"
    const { spec } = compiled({ b: { ...a, when }, a, c: { ...a, needs: 'a', when: 'failure()' } })

    expect(spec.steps[0]).toMatchObject({
      needs: ['a'],
      when: { condition: "steps.a.outputs.gate == 'pass' && params.lr < 1" },
    })
    expect(spec.steps[2]).toMatchObject({ when: 'failure' })
  })

  it.each([
    ['params.lz == 1', 'no param "lz"; add it under "params". Did you mean "lr"?'],
    ["params.lr == 'x'", 'A number never equals a text. It is at character 14'],
    ['steps.m.outputs.x > 1', '"m" is a matrix'],
    ['steps.m.metrics.x > 1', '"m" is a matrix'],
    ["steps.a.metrics.x == 'good'", 'A number never equals a text'],
    ['steps.a.outputs.out == 1', '"out" is a file that "a" leaves'],
    ['matrix.x == 1', 'Not every combination'],
    ['steps.b.outputs.x > 1', 'wait for each other: b → b'],
    ['params.lr', 'true or false here, and this is a number'],
    ['params.lr >', 'A value is missing'],
  ])('%s is refused', (when, says) => {
    const steps = { a, m: { run: 'true', matrix: { x: [1, 2] } }, b: { ...a, when } }
    expect(problemsOf(steps).join('\n')).toContain(says)
  })
})

describe('a matrix that a step lists', () => {
  const each = {
    run: 'wc ${{ matrix.file }}',
    matrix: { file: '${{ steps.a.outputs.files }}', n: [1, 2] },
    outputs: ['o'],
  }

  it('is one step until a run knows it, and is read as a whole', () => {
    const join = { run: 'cat', inputs: { all: '${{ steps.each.*.outputs.o }}' } }
    const { spec } = compiled({ a, each, join })

    expect(spec.steps[1]).toMatchObject({
      key: 'each',
      matrix: {},
      expand: { lists: { file: { step: 'a', value: 'files' }, n: [1, 2] }, include: [], exclude: [] },
      run: ['sh', '-eu', '-c', 'wc "${EVENKEEL_MATRIX_FILE}"'],
    })
    expect(spec.steps[2]!.inputs).toEqual({ all: { from: 'steps', steps: ['each'], output: 'o' } })
  })

  it('has any name where its combinations are listed', () => {
    const { spec } = compiled({
      a,
      each: { run: 'x ${{ matrix.any }}', matrix: { include: '${{ steps.a.outputs.all }}' } },
    })
    expect(spec.steps[1]!.expand).toMatchObject({ lists: {}, include: { step: 'a', value: 'all' } })
  })

  it.each([
    [{ file: '${{ steps.z.outputs.x }}' }, 'There is no step "z"'],
    [{ file: '${{ params.lr }}' }, 'a value that the step writes as a JSON list'],
    [{ file: 'a,b' }, 'Write a list'],
    [{ file: '${{ steps.m.outputs.x }}' }, '"m" is a matrix'],
  ])('%j is refused', (matrix, says) => {
    const m = { run: 'true', matrix: { x: [1] } }
    expect(problemsOf({ a, m, each: { run: 'x', matrix } }).join('\n')).toContain(says)
  })
})

describe('an approval', () => {
  const ask = (given: object) => ({ a, ask: { uses: 'evenkeel/approve@1', with: given } })

  it('asks people for what the file says', () => {
    const given = { message: 'Good?', by: ['ben', 'ana'], count: 2, expires: '5d', subject: '${{ steps.a.outputs.x }}' }
    const { spec } = compiled(ask(given), { defaults: { retries: 3 } })

    expect(spec.steps[1]).toMatchObject({
      approval: {
        message: 'Good?',
        by: ['ben', 'ana'],
        count: 2,
        expiresSeconds: 432_000,
        subject: { step: 'a', output: 'x' },
      },
      retries: 0,
    })
    expect(spec.steps[1]).not.toHaveProperty('run')
    expect(compiled(ask({})).spec.steps[1]!.approval).toMatchObject({ by: null, count: 1, expiresSeconds: 604_800 })
  })

  it.each([
    [{ msg: 'x' }, 'knows no "msg"'],
    [{ by: ['ben'], count: 2 }, 'fewer people are asked'],
    [{ separate_duties: false }, 'always separated in production'],
    [{ expires: 'soon' }, 'Write a duration'],
    [{ subject: '${{ steps.z.outputs.x }}' }, 'There is no step "z"'],
  ])('%j is refused', (given, says) => {
    expect(problemsOf(ask(given)).join('\n')).toContain(says)
  })
})
