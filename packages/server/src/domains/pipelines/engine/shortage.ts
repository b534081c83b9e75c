import type { PipelineSpec } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import type { SpecProblem } from './check-spec.ts'
import { claimsOf } from './places.ts'
import { placesStore } from './places-store.ts'

/** The first step that asks for more of a slot than there is: it would wait for ever. */
export async function shortageIn(db: Db, projectId: string, { steps }: PipelineSpec): Promise<SpecProblem | undefined> {
  const wanted = steps.flatMap((step) =>
    claimsOf(step)
      .filter(({ limit }) => limit === null)
      .map(({ place, count }) => ({ step: step.key, name: place.slice('slot '.length), count })),
  )
  if (wanted.length === 0) return undefined
  const slots = new Map((await placesStore(db).slots(projectId)).map(({ name, capacity }) => [name, capacity]))
  const short = wanted.find(({ name, count }) => count > (slots.get(name) ?? 0))
  if (!short) return undefined
  const { step, name, count } = short
  const there = slots.has(name) ? `this project has ${slots.get(name)}` : 'this project has not declared it'
  const reason = `It asks for ${count} of the slot "${name}", and ${there}; say how many there are with "evenkeel slots set ${name} ${count}", or ask for less.`
  return { step, reason }
}
