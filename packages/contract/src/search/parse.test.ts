import { describe, expect, it } from 'vitest'
import type { Clause, Filter } from './ast.ts'
import { FilterError } from './filter-error.ts'
import type { Grammar } from './grammar.ts'
import {
  evaluationDatasetGrammar,
  experimentGrammar,
  loggedModelGrammar,
  modelVersionGrammar,
  registeredModelGrammar,
  runGrammar,
  traceGrammar,
} from './grammars.ts'
import { parseFilter } from './parse.ts'

const grammars = {
  runs: runGrammar,
  experiments: experimentGrammar,
  registeredModels: registeredModelGrammar,
  modelVersions: modelVersionGrammar,
  loggedModels: loggedModelGrammar,
  traces: traceGrammar,
  evaluationDatasets: evaluationDatasetGrammar,
} as const satisfies Record<string, Grammar>

const runs = (text: string) => parseFilter(text, runGrammar)

const compare = (entity: string, key: string, op: string, value: string | number): Clause =>
  ({ kind: 'compare', entity, key, op, value }) as Clause

describe('what MLflow accepts', () => {
  it.each<[string, Clause]>([
    ['metrics.acc > 0.9', compare('metric', 'acc', '>', 0.9)],
    ['metric.acc<=-1e-3', compare('metric', 'acc', '<=', -0.001)],
    ['metrics.`val loss` != .5', compare('metric', 'val loss', '!=', 0.5)],
    ['metrics."a.b" > 5.', compare('metric', 'a.b', '>', 5)],
    ["params.lr = '0.1'", compare('param', 'lr', '=', '0.1')],
    ["parameters.'a b' = 'c'", compare('param', 'a b', '=', 'c')],
    ['param.a ilike "X%"', compare('param', 'a', 'ilike', 'X%')],
    ["tags.mlflow.user = 'x'", compare('tag', 'mlflow.user', '=', 'x')],
    ["tag.`mlflow.user` LIKE 'it''s'", compare('tag', 'mlflow.user', 'like', "it''s")],
    [String.raw`tags.a = 'it\'s'`, compare('tag', 'a', '=', String.raw`it\'s`)],
    ["`params`.a = 'c'", compare('param', 'a', '=', 'c')],
    ["params.`a\"b` = ''", compare('param', 'a"b', '=', '')],
    ["tags.order\n=\t'a\nb'", compare('tag', 'order', '=', 'a\nb')],
    ['metrics.日本 > 99999999999999999999', compare('metric', '日本', '>', 1e20)],
    ["status = 'RUNNING'", compare('attribute', 'status', '=', 'RUNNING')],
    ["run.status = 'RUNNING'", compare('attribute', 'status', '=', 'RUNNING')],
    ['attr.Created > 5.5', compare('attribute', 'start_time', '>', 5.5)],
    ["attributes.`Run name` = 'x'", compare('attribute', 'run_name', '=', 'x')],
    ['"run name" = \'x\'', compare('attribute', 'run_name', '=', 'x')],
    ["datasets.context like 'tr%'", compare('dataset', 'context', 'like', 'tr%')],
    [
      'run_id IN ("a", \'b\',)',
      { kind: 'among', entity: 'attribute', key: 'run_id', negated: false, values: ['a', 'b'] },
    ],
    [
      String.raw`run_id not  in ('it\'s', 'a''b')`,
      { kind: 'among', entity: 'attribute', key: 'run_id', negated: true, values: ["it's", 'ab'] },
    ],
    ['tags.a IS  NULL', { kind: 'missing', entity: 'tag', key: 'a', negated: false }],
    ['params.a is not null', { kind: 'missing', entity: 'param', key: 'a', negated: true }],
  ])('reads %s', (text, clause) => {
    expect(runs(text)).toEqual(clause)
  })

  it('joins clauses, also where AND is doubled, left out, or stands at an end', () => {
    const both = { kind: 'and', of: [compare('metric', 'a', '>', 1), compare('tag', 'b', '=', 'x')] }
    for (const text of [
      "metrics.a > 1 AND tags.b = 'x'",
      "metrics.a > 1 and and tags.b = 'x'",
      "AND metrics.a > 1 tags.b = 'x' AND",
    ]) {
      expect(runs(text)).toEqual(both)
    }
  })

  it('lets everything through when there is nothing to ask', () => {
    expect(runs('')).toEqual({ kind: 'and', of: [] })
    expect(runs(' \n')).toEqual({ kind: 'and', of: [] })
  })

  it.each<[keyof typeof grammars, string, Clause]>([
    ['experiments', "creation_time > '5'", compare('attribute', 'creation_time', '>', 5)],
    ['registeredModels', "name ILIKE '%a%'", compare('attribute', 'name', 'ilike', '%a%')],
    ['modelVersions', "version_number = '5'", compare('attribute', 'version_number', '=', 5)],
    ['loggedModels', 'params.lr = 0.010', compare('param', 'lr', '=', '0.010')],
    ['loggedModels', 'creation_time > 1.5', compare('attribute', 'creation_timestamp', '>', 1.5)],
    ['traces', 'timestamp > 5', compare('attribute', 'timestamp_ms', '>', 5)],
    ['traces', "trace.name RLIKE '^a'", compare('tag', 'mlflow.traceName', 'rlike', '^a')],
    ['traces', "run_id = 'a'", compare('metadata', 'mlflow.sourceRun', '=', 'a')],
    ['traces', "text LIKE '%a%'", compare('span', 'content', 'like', '%a%')],
    ['traces', "span.attributes.a.b = 'c'", compare('span', 'attributes.a.b', '=', 'c')],
    ['traces', 'feedback.score >= 0.8', compare('feedback', 'score', '>=', 0.8)],
    ['traces', "issue.id = 'i'", compare('issue', 'id', '=', 'i')],
    ['evaluationDatasets', "created_by = 'me'", compare('attribute', 'created_by', '=', 'me')],
  ])('%s reads %s', (grammar, text, clause) => {
    expect(parseFilter(text, grammars[grammar])).toEqual(clause)
  })
})

describe('what goes beyond MLflow', () => {
  it('binds NOT before AND before OR, and parentheses first', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((key) => compare('tag', key, '=', '1')) as [Clause, Clause, Clause]

    expect(runs("tags.a = '1' OR NOT tags.b = '1' AND tags.c = '1'")).toEqual({
      kind: 'or',
      of: [a, { kind: 'and', of: [{ kind: 'not', of: b }, c] }],
    })
    expect(runs("(tags.a = '1' or tags.b = '1')AND(not tags.c = '1')")).toEqual({
      kind: 'and',
      of: [
        { kind: 'or', of: [a, b] },
        { kind: 'not', of: c },
      ],
    })
  })

  it('takes lists and absence for everything, and keys of paths without quotes', () => {
    const values = ['a', 'b']
    expect(runs("tags.team IN ('a', 'b')")).toMatchObject({ kind: 'among', entity: 'tag', key: 'team', values })
    expect(runs('end_time IS NULL')).toMatchObject({ kind: 'missing', key: 'end_time' })
    expect(runs('metrics.train/val-loss:0 > -1')).toEqual(compare('metric', 'train/val-loss:0', '>', -1))
  })
})

describe('refusals', () => {
  it.each<[string, RegExp, number]>([
    ["foo.bar = 'x'", /Invalid entity type 'foo'. Valid values are \['attribute', 'metric'/, 0],
    ["tags.a = 'x' AND foo = 'x'", /Invalid attribute key 'foo' specified. Valid keys are run_id,/, 17],
    ["dataset.foo = 'x'", /Invalid dataset key 'foo'/, 0],
    ["metrics.acc > '1'", /Expected numeric value type for metric 'acc'. Found ''1''/, 14],
    ['metrics.acc > NaN', /Expected numeric value type/, 14],
    ['params.a = 5', /Expected a quoted string value for param 'a' \(e.g. 'my-value'\). Got value '5'/, 11],
    ['params.a = b', /Expected a quoted string value/, 11],
    [
      "params.a > 'x'",
      /Invalid comparator '>' for param 'a', not one of \{'=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'}/,
      9,
    ],
    ["tags.a RLIKE 'x'", /Invalid comparator 'RLIKE'/, 7],
    ["metrics.a LIKE 'x'", /Invalid comparator 'LIKE'/, 10],
    ['metrics.a == 1', /Write '='/, 10],
    ["tags.a NOT LIKE 'x'", /put NOT before it/, 11],
    ['run_id IN ()', /expected a non-empty list of quoted string values/, 11],
    ['run_id IN (1)', /non-empty list/, 11],
    ["run_id IN 'a'", /A list in parentheses is expected/, 10],
    ["run_id = ('a')", /Expected a quoted string value/, 9],
    ["'x' = tags.a", /Expected an identifier/, 0],
    ["tags.a = 'x", /A text has no end/, 9],
    ["tags.a = 'x';", /more than one expression/, 12],
    ["tags.a = 'x' -- c", /Invalid clause/, 13],
    ["tags.a = 'x' OR", /ends too early/, 15],
    ["tags.a = 'x' AND OR tags.b = 'y'", /Invalid clause/, 17],
    ["(tags.a = 'x'", /ends too early/, 13],
    ["tags.a = 'x')", /Invalid clause/, 12],
    ['tags.`` = 1', /The key is missing/, 0],
    ['metrics', /Invalid attribute key 'metrics'/, 0],
    ['metrics.a > 1and', /Invalid clause/, 12],
    ['metrics.a is 5', /Invalid clause/, 13],
  ])('refuses %s', (text, message, position) => {
    expect(() => runs(text)).toThrow(FilterError)
    expect(() => runs(text)).toThrow(expect.objectContaining({ message: expect.stringMatching(message), position }))
  })

  it.each<[keyof typeof grammars, string]>([
    ['experiments', 'metrics.a > 1'],
    ['experiments', "experiment_id LIKE '1%'"],
    ['experiments', 'creation_time > 5.5'],
    ['modelVersions', "version_number > 'five'"],
    ['traces', "span.content = 'x'"],
    ['traces', "span.id = 'x'"],
    ['traces', 'feedback.score = 1'],
    ['traces', "feedback.score > 'x'"],
    ['traces', "experiment_id = '1'"],
  ])('%s refuses %s', (grammar, text) => {
    expect(() => parseFilter(text, grammars[grammar])).toThrow(FilterError)
  })

  it('stops at its limits, before the stack or the database does', () => {
    const deep = (levels: number) => `${'('.repeat(levels)}tags.a = 'x'${')'.repeat(levels)}`
    expect(runs(deep(49))).toEqual(compare('tag', 'a', '=', 'x'))
    expect(() => runs(deep(100_000 / 2 - 10))).toThrow(/levels deep/)
    expect(() => runs('NOT '.repeat(20_000))).toThrow(/levels deep/)
    expect(() => runs("tags.a = 'x' ".repeat(201))).toThrow(/200 clauses/)
    expect(() => runs(`tags.a = '${'x'.repeat(100_000)}'`)).toThrow(/100000 characters/)
    expect(runs(`tags.a = '${"''".repeat(40_000)}'`)).toMatchObject({ op: '=' })
    expect(() => runs(`tags.a = '${'x'.repeat(90_000)}`)).toThrow(/no end/)
  })
})

/** A reproducible source of numbers from 0 to `below`. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const names = ['metrics.a', 'params.`b c`', 'tags."d"', 'status', 'run_id', 'span.content', 'attributes.', 'foo.bar']
const texts = ["'x'", '"y"', "'it''s'", String.raw`'\'`, '`', '"', "'"]
const words = ['AND', 'or', 'NOT', 'IN', 'is', 'null', 'LIKE', 'constructor', '__proto__', '日', '\0', '\ud83d']
const signs = ['(', ')', ',', '=', '!=', '<', '>=', '<>', ';', '--', '/*', ' ', '5', '-1e3', '.', '5.']
const pieces = [...names, ...texts, ...words, ...signs]

describe('any text at all', () => {
  it('is read, or refused with a place inside it', () => {
    const roll = dice(20261122)
    const outcomes = { read: 0, refused: 0, bug: [] as unknown[] }
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: roll(9) }, () => pieces[roll(pieces.length)]).join(roll(2) ? ' ' : '')
      const grammar = Object.values(grammars)[roll(7)]!
      try {
        parseFilter(text, grammar)
        outcomes.read++
      } catch (error) {
        if (error instanceof FilterError && error.position <= text.length) outcomes.refused++
        else outcomes.bug.push(error)
      }
    }
    expect(outcomes.bug).toEqual([])
    expect(outcomes.read).toBeGreaterThan(100)
    expect(outcomes.refused).toBeGreaterThan(10_000)
  })

  it('is read again as it was, when a filter is written out', () => {
    const roll = dice(7)
    const random = (depth: number): Filter => {
      const kind = depth === 0 ? 4 : roll(5)
      if (kind === 0) return { kind: 'not', of: random(depth - 1) }
      if (kind <= 2) return { kind: kind === 1 ? 'and' : 'or', of: [random(depth - 1), random(depth - 1)] }
      return compare('tag', ['a', 'b c', 'AND'][roll(3)]!, ['=', '!=', 'like'][roll(3)]!, ['x', '(', ' OR '][roll(3)]!)
    }
    for (let round = 0; round < 2000; round++) {
      const filter = random(4)
      expect(runs(written(filter))).toEqual(filter)
    }
  })
})

function written(filter: Filter): string {
  if (filter.kind === 'not') return `NOT ${written(filter.of)}`
  if ('of' in filter) return `(${filter.of.map(written).join(` ${filter.kind} `)})`
  if (filter.kind !== 'compare') throw new RangeError('only comparisons are drawn')
  return `tags.\`${filter.key}\` ${filter.op} '${filter.value}'`
}
