import type { ApprovalSpec, ApprovalState } from '@evenkeel/contract'
import { type End, end, type EndState } from './ending.ts'
import { changeStep, type States, type StepNow } from './states.ts'

/** A request of a step, as far as the engine has to know it. Moments are epoch milliseconds. */
export interface ApprovalNow {
  readonly state: ApprovalState
  readonly expiresAt: number
  /** How it ended, in words; null while it is pending. */
  readonly says: string | null
}

export interface Ask {
  readonly kind: 'ask'
  readonly step: string
  readonly reason: string
  readonly expiresAt: number
}

/** A step that is ready asks people in place of starting a command. */
export const askPeople = (step: string, approval: ApprovalSpec, now: number): { readonly action: Ask } => ({
  action: { kind: 'ask', step, reason: whoIsAsked(approval), expiresAt: now + approval.expiresSeconds * 1000 },
})

/** `It waits for 2 of ben, ana and cem: Is it good?` */
export function whoIsAsked({ by, count, message }: Pick<ApprovalSpec, 'by' | 'count' | 'message'>): string {
  const people = count === 1 ? 'somebody who may approve' : `${count} people who may approve`
  const named = by && (by.length === count ? listed(by) : `${count} of ${listed(by)}`)
  return `It waits for ${named ?? people}${message ? `: ${message}` : '.'}`
}

export function listed(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join('')
}

/** A step that has asked: ends by a decision or when nobody decides in time. */
export function decideAsked(
  step: StepNow,
  { state, expiresAt, says }: ApprovalNow,
  now: number,
): { readonly action: End } | { readonly wakeAt: number } {
  switch (state) {
    case 'pending':
      if (now < expiresAt) return { wakeAt: expiresAt }
      return end(step, 'failed', 'It expired: nobody decided in time.')
    case 'approved':
      return end(step, 'succeeded', says ?? 'Approved.')
    case 'rejected':
    case 'expired':
      return end(step, 'failed', says ?? `It was ${state}.`)
    case 'withdrawn':
      return end(step, 'cancelled', says ?? 'It was withdrawn.')
  }
}

/** What becomes of a request when its step ends: one that is pending then was not decided. */
export function closeRequest(
  approval: ApprovalNow | null,
  { state, reason }: { readonly state: EndState; readonly reason: string },
): ApprovalNow | null {
  if (approval?.state !== 'pending') return approval
  return { ...approval, state: state === 'cancelled' ? 'withdrawn' : 'expired', says: reason }
}

/** People have decided, or one of several has agreed: `says` is how far it is then. */
export const recordDecision = (
  states: States,
  key: string,
  state: 'pending' | 'approved' | 'rejected',
  says: string,
): States =>
  changeStep(states, key, (step) => ({
    ...step,
    ...(state === 'pending' && { reason: says }),
    approval: step.approval && { ...step.approval, state, says: state === 'pending' ? null : says },
  }))
