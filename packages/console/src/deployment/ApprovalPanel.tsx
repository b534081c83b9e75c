import type { Approval } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Decision } from '../approval/Decision.tsx'
import { approvalQuery } from '../approval/queries.ts'
import { pathToVersion } from '../shell/paths.ts'
import { Card, formatDateTime, Loaded, PageLink, Time } from '../ui/index.ts'
import css from './ApprovalPanel.module.css'

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
  const { id, model, version, environment, requestedBy, requestedAt, expiresAt, comment, evidence } = approval
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
        <Decision
          id={id}
          note="Who asked for or trained a version may not approve it."
          done={`The request for version ${version} is decided.`}
        />
      </div>
    </Card>
  )
}
