import type { AnyApproval, StepApproval } from '@evenkeel/contract'
import type { MarkState } from '../ui/StateMark.tsx'

interface Look {
  readonly mark: MarkState
  readonly word: string
}

/** How each state of a request looks and reads. */
export const APPROVAL_STATES: Readonly<Record<AnyApproval['state'], Look>> = {
  pending: { mark: 'waiting', word: 'waits for people' },
  approved: { mark: 'done', word: 'approved' },
  rejected: { mark: 'failed', word: 'rejected' },
  expired: { mark: 'stopped', word: 'expired' },
  withdrawn: { mark: 'stopped', word: 'withdrawn' },
}

/** `flights-delay@5 in production`, or `approve of flights-training`. */
export const subjectOf = (approval: AnyApproval): string =>
  approval.kind === 'version'
    ? `${approval.model}@${approval.version} in ${approval.environment}`
    : `${approval.step} of ${approval.pipeline}`

/** `ben (for ana), cem; 2 must agree` */
export function askedWords({ voices, count }: Pick<StepApproval, 'voices' | 'count'>): string {
  const names = voices?.map(({ of, heldBy }) => (of === heldBy ? of : `${heldBy} (for ${of})`)).join(', ')
  return `${names ?? 'anybody who may approve'}; ${count === 1 ? 'one' : count} must agree`
}
