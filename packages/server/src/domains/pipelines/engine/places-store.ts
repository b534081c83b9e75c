import { sql } from 'kysely'
import type { Db } from '../../../platform/db.ts'
import type { RunRow } from '../store.ts'
import { type Claim, givesWayTo, type Holder, inLine, type Places, runClaims, type Waiter } from './places.ts'
import type { Plan } from './states.ts'

type Concurrency = NonNullable<Plan['concurrency']>

const open = ['queued', 'running', 'waiting'] as const
const live = ['submitting', 'submitted', 'running'] as const

/** Every query of who holds and waits for what in a project. */
export function placesStore(db: Db) {
  const tables = db.$pickTables<'pipelines.run' | 'pipelines.step' | 'pipelines.attempt' | 'pipelines.slot'>()

  return {
    /** Until the transaction ends, nobody else gives or takes a place of this project. Runs are locked before it. */
    async lock(projectId: string): Promise<void> {
      await sql`select pg_advisory_xact_lock(hashtext('evenkeel.places'), hashtext(${projectId}))`.execute(db)
    },

    slots(projectId: string): Promise<{ name: string; capacity: number }[]> {
      return tables
        .selectFrom('pipelines.slot')
        .select(['name', 'capacity'])
        .where('project_id', '=', projectId)
        .orderBy('name')
        .execute()
    },

    async putSlot(projectId: string, name: string, capacity: number): Promise<void> {
      await tables
        .insertInto('pipelines.slot')
        .values({ project_id: projectId, name, capacity })
        .onConflict((conflict) => conflict.columns(['project_id', 'name']).doUpdateSet({ capacity }))
        .execute()
    },

    async deleteSlot(projectId: string, name: string): Promise<void> {
      await tables.deleteFrom('pipelines.slot').where('project_id', '=', projectId).where('name', '=', name).execute()
    },

    /** Live attempts that hold something. */
    attempts(projectId: string) {
      return tables
        .selectFrom('pipelines.attempt as attempt')
        .innerJoin('pipelines.run as run', 'run.id', 'attempt.run_id')
        .select(['attempt.run_id', 'attempt.step_key', 'attempt.holds', 'attempt.gpus', 'run.cancel_requested_at'])
        .where('attempt.project_id', '=', projectId)
        .where('attempt.state', 'in', live)
        .where(sql<boolean>`attempt.holds <> '[]'`)
        .orderBy('attempt.run_id')
        .orderBy('attempt.step_key')
        .execute()
    },

    /** Open runs that belong to a group, oldest first. */
    runs(projectId: string) {
      return tables
        .selectFrom('pipelines.run')
        .select(['id', 'state', 'priority', 'concurrency', 'cancel_requested_at'])
        .where('project_id', '=', projectId)
        .where('concurrency', 'is not', null)
        .where('state', 'in', open)
        .orderBy('id')
        .execute()
    },

    /** Steps that wait for a place; of one run in the order of its plan. */
    steps(projectId: string) {
      return tables
        .selectFrom('pipelines.step as step')
        .innerJoin('pipelines.run as run', 'run.id', 'step.run_id')
        .select(['step.run_id', 'step.key', 'step.wants', 'run.priority'])
        .where('step.project_id', '=', projectId)
        .where('step.wants', 'is not', null)
        .orderBy('step.run_id')
        .orderBy('step.position')
        .execute()
    },
  }
}

type Looking = Pick<RunRow, 'project_id' | 'id' | 'priority'>

/** Reads what other runs hold and wait for; true for as long as the places are locked. */
export async function readPlaces(db: Db, { project_id, id, priority }: Looking): Promise<Places> {
  const store = placesStore(db)
  const slots = await store.slots(project_id)
  const attempts = await store.attempts(project_id)
  const runs = await store.runs(project_id)
  const steps = await store.steps(project_id)
  const [queued, begun] = [
    runs.filter(({ state }) => state === 'queued'),
    runs.filter(({ state }) => state !== 'queued'),
  ]
  const held = [
    ...attempts.map((row): Holder => ({
      run: row.run_id,
      step: row.step_key,
      claims: row.holds as Claim[],
      gpus: row.gpus as number[],
      isStopping: row.cancel_requested_at !== null,
    })),
    ...begun.map((row): Holder => ({
      run: row.id,
      step: null,
      claims: runClaims(row.concurrency as Concurrency),
      gpus: [],
      isStopping: row.cancel_requested_at !== null,
    })),
  ]
  const line = [
    ...queued
      // One that is to end does not begin any more.
      .filter(({ cancel_requested_at }) => cancel_requested_at === null)
      .map((row): Waiter => ({
        run: row.id,
        step: null,
        priority: row.priority,
        claims: runClaims(row.concurrency as Concurrency),
        yields: givesWayTo(row.concurrency as Concurrency),
      })),
    ...steps.map((row): Waiter => ({
      run: row.run_id,
      step: row.key,
      priority: row.priority,
      claims: row.wants as Claim[],
      yields: false,
    })),
  ]
  return {
    run: id,
    priority,
    capacities: Object.fromEntries(slots.map(({ name, capacity }) => [`slot ${name}`, capacity])),
    held: held.filter(({ run }) => run !== id),
    line: line.filter(({ run }) => run !== id).toSorted(inLine),
  }
}
