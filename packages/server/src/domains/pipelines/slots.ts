import type { Slot } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { type Holder, nextInLine, type Places, type Waiter } from './engine/places.ts'
import { placesStore, readPlaces } from './engine/places-store.ts'
import { refuseStep } from './refuse-step.ts'
import { wakeRun } from './runs.ts'

export interface Slots {
  list(caller: Caller): Promise<Slot[]>
  /** Those that are not named stay as they are; one with 0 is taken away. */
  put(caller: Caller, slots: Readonly<Record<string, number>>): Promise<Slot[]>
}

export function createSlots({ db }: { readonly db: Db }): Slots {
  return {
    list: ({ projectId }) => listSlots(db, projectId),

    put(caller, slots) {
      refuseStep(caller)
      const { projectId } = caller
      return db.transaction().execute(async (tx) => {
        const store = placesStore(tx)
        await store.lock(projectId)
        const before = new Map((await store.slots(projectId)).map(({ name, capacity }) => [name, capacity]))
        for (const [name, capacity] of Object.entries(slots)) {
          if (capacity === (before.get(name) ?? 0)) continue
          await (capacity > 0 ? store.putSlot(projectId, name, capacity) : store.deleteSlot(projectId, name))
          await auditSlot(tx, caller, name, before.get(name) ?? 0, capacity)
        }
        // There may be room now for those who wait.
        const places = await everything(tx, projectId)
        for (const run of new Set(nextInLine(places).map((waiter) => waiter.run))) await wakeRun(tx, run)
        return present(places)
      })
    },
  }
}

const auditSlot = (tx: Db, { projectId, userName }: Caller, subject: string, before: number, after: number) =>
  audit(tx, {
    projectId,
    actor: userName,
    action: 'pipelines.put_slot',
    subject,
    before: { capacity: before },
    after: { capacity: after },
  })

const listSlots = async (db: Db, projectId: string): Promise<Slot[]> => present(await everything(db, projectId))

const everything = (db: Db, projectId: string): Promise<Places> =>
  readPlaces(db, { project_id: projectId, id: '', priority: 0 })

const present = ({ capacities, held, line }: Places): Slot[] =>
  Object.entries(capacities).map(([place, capacity]) => ({
    name: place.slice('slot '.length),
    capacity,
    heldBy: sharesOf(held, place),
    waiting: sharesOf(line, place),
  }))

const sharesOf = (all: readonly (Holder | Waiter)[], place: string): Slot['heldBy'] =>
  all.flatMap(({ run, step, claims }) =>
    claims.filter((claim) => step !== null && claim.place === place).map(({ count }) => ({ run, step: step!, count })),
  )
