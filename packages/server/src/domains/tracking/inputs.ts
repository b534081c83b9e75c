import { trackingErrors } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { experimentNumber } from './experiments.ts'
import { type DatasetInput, type ModelLink, inputStore } from './input-store.ts'
import { limits, most, requireCount, requireLength } from './limits.ts'
import { requireActiveRun } from './run-states.ts'
import { runStore } from './run-store.ts'

const fail = failures(trackingErrors)

const mostExperiments = 20
const mostSummaries = 1000

export interface DatasetSummary {
  readonly experimentId: string
  readonly name: string
  readonly digest: string
  readonly context: string | null
}

/** What runs read and made: data sets and logged models. */
export function createInputs({ db }: { readonly db: Db }) {
  return {
    /** All of it or nothing; what is noted again changes nothing. */
    async add({ projectId }: Caller, runId: string, datasets: readonly DatasetInput[], models: readonly ModelLink[]) {
      requireCount('datasets', most.datasets, datasets.length)
      requireCount('models', most.batch, models.length)
      datasets.forEach(requireDataset)
      for (const { modelId } of models) requireLength('model_id', modelId, limits.modelId)
      const run = { projectId, runId }
      await db.transaction().execute(async (tx) => {
        const store = inputStore(tx)
        requireActiveRun(runId, await runStore(tx).share(run))
        const inputs = withoutRepeats(datasets)
        if (inputs.length > 0) {
          await store.addDatasets(
            run,
            inputs.map(({ dataset }) => dataset),
          )
          await store.addInputs(run, inputs)
        }
        if (models.length > 0) await store.addModels(run, models)
      })
    },

    async summaries({ projectId }: Caller, experimentIds: readonly string[]): Promise<DatasetSummary[]> {
      requireExperimentCount(experimentIds.length)
      const rows = await inputStore(db).summaries(projectId, experimentIds.map(experimentNumber), mostSummaries)
      return rows.map(({ experiment_id, ...row }) => ({ ...row, experimentId: String(experiment_id) }))
    },
  }
}

/** The first of each name and digest counts. */
const withoutRepeats = (datasets: readonly DatasetInput[]): DatasetInput[] => [
  ...new Map(
    datasets.toReversed().map((input) => [JSON.stringify([input.dataset.name, input.dataset.digest]), input]),
  ).values(),
]

function requireDataset({ dataset, tags }: DatasetInput): void {
  requireSize('name', dataset.name, limits.datasetName)
  requireSize('digest', dataset.digest, limits.datasetDigest)
  requireSize('source', dataset.source, limits.datasetSource)
  requireSize('schema', dataset.schema ?? '', limits.datasetSchema)
  requireSize('profile', dataset.profile ?? '', limits.datasetProfile)
  for (const { key, value } of tags) {
    requireSize('key', key, limits.datasetTagKey)
    requireSize('value', value, limits.datasetTagValue)
  }
}

function requireSize(field: string, text: string, longest: number): void {
  if (text.length <= longest) return
  const why = `'${field}' exceeds the maximum length of ${longest} characters`
  throw fail('tracking.bad_value', { field }, { why })
}

function requireExperimentCount(count: number): void {
  if (count >= 1 && count <= mostExperiments) return
  const why =
    count === 0
      ? 'SearchDatasets request must specify at least one experiment_id.'
      : `SearchDatasets request cannot specify more than ${mostExperiments} experiment_ids. Received ${count} experiment_ids.`
  throw fail('tracking.bad_value', { field: 'experiment_ids' }, { why })
}
