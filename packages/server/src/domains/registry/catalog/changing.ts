import { registryErrors } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { type RegisterDeps, requireWholeRun } from '../register.ts'
import { type ModelKey, promptTag, type VersionKey } from '../store.ts'
import { versionOf } from './checks.ts'
import { type CatalogModelRow, modelStore } from './model-store.ts'
import { type CatalogVersionRow, versionStore } from './version-store.ts'

const fail = failures(registryErrors)

export const isPrompt = ({ tags }: { readonly tags: Readonly<Record<string, string>> }): boolean =>
  tags[promptTag]?.toLowerCase() === 'true'

export interface ChangingDeps extends Pick<RegisterDeps, 'now' | 'whyNoModel'> {
  readonly db: Db
}

export interface ModelChange {
  readonly tx: Db
  readonly key: ModelKey
  readonly row: CatalogModelRow
  readonly actor: string
  readonly at: Date
}

export interface VersionChange extends Omit<ModelChange, 'key' | 'row'> {
  readonly key: VersionKey
  readonly row: CatalogVersionRow
}

/** What it takes to change a model: somebody who may, and nobody else at the same time. */
export function createChanging(deps: ChangingDeps) {
  async function model<T>(caller: Caller, name: string, work: (change: ModelChange) => Promise<T>): Promise<T> {
    await requireWholeRun(deps, caller)
    return deps.db.transaction().execute(async (tx) => {
      const key = { projectId: caller.projectId, model: name }
      const row = await modelStore(tx).lock(key)
      if (!row) throw noModel(name)
      return work({ tx, key, row, actor: caller.userName, at: deps.now() })
    })
  }

  return {
    model,

    version: <T>(
      caller: Caller,
      name: string,
      version: string,
      work: (change: VersionChange) => Promise<T>,
    ): Promise<T> =>
      model(caller, name, async ({ key: of, tx, ...change }) => {
        const key = { ...of, version: versionOf(version) }
        const row = await versionStore(tx).find(key)
        if (!row) throw noVersion(key)
        return work({ ...change, tx, key, row })
      }),
  }
}

export type Changing = ReturnType<typeof createChanging>

export const noModel = (model: string) =>
  fail('registry.model_not_found', { model }, { why: `Registered Model with name=${model} not found` })

export const noVersion = ({ model, version }: Pick<VersionKey, 'model' | 'version'>) =>
  fail(
    'registry.version_not_found',
    { model, version },
    { why: `Model Version (name=${model}, version=${version}) not found` },
  )
