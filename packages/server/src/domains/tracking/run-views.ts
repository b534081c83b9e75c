import {
  type Experiment,
  mostRunViews,
  parseFilter,
  parseOrderBy,
  type ParsedRequestOf,
  runGrammar,
  type RunView,
  type RunViewContents,
  type runViews,
  trackingErrors,
} from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { type ExperimentKey, experimentStore } from './experiment-store.ts'
import { type RunViewRow, runViewStore } from './run-view-store.ts'
import { readQuery } from './search/read-query.ts'
import { groupKey } from './search/run-groups.ts'

const fail = failures(trackingErrors)

interface RunViewsDeps {
  readonly db: Db
  readonly now: () => Date
  /** @throws DomainError `tracking.experiment_not_found` */
  readonly experiment: (caller: Caller, id: string) => Promise<Experiment>
  /** @throws DomainError `tracking.experiment_not_found`, `tracking.wrong_lifecycle` for a deleted one */
  readonly activeExperiment: (caller: Caller, id: string) => Promise<Experiment>
}

type NewView = ParsedRequestOf<typeof runViews.create>['body']
type ViewChange = ParsedRequestOf<typeof runViews.update>['body']
type Store = ReturnType<typeof runViewStore>

const keyOf = ({ projectId }: Caller, { id }: Experiment): ExperimentKey => ({ projectId, experimentId: Number(id) })

/** Saved ways to look at the runs of an experiment. */
export function createRunViews({ db, now, experiment, activeExperiment }: RunViewsDeps) {
  /** Runs `work` with the experiment locked: names, the count and the one that opens stay as they were looked at. */
  async function changing<T>(caller: Caller, id: string, work: (tx: Db, views: Store) => Promise<T>): Promise<T> {
    const key = keyOf(caller, await activeExperiment(caller, id))
    return db.transaction().execute(async (tx) => {
      await experimentStore(tx).lock(key)
      return work(tx, runViewStore(tx, key))
    })
  }

  return {
    /** @throws DomainError `tracking.experiment_not_found` */
    async list(caller: Caller, id: string): Promise<RunView[]> {
      const found = await experiment(caller, id)
      return (await runViewStore(db, keyOf(caller, found)).list()).map(present)
    },

    /** @throws DomainError `tracking.view_name_taken`, `tracking.too_many_views`, `tracking.bad_filter` */
    create: (caller: Caller, id: string, { name, contents, isDefault }: NewView): Promise<RunView> =>
      changing(caller, id, async (tx, views) => {
        requireReadable(contents)
        if ((await views.count()) >= mostRunViews) throw tooMany()
        await requireFree(views, name)
        if (isDefault) await views.clearDefault()
        const { projectId, userName: actor } = caller
        const by = { made_by: actor, created_at: now(), updated_by: actor, updated_at: now() }
        const viewId = randomUUID()
        await views.add({ id: viewId, name, contents, is_default: isDefault, ...by })
        const after = { id: viewId, name, contents, isDefault }
        await audit(tx, { projectId, actor, action: 'tracking.save_view', subject: id, after })
        return present((await views.find(viewId))!)
      }),

    /** @throws DomainError `tracking.view_not_found`, `tracking.view_name_taken`, `tracking.bad_filter` */
    update: (caller: Caller, id: string, viewId: string, { name, contents, isDefault }: ViewChange): Promise<RunView> =>
      changing(caller, id, async (tx, views) => {
        const before = await requireView(views, viewId)
        if (contents) requireReadable(contents)
        if (name !== undefined && name !== before.name) await requireFree(views, name)
        if (isDefault) await views.clearDefault()
        const { projectId, userName: actor } = caller
        await views.change(viewId, {
          ...(name !== undefined && { name }),
          ...(contents && { contents }),
          ...(isDefault !== undefined && { is_default: isDefault }),
          updated_by: actor,
          updated_at: now(),
        })
        const after = await requireView(views, viewId)
        const told = { before: heldBy(before), after: heldBy(after) }
        await audit(tx, { projectId, actor, action: 'tracking.change_view', subject: id, ...told })
        return present(after)
      }),

    /** @returns what it was @throws DomainError `tracking.view_not_found` */
    delete: (caller: Caller, id: string, viewId: string): Promise<RunView> =>
      changing(caller, id, async (tx, views) => {
        const row = await requireView(views, viewId)
        await views.delete(viewId)
        const { projectId, userName: actor } = caller
        await audit(tx, { projectId, actor, action: 'tracking.delete_view', subject: id, before: heldBy(row) })
        return present(row)
      }),
  }
}

/** What cannot be read would open as an error for everybody. @throws DomainError `tracking.bad_filter` */
function requireReadable({ filter, orderBy, groupBy }: RunViewContents): void {
  readQuery(() => parseFilter(filter, runGrammar))
  readQuery(() => parseOrderBy(orderBy, runGrammar))
  if (groupBy !== null) groupKey(groupBy)
}

async function requireView(views: Store, viewId: string): Promise<RunViewRow> {
  const row = await views.find(viewId)
  if (!row) throw fail('tracking.view_not_found', { view: viewId })
  return row
}

async function requireFree(views: Store, name: string): Promise<void> {
  if (!(await views.findByName(name))) return
  throw fail('tracking.view_name_taken', { name }, { why: `Another view of the experiment is called "${name}".` })
}

const tooMany = () =>
  fail('tracking.too_many_views', { most: mostRunViews }, { why: `An experiment has ${mostRunViews} views at most.` })

const heldBy = ({ id, name, contents, is_default }: RunViewRow) => ({ id, name, contents, isDefault: is_default })

const present = (row: RunViewRow): RunView => ({
  ...heldBy(row),
  madeBy: row.made_by,
  createdAt: row.created_at.toISOString(),
  updatedBy: row.updated_by,
  updatedAt: row.updated_at.toISOString(),
})
