import { sql } from 'kysely'
import type { Db } from '../../platform/db.ts'
import type { KeyValue } from './pairs.ts'
import { lockedRun, type RunKey, type RunState } from './run-store.ts'

export interface Dataset {
  readonly name: string
  readonly digest: string
  readonly sourceType: string
  readonly source: string
  readonly schema?: string | undefined
  readonly profile?: string | undefined
}

export interface DatasetInput {
  readonly dataset: Dataset
  readonly tags: readonly KeyValue[]
}

export interface ModelLink {
  readonly direction: 'input' | 'output'
  readonly modelId: string
  readonly step: number | bigint
}

export interface DatasetSummaryRow {
  readonly experiment_id: number
  readonly name: string
  readonly digest: string
  readonly context: string | null
}

/** Every query on what runs read and made. Rows are written in the order of their keys. */
export function inputStore(db: Db) {
  const texts = <T>(items: readonly T[], pick: (item: T) => string | null) => sql`${items.map(pick)}::text[]`

  return {
    /** Adds the data sets that the run's experiment does not have. */
    async addDatasets({ projectId, runId }: RunKey, datasets: readonly Dataset[]): Promise<void> {
      await sql`
        insert into tracking.dataset
          (project_id, experiment_id, name, digest, source_type, source, schema, profile)
        select run.project_id, experiment_id, sent.* from tracking.run, unnest(
          ${texts(datasets, ({ name }) => name)}, ${texts(datasets, ({ digest }) => digest)},
          ${texts(datasets, ({ sourceType }) => sourceType)}, ${texts(datasets, ({ source }) => source)},
          ${texts(datasets, ({ schema }) => schema ?? null)}, ${texts(datasets, ({ profile }) => profile ?? null)}
        ) as sent (name, digest, source_type, source, schema, profile)
        where run.project_id = ${projectId} and run_id = ${runId} and deleted_ms is null
        order by name, digest
        on conflict do nothing`.execute(db)
    },

    /** Says which of the experiment's data sets the run read; one that it read before keeps its tags. */
    async addInputs(run: RunKey, inputs: readonly DatasetInput[]): Promise<void> {
      const tags = inputs.map((input) =>
        JSON.stringify(Object.fromEntries(input.tags.map((tag) => [tag.key, tag.value]))),
      )
      await sql`
        insert into tracking.run_dataset (run_number, dataset_number, tags)
        select run_number, dataset_number, sent.tags::jsonb
        from tracking.run join tracking.dataset d using (project_id, experiment_id) join unnest(
          ${texts(inputs, ({ dataset }) => dataset.name)}, ${texts(inputs, ({ dataset }) => dataset.digest)}, ${tags}::text[]
        ) as sent (name, digest, tags) on d.name = sent.name and d.digest = sent.digest
        where project_id = ${run.projectId} and run_id = ${run.runId}
        order by dataset_number
        on conflict do nothing`.execute(db)
    },

    async addModels(run: RunKey, models: readonly ModelLink[]): Promise<RunState | undefined> {
      const { rows } = await sql<RunState>`
        with ${lockedRun(run)}, added as (
          insert into tracking.run_model (run_number, direction, model_id, step)
          select run_number, direction, model_id, step from run, unnest(
            ${texts(models, ({ direction }) => direction)}, ${texts(models, ({ modelId }) => modelId)},
            ${texts(models, ({ step }) => String(step))}::bigint[]
          ) as sent (direction, model_id, step)
          where deleted_ms is null order by direction, model_id, step
          on conflict do nothing
        )
        select * from run`.execute(db)
      return rows[0]
    },

    /** Which data sets the runs of some experiments read, and as what: their tag `mlflow.data.context`. */
    async summaries(projectId: string, experimentIds: readonly number[], most: number): Promise<DatasetSummaryRow[]> {
      const { rows } = await sql<DatasetSummaryRow>`
        select distinct experiment_id, name, digest, tags ->> 'mlflow.data.context' as context
        from tracking.dataset join tracking.run_dataset using (dataset_number)
        where project_id = ${projectId} and experiment_id = any(${[...experimentIds]}::bigint[])
        order by 1, 2, 3, 4 limit ${most}`.execute(db)
      return rows
    },
  }
}
