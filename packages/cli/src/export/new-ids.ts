import type { SourceRun } from '../import/source/index.ts'
import { type Tag, withoutMarks } from './marks.ts'

/** What something here is called over there. */
export interface Ids {
  run(id: string): string | undefined
  model(id: string): string | undefined
}

/** Where MLflow itself writes ids of runs and logged models, alone or in JSON. */
const idTags: ReadonlySet<string> = new Set([
  'mlflow.parentRunId',
  'mlflow.log-model.history',
  'mlflow.prompt.associatedRunIds',
  'mlflow.prompt.run_ids',
])

/** The tag with the ids of over there. Ids of what is not over there stay, and so does everything people wrote. */
export function tagWithNewIds({ key, value }: Tag, ids: Ids): Tag {
  if (!idTags.has(key)) return { key, value }
  return { key, value: value.replaceAll(/\b(?:m-)?[0-9a-f]{32}\b/g, (id) => ids.run(id) ?? ids.model(id) ?? id) }
}

/** A run as it is to be over there, and the ids it names that are not. */
export function runWithNewIds(
  run: SourceRun,
  ids: Ids,
): { readonly run: SourceRun; readonly unknown: readonly string[] } {
  const unknown: string[] = []
  const known = <M extends { readonly model_id: string }>(model: M): readonly M[] => {
    const id = ids.model(model.model_id)
    if (id === undefined) unknown.push(`logged model ${model.model_id}`)
    return id === undefined ? [] : [{ ...model, model_id: id }]
  }
  const parent = run.data.tags.find(({ key }) => key === 'mlflow.parentRunId')?.value
  if (parent !== undefined && ids.run(parent) === undefined) unknown.push(`parent ${parent}`)
  const tags = withoutMarks(run.data.tags).map((tag) => tagWithNewIds(tag, ids))
  return {
    run: {
      ...run,
      data: { ...run.data, tags: [...tags] },
      inputs: { ...run.inputs, model_inputs: run.inputs.model_inputs.flatMap(known) },
      outputs: { model_outputs: run.outputs.model_outputs.flatMap(known) },
    },
    unknown,
  }
}
