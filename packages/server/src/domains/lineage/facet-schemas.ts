/** Of the facets below; what is published under a version never changes, so another shape gets another version. */
export const facetVersion = '1-0-0'

type Schema = Readonly<Record<string, unknown>>

const core = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs'
const text: Schema = { type: 'string' }
const textOrNull: Schema = { type: ['string', 'null'] }
const momentOrNull: Schema = { type: ['string', 'null'], format: 'date-time' }
const tensors: Schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: { name: text, datatype: text, shape: { type: 'array', items: { type: 'integer' } } },
    required: ['name', 'datatype', 'shape'],
  },
}

const facet = (
  on: 'RunFacet' | 'DatasetFacet',
  description: string,
  properties: Schema,
  required: string[],
): Schema => ({
  description,
  type: 'object',
  allOf: [{ $ref: `${core}/${on}` }, { type: 'object', properties, required }],
})

const facets: Readonly<Record<string, Schema>> = {
  EvenkeelModelDatasetFacet: facet(
    'DatasetFacet',
    'A version of a model: its stage, the digest of its ONNX file and the tensors it takes and gives, where it has one.',
    {
      model: text,
      version: { type: 'integer', minimum: 1 },
      stage: { enum: ['candidate', 'refused', 'passed', 'archived'] },
      format: text,
      digest: textOrNull,
      signature: {
        type: ['object', 'null'],
        properties: { inputs: tensors, outputs: tensors },
        required: ['inputs', 'outputs'],
      },
    },
    ['model', 'version', 'stage', 'format', 'digest', 'signature'],
  ),
  EvenkeelMetricsDatasetFacet: facet(
    'DatasetFacet',
    'What was measured of a version of a model.',
    { metrics: { type: 'object', additionalProperties: { type: 'number' } } },
    ['metrics'],
  ),
  EvenkeelTrainingRunDatasetFacet: facet(
    'DatasetFacet',
    'How a version of a model came to be: the run, its params, the span of event time and the environment.',
    {
      runId: textOrNull,
      pipeline: textOrNull,
      commit: text,
      params: { type: 'object', additionalProperties: text },
      trainedFrom: momentOrNull,
      trainedUntil: momentOrNull,
      trainingRowCount: { type: ['integer', 'null'], minimum: 0 },
      environment: { type: 'object', additionalProperties: text },
    },
    ['runId', 'pipeline', 'commit', 'params', 'trainedFrom', 'trainedUntil', 'trainingRowCount', 'environment'],
  ),
  EvenkeelTriggerRunFacet: facet(
    'RunFacet',
    'Why a run was started, in words.',
    { kind: text, says: text, eventTime: momentOrNull },
    ['kind', 'says', 'eventTime'],
  ),
  EvenkeelCacheRunFacet: facet(
    'RunFacet',
    'Why a step ran or was not run, and whose result was taken over.',
    { code: text, says: text, fromRun: textOrNull, fromStep: textOrNull },
    ['code', 'says', 'fromRun', 'fromStep'],
  ),
}

/** The schema of a facet of ours, as it stands at its address below `base`; undefined when there is none. */
export function facetSchema(base: string, version: string, file: string): Schema | undefined {
  const name = file.replace(/\.json$/, '')
  if (version !== facetVersion || !file.endsWith('.json') || !Object.hasOwn(facets, name)) return undefined
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${base}/api/v1/lineage/schemas/${version}/${file}`,
    $defs: { [name]: facets[name] },
  }
}
