/**
 * Reads some 20,000 filters here and with MLflow's own parser, and lists where the two do not agree: what only MLflow
 * accepts, and what both accept with another meaning. PYTHON_MLFLOW names a Python that has mlflow.
 * Run: node tools/compare-filters.ts
 */
import { execFileSync } from 'node:child_process'
import {
  experimentGrammar,
  type Filter,
  FilterError,
  type Grammar,
  loggedModelGrammar,
  modelVersionGrammar,
  parseFilter,
  registeredModelGrammar,
  runGrammar,
  traceGrammar,
} from '../packages/contract/src/search/index.ts'

interface Theirs {
  readonly type: string
  readonly key: string
  readonly comparator: string
  readonly value: string | number | readonly string[] | null
}

const list = (names: string) => names.split(' ')

const searches: Readonly<Record<string, { grammar: Grammar; names: readonly string[] }>> = {
  runs: {
    grammar: runGrammar,
    names: [
      ...list(
        'metrics.acc metric."a.b" params.lr parameter.x tags.team tag.mlflow.user tags.`mlflow.user` status run_id',
      ),
      ...list('attributes.status run.run_id start_time attr.end_time created Created run_name artifact_uri user_id'),
      ...list('dataset.name datasets.context dataset.foo foo foo.bar Metrics.a experiment_id'),
      'metrics.`val loss`',
      "params.'a b'",
      '`Run name`',
      '`params`.a',
      'tags .a',
      'tags.a b',
    ],
  },
  experiments: {
    grammar: experimentGrammar,
    names: list('name attribute.name creation_time last_update_time experiment_id tags.a metrics.a foo'),
  },
  registeredModels: { grammar: registeredModelGrammar, names: list('name attribute.name tags.a foo metrics.a') },
  modelVersions: { grammar: modelVersionGrammar, names: list('name run_id source_path version_number tags.a foo') },
  traces: {
    grammar: traceGrammar,
    names: [
      ...list(
        'name trace.status request_id client_request_id timestamp_ms timestamp execution_time run_id prompt text',
      ),
      ...list('tags.a metadata.`mlflow.x` request_metadata.b span.name span.attributes.a.b span.content span.foo'),
      ...list('feedback.score expectation.e issue.id issue.x foo'),
    ],
  },
  loggedModels: {
    grammar: loggedModelGrammar,
    names: list('metrics.acc params.lr tags.a name attributes.status creation_time model_type source_run_id foo.x foo'),
  },
}

const comparators = [...list('= != < <= > >= LIKE ilike RLIKE IN == <>'), 'NOT IN', 'not in', '= =', 'IS']
const values = [
  ...list(`'x' "y" 5 -1.5 1e3 .5 5. +1 1_000 '5' ('a','b') ('a',) () abc \`b\` NaN NULL 'it''s' '' ?`),
  "('a', 5)",
  String.raw`'it\'s'`,
  String.raw`('it\'s', 'a''b')`,
  "'unclosed",
  'NOT NULL',
  '- 1',
]
const whole = [
  "metrics.a > 1 AND params.b = 'x'",
  'metrics.a > 1 AND AND metrics.b > 2',
  'AND metrics.a > 1',
  'metrics.a > 1 AND',
  "metrics.a > 1 tags.b = 'y'",
  "tags.a = 'x';",
  "tags.a='x'; tags.b='y'",
  "tags.a = 'x' -- c",
  "tags.a /* c */ = 'x'",
  "tags.a = 'x', tags.b = 'y'",
  'tags.a = tags.b',
  '1 = 1',
  "'x' = tags.a",
  "upper(tags.a) = 'x'",
  "tags.a='x'and tags.b='y'",
  'tags.a\n=\n"x"',
  'metrics.a ! = 1',
  'metrics.日本 > 1',
  "tags.order = 'x'",
  "tags.null = 'x'",
  'metrics.count > 1',
  '',
  ' ',
]

const cases = [
  ...Object.entries(searches).flatMap(([search, { names }]) =>
    names.flatMap((name) => comparators.flatMap((op) => values.map((value) => [search, `${name} ${op} ${value}`]))),
  ),
  ...whole.map((text) => ['runs', text]),
] as [string, string][]

const python = process.env['PYTHON_MLFLOW'] ?? 'python3'
const script = new URL('compare-filters.py', import.meta.url).pathname
const answer = execFileSync(python, [script], { input: JSON.stringify(cases), maxBuffer: 2 ** 28, encoding: 'utf8' })
const theirs = JSON.parse(answer) as (readonly Theirs[] | null)[]

function read(search: string, text: string): Filter | null {
  try {
    return parseFilter(text, searches[search]!.grammar)
  } catch (error) {
    if (error instanceof FilterError) return null
    throw error
  }
}

/** Comparator and value of each clause: names differ by design, since aliases end with us in one name. */
const meaningOf = (clauses: readonly Theirs[]) =>
  clauses.map(({ comparator, value }) => `${comparator.toLowerCase()} ${shown(value)}`).join(' AND ')

const shown = (value: Theirs['value']): string =>
  Array.isArray(value)
    ? value.join('|')
    : value === null
      ? ''
      : Number.isNaN(Number(value))
        ? String(value)
        : String(Number(value))

function ourMeaningOf(filter: Filter): string {
  if (filter.kind === 'compare') return `${filter.op} ${shown(filter.value)}`
  if (filter.kind === 'among') return `${filter.negated ? 'not in' : 'in'} ${shown(filter.values)}`
  if (filter.kind === 'missing') return `is${filter.negated ? ' not' : ''} null `
  return filter.kind === 'not' ? `not ${ourMeaningOf(filter.of)}` : filter.of.map(ourMeaningOf).join(' AND ')
}

const counts = { agree: 0, refusedByBoth: 0, onlyHere: 0, onlyMlflow: 0, otherMeaning: 0 }
for (const [index, [search, text]] of cases.entries()) {
  const [ours, their] = [read(search, text), theirs[index]!]
  if (ours && their) {
    const isSame = ourMeaningOf(ours) === meaningOf(their)
    counts[isSame ? 'agree' : 'otherMeaning']++
    if (!isSame) process.stdout.write(`another meaning  ${search}: ${text}\n`)
  } else if (their) {
    counts.onlyMlflow++
    process.stdout.write(`only MLflow      ${search}: ${text}\n`)
  } else counts[ours ? 'onlyHere' : 'refusedByBoth']++
}
process.stdout.write(`${JSON.stringify({ filters: cases.length, ...counts })}\n`)
