import type { ModelOwner } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import type { ModelKey } from '../store.ts'

/** Every change of owners; models are read with theirs. */
export function ownerStore(db: Db) {
  const tables = db.$pickTables<'registry.model_owner'>()

  /** Teams first, then by name. */
  const list = ({ projectId, model }: ModelKey): Promise<ModelOwner[]> =>
    tables
      .selectFrom('registry.model_owner')
      .select(['kind', 'name'])
      .where('project_id', '=', projectId)
      .where('model', '=', model)
      .orderBy('kind')
      .orderBy('name')
      .$castTo<ModelOwner>()
      .execute()

  return {
    list,

    async add({ projectId, model }: ModelKey, owners: readonly ModelOwner[]): Promise<void> {
      if (owners.length === 0) return
      await tables
        .insertInto('registry.model_owner')
        .values(owners.map(({ kind, name }) => ({ project_id: projectId, model, kind, name })))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },

    async replace(key: ModelKey, owners: readonly ModelOwner[]): Promise<ModelOwner[]> {
      await tables
        .deleteFrom('registry.model_owner')
        .where('project_id', '=', key.projectId)
        .where('model', '=', key.model)
        .execute()
      await this.add(key, owners)
      return list(key)
    },
  }
}
