import { useState } from 'react'
import { api } from '../api.ts'
import { Button, ErrorPanel, Textarea } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import css from './Decision.module.css'

const SHORTEST_REASON = 3

interface DecisionProps {
  readonly id: string
  /** Who may not decide. */
  readonly note: string
  readonly done: string
}

/** Approve or reject, with a reason. */
export function Decision({ id, note, done }: DecisionProps) {
  const [reason, setReason] = useState('')
  const decide = useAction(
    (decision: 'approve' | 'reject') =>
      api.governance.decide({ params: { approval: id }, body: { decision, reason: reason.trim() } }),
    done,
  )
  const off = reason.trim().length < SHORTEST_REASON ? 'Give a reason first; it is kept in the audit log.' : undefined
  return (
    <div className={css['decision']}>
      <Textarea
        label="Your reason"
        description={note}
        autosize
        minRows={3}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
      />
      {decide.error && <ErrorPanel error={decide.error} />}
      <div className="ek-row">
        <Button kind="primary" disabledReason={off} busy={decide.isPending} onClick={() => decide.mutate('approve')}>
          Approve
        </Button>
        <Button kind="danger" disabledReason={off} busy={decide.isPending} onClick={() => decide.mutate('reject')}>
          Reject
        </Button>
      </div>
    </div>
  )
}
