import type { AnyApproval, PromotionApproval, StepApproval } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { ApprovalPanel } from '../deployment/ApprovalPanel.tsx'
import { pathTo, pathToVersion, shortRun } from '../shell/paths.ts'
import { Card, formatDateTime, Loaded, PageHead, PageLink, StateWord, Time } from '../ui/index.ts'
import { Decision } from './Decision.tsx'
import { Evidence } from './Evidence.tsx'
import { approvalQuery } from './queries.ts'
import { APPROVAL_STATES, askedWords, subjectOf } from './words.ts'

/** What is asked, on what evidence, and who has decided? */
export function ApprovalPage() {
  const { approval: id } = useParams({ from: '/approvals/$approval' })
  const approval = useQuery(approvalQuery(id))
  return (
    <div className="ek-page">
      <PageHead
        title={approval.data ? subjectOf(approval.data) : 'Approval'}
        kind="Approval"
        note={approval.data && <Summary approval={approval.data} />}
      />
      <Loaded query={approval} height={400}>
        {(data) => <Body approval={data} />}
      </Loaded>
    </div>
  )
}

function Summary({ approval }: { readonly approval: AnyApproval }) {
  const { state, reason, requestedBy, requestedAt, expiresAt } = approval
  return (
    <>
      <div className="ek-row">
        <StateWord state={APPROVAL_STATES[state].mark}>{APPROVAL_STATES[state].word}</StateWord>
        {reason && <span>{reason}</span>}
      </div>
      <div>
        {requestedBy} asked <Time at={requestedAt} />
        {state === 'pending' && ` · expires ${formatDateTime(expiresAt)} UTC`} · <About approval={approval} />
      </div>
    </>
  )
}

function Body({ approval }: { readonly approval: AnyApproval }) {
  switch (approval.kind) {
    case 'version':
      return <ApprovalPanel id={approval.id} />
    case 'step':
      return <OfStep approval={approval} />
    case 'promotion':
      return <OfPromotion approval={approval} />
  }
}

/** A way to what is decided on. */
function About({ approval }: { readonly approval: AnyApproval }) {
  switch (approval.kind) {
    case 'version':
      return <PageLink href={pathToVersion(approval.model, approval.version)}>version {approval.version}</PageLink>
    case 'step':
      return <PageLink href={pathTo('runs', approval.run)}>run {shortRun(approval.run)}</PageLink>
    case 'promotion':
      return <PageLink href={pathTo('pipelines', approval.pipeline)}>pipeline {approval.pipeline}</PageLink>
  }
}

function OfPromotion({ approval }: { readonly approval: PromotionApproval }) {
  const { id, state, comment, version, fromVersion, environment, evidence } = approval
  const before = fromVersion === null ? 'Nothing was in force.' : `In force was version ${fromVersion}.`
  return (
    <Card
      title={comment || `Shall version ${version} run in ${environment}?`}
      note={`When people were asked: ${before}`}
    >
      <ul>
        {evidence.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {state === 'pending' && (
        <Decision
          id={id}
          note="Who asked for it, or made the release, may not approve it. Approved, it is in force at once."
          done="Your decision is recorded."
        />
      )}
    </Card>
  )
}

function OfStep({ approval }: { readonly approval: StepApproval }) {
  const { id, state, message, decisions, evidence, evidenceDigest } = approval
  return (
    <>
      <Card title={message || 'Shall the run go on?'} note={`Asked: ${askedWords(approval)}.`}>
        {decisions.length > 0 && (
          <ul>
            {decisions.map(({ by, decision, to, reason, at }) => (
              <li key={`${by} ${at}`}>
                {by} {SAID[decision]}
                {to && ` ${to}`} <Time at={at} />
                {reason && `: ${reason}`}
              </li>
            ))}
          </ul>
        )}
        {state === 'pending' && (
          <Decision
            id={id}
            note="Who started the run, or wrote the trigger that did, may not approve it. One rejection rejects."
            done="Your decision is recorded."
          />
        )}
      </Card>
      <Evidence evidence={evidence} digest={evidenceDigest} />
    </>
  )
}

const SAID = { approve: 'approved', reject: 'rejected', delegate: 'handed the voice to' } as const
