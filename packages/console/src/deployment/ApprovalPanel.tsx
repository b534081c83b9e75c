import type { Approval } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api.ts'
import { pathToVersion } from '../shell/paths.ts'
import { Button, Card, ErrorPanel, formatDateTime, Loaded, PageLink, Textarea, Time } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import css from './ApprovalPanel.module.css'
import { approvalQuery } from './queries.ts'

/** A request for approval: what was asked and the evidence beside the decision. */
export function ApprovalPanel({ id }: { readonly id: string }) {
  const approval = useQuery(approvalQuery(id))
  return (
    <Loaded query={approval} height={220}>
      {(data) => (data.kind === 'version' && data.state === 'pending' ? <Request approval={data} /> : null)}
    </Loaded>
  )
}

function Request({ approval }: { readonly approval: Approval }) {
  const { model, version, environment, requestedBy, requestedAt, expiresAt, comment, evidence } = approval
  return (
    <Card
      title={`Version ${version} asks to enter ${environment}`}
      note={
        <>
          {requestedBy} asked <Time at={requestedAt} /> · expires {formatDateTime(expiresAt)} UTC
        </>
      }
    >
      <div className={css['columns']}>
        <div>
          {comment && (
            <blockquote className={css['comment']}>
              {comment}
              <footer>— {requestedBy}</footer>
            </blockquote>
          )}
          <ul className={css['evidence']}>
            {evidence.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
          <PageLink href={pathToVersion(model, version)}>Everything about version {version}</PageLink>
        </div>
        <Decision approval={approval} />
      </div>
    </Card>
  )
}

const SHORTEST_REASON = 3

function Decision({ approval: { id, version } }: { readonly approval: Approval }) {
  const [reason, setReason] = useState('')
  const decide = useAction(
    (decision: 'approve' | 'reject') =>
      api.governance.decide({ params: { approval: id }, body: { decision, reason: reason.trim() } }),
    `The request for version ${version} is decided.`,
  )
  const off = reason.trim().length < SHORTEST_REASON ? 'Give a reason first; it is kept in the audit log.' : undefined
  return (
    <div className={css['decision']}>
      <Textarea
        label="Your reason"
        description="Who asked for or trained a version may not approve it."
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
