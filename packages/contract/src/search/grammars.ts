import type { Field, Grammar, Operand, Scope } from './grammar.ts'

const equal = (operand: Operand) => ({ '=': operand, '!=': operand })
const ordered = (operand: Operand) => ({
  ...equal(operand),
  '<': operand,
  '<=': operand,
  '>': operand,
  '>=': operand,
})
const alike = (operand: Operand) => ({
  ...equal(operand),
  like: operand,
  ilike: operand,
  in: 'list' as const,
  'not in': 'list' as const,
})

const common = { optional: true, orderable: true }
const text: Field = { ...common, takes: alike('text') }
const number: Field = { ...common, takes: ordered('number') }
const integer: Field = { ...common, takes: ordered('integer') }
const loose: Field = { ...common, takes: alike('loose text') }
const id: Field = { ...common, takes: { ...equal('text'), in: 'list', 'not in': 'list' } }
const unordered = (field: Field): Field => ({ ...field, orderable: false })
const alias = (field: Field, key: string): Field => ({ ...field, as: { key } })

const anyKey = (field: Field) => () => field

const metrics: Scope = { entity: 'metric', prefixes: ['metric', 'metrics'], fields: anyKey(number) }
const params: Scope = {
  entity: 'param',
  prefixes: ['parameter', 'parameters', 'param', 'params'],
  fields: anyKey(text),
}
const tags: Scope = { entity: 'tag', prefixes: ['tag', 'tags'], fields: anyKey(text) }
const unorderedTags: Scope = { ...tags, fields: anyKey(unordered(text)) }
const attributes = (fields: Readonly<Record<string, Field>>, more: readonly string[] = []): Scope => ({
  entity: 'attribute',
  prefixes: ['attribute', 'attributes', 'attr', ...more],
  fields,
})

const runName = alias(text, 'run_name')
const startTime = alias(number, 'start_time')

export const runGrammar: Grammar = {
  scopes: [
    attributes(
      {
        run_id: text,
        run_name: text,
        user_id: text,
        status: text,
        artifact_uri: text,
        start_time: number,
        end_time: number,
        created: startTime,
        Created: startTime,
        'run name': runName,
        'Run name': runName,
        'Run Name': runName,
      },
      ['run'],
    ),
    metrics,
    params,
    tags,
    {
      entity: 'dataset',
      prefixes: ['dataset', 'datasets'],
      fields: { name: unordered(text), digest: unordered(text), context: unordered(text) },
    },
  ],
}

export const experimentGrammar: Grammar = {
  scopes: [
    attributes({ name: text, experiment_id: id, creation_time: integer, last_update_time: integer }),
    unorderedTags,
  ],
}

const registryTimes = { creation_timestamp: integer, last_updated_timestamp: integer }

export const registeredModelGrammar: Grammar = {
  scopes: [
    attributes({ name: text, ...registryTimes, timestamp: alias(integer, 'last_updated_timestamp') }),
    unorderedTags,
  ],
}

export const modelVersionGrammar: Grammar = {
  scopes: [
    attributes({ name: text, run_id: text, source_path: text, version_number: integer, ...registryTimes }),
    unorderedTags,
  ],
}

const created = alias(number, 'creation_timestamp')
const updated = alias(number, 'last_updated_timestamp')

export const loggedModelGrammar: Grammar = {
  scopes: [
    attributes({
      name: loose,
      model_id: loose,
      model_type: loose,
      status: loose,
      source_run_id: loose,
      creation_timestamp: number,
      creation_timestamp_ms: created,
      creation_time: created,
      last_updated_timestamp: number,
      last_updated_timestamp_ms: updated,
      last_updated_time: updated,
    }),
    metrics,
    { ...params, fields: anyKey(unordered(loose)) },
    { ...tags, fields: anyKey(unordered(loose)) },
  ],
}

const pattern: Field = { ...common, takes: { ...alike('text'), rlike: 'text' } }
const tagNamed = (key: string): Field => ({ ...pattern, as: { entity: 'tag', key } })
const content: Field = { takes: { like: 'text', ilike: 'text' }, optional: false, orderable: false }
const assessment: Field = {
  optional: true,
  orderable: false,
  takes: {
    ...equal('text'),
    like: 'text',
    ilike: 'text',
    rlike: 'text',
    '<': 'number',
    '<=': 'number',
    '>': 'number',
    '>=': 'number',
  },
}
const spanPart: Field = { ...unordered(pattern), optional: false }

const spanFields = (key: string): Field | undefined => {
  if (key === 'content') return content
  return ['name', 'type', 'status'].includes(key) || /^attributes\../s.test(key) ? spanPart : undefined
}

export const traceGrammar: Grammar = {
  scopes: [
    attributes(
      {
        request_id: pattern,
        client_request_id: unordered(pattern),
        status: pattern,
        experiment_id: { takes: {}, optional: false, orderable: true },
        timestamp_ms: number,
        execution_time_ms: number,
        end_time_ms: number,
        timestamp: alias(number, 'timestamp_ms'),
        execution_time: alias(number, 'execution_time_ms'),
        end_time: alias(number, 'end_time_ms'),
        name: tagNamed('mlflow.traceName'),
        prompt: { ...unordered(pattern), as: { entity: 'tag', key: 'mlflow.linkedPrompts' } },
        run_id: { ...pattern, as: { entity: 'metadata', key: 'mlflow.sourceRun' } },
        text: { ...content, as: { entity: 'span', key: 'content' } },
      },
      ['trace'],
    ),
    { ...tags, fields: anyKey(pattern) },
    { entity: 'metadata', prefixes: ['request_metadata', 'metadata'], fields: anyKey(pattern) },
    { entity: 'span', prefixes: ['span'], fields: spanFields },
    { entity: 'feedback', prefixes: ['feedback'], fields: anyKey(assessment) },
    { entity: 'expectation', prefixes: ['expectation'], fields: anyKey(assessment) },
    {
      entity: 'issue',
      prefixes: ['issue'],
      fields: { id: { takes: { '=': 'text' }, optional: false, orderable: false } },
    },
  ],
}

export const evaluationDatasetGrammar: Grammar = {
  scopes: [
    attributes({
      name: text,
      created_time: number,
      last_update_time: number,
      created_by: unordered(text),
      last_updated_by: unordered(text),
    }),
    unorderedTags,
  ],
}
