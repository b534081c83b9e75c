import { listed } from '../engine/asking.ts'
import type { Voice } from './store.ts'

/** One who has decided. */
export interface Vote {
  readonly by: string
  readonly decision: 'approve' | 'reject'
  readonly reason: string
}

export interface Verdict {
  readonly state: 'pending' | 'approved' | 'rejected'
  readonly says: string
}

/** Whether this person is asked. @param voices - null: anybody who may approve is */
export const isAsked = (voices: readonly Voice[] | null, user: string): boolean =>
  voices === null || voices.some(({ heldBy }) => heldBy === user)

/** What the votes come to: one rejection rejects, and each person counts once. */
export function verdictOf(votes: readonly Vote[], count: number): Verdict {
  const against = votes.find(({ decision }) => decision === 'reject')
  if (against) return { state: 'rejected', says: `Rejected by ${against.by}: ${against.reason}` }
  const people = new Map(votes.map((vote) => [vote.by, vote]))
  const names = listed([...people.keys()])
  if (people.size < count) {
    const missing = count - people.size
    return { state: 'pending', says: `Approved by ${names}; it waits for ${missing} more.` }
  }
  return { state: 'approved', says: `Approved by ${names}: ${votes.map(({ reason }) => reason).join('; ')}` }
}

/** Why a voice cannot go to this person, or `undefined`. */
export function whyNotDelegate(
  voices: readonly Voice[] | null,
  to: string,
  { votes, startedBy }: { readonly votes: readonly Vote[]; readonly startedBy: string | null },
): string | undefined {
  if (voices === null) return 'Anybody who may approve is asked, so there is no voice to hand on.'
  if (voices.some(({ heldBy }) => heldBy === to)) return `${to} is asked already, and each person counts once.`
  if (votes.some(({ by }) => by === to)) return `${to} has decided already, and each person counts once.`
  if (startedBy === to) return `${to} started the run.`
  return undefined
}

export const handOn = (voices: readonly Voice[], from: string, to: string): Voice[] =>
  voices.map((voice) => (voice.heldBy === from ? { ...voice, heldBy: to } : voice))
