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

/** `flights-delay@5 in production`, `approve of flights-training`, `release flights-training@7 in production`. */
export function subjectOf(approval: AnyApproval): string {
  switch (approval.kind) {
    case 'version':
      return `${approval.model}@${approval.version} in ${approval.environment}`
    case 'step':
      return `${approval.step} of ${approval.pipeline}`
    case 'promotion':
      return `release ${approval.pipeline}@${approval.version} in ${approval.environment}`
  }
}

/** `ben (for ana), cem; 2 must agree` */
export function askedWords({ voices, count }: Pick<StepApproval, 'voices' | 'count'>): string {
  const names = voices?.map(({ of, heldBy }) => (of === heldBy ? of : `${heldBy} (for ${of})`)).join(', ')
  return `${names ?? 'anybody who may approve'}; ${count === 1 ? 'one' : count} must agree`
}
