import type { SourceLoggedModel, SourceRun } from '../import/source/index.ts'
import { marks, valueOf } from './marks.ts'
import type { Ids } from './new-ids.ts'
import type { Target } from './target/index.ts'

/** Something of here over there. */
export interface KnownThing {
  readonly id: string
  /** Where its files go. */
  readonly uri: string
  /** Of what was exported in full. */
  readonly revision: string | undefined
  /** Made by an export; anything else keeps what it has. */
  readonly isOurs: boolean
  /** Made a moment ago, and empty. */
  readonly isNew: boolean
}

export interface KnownRun extends KnownThing {
  readonly lifecycle: 'active' | 'deleted'
  readonly params: number
}

/** What is over there, by the id it has here. */
export interface Known extends Ids {
  readonly experiments: Map<string, string>
  readonly runs: Map<string, KnownRun>
  readonly models: Map<string, KnownThing>
  /** What logged models say of the versions made of them, by their ids over there. */
  readonly registrations: Map<string, string>
  /** False for a server before MLflow 3. */
  keepsModels: boolean
}

export function createKnown(): Known {
  const [runs, models] = [new Map<string, KnownRun>(), new Map<string, KnownThing>()]
  return {
    experiments: new Map(),
    runs,
    models,
    registrations: new Map(),
    keepsModels: true,
    run: (id) => runs.get(id)?.id,
    model: (id) => models.get(id)?.id,
  }
}

export const knownRun = ({ info, data }: SourceRun, isNew: boolean): KnownRun => ({
  id: info.run_id,
  uri: info.artifact_uri,
  revision: valueOf(data.tags, marks.revision),
  isOurs: valueOf(data.tags, marks.run) !== undefined,
  isNew,
  lifecycle: info.lifecycle_stage,
  params: data.params.length,
})

export const knownModel = ({ info }: SourceLoggedModel, isNew: boolean): KnownThing => ({
  id: info.model_id,
  uri: info.artifact_uri,
  revision: valueOf(info.tags, marks.revision),
  isOurs: valueOf(info.tags, marks.loggedModel) !== undefined,
  isNew,
})

/** Reads what an experiment over there has: what we made by its mark, and what had its id there before it came here. */
export async function lookAround(known: Known, target: Target, experiment: string): Promise<void> {
  for await (const run of target.runs(experiment, true)) {
    keep(known.runs, valueOf(run.data.tags, marks.run) ?? run.info.run_id, knownRun(run, false))
  }
  for await (const model of target.loggedModels(experiment)) {
    keep(known.models, valueOf(model.info.tags, marks.loggedModel) ?? model.info.model_id, knownModel(model, false))
  }
}

/** What we made goes before what has the id by itself. */
function keep<T extends KnownThing>(things: Map<string, T>, id: string, thing: T): void {
  if (thing.isOurs || !things.has(id)) things.set(id, thing)
}
