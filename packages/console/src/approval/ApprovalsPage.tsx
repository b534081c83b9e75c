import type { AnyApproval } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { pathTo } from '../shell/paths.ts'
import { Brief, Card, Empty, Loaded, PageHead, PageLink, StateWord, Time } from '../ui/index.ts'
import { approvalsQuery } from './queries.ts'
import { APPROVAL_STATES, subjectOf } from './words.ts'

/** What must I decide, on what evidence? */
export function ApprovalsPage() {
  const all = useQuery(approvalsQuery)
  return (
    <div className="ek-page">
      <PageHead title="Approvals" note="What waits for people, and what they decided; newest first." />
      <Loaded query={all} height={300}>
        {({ items }) => (
          <Card title="Requests" flush>
            {items.length === 0 ? <Empty title="Nobody has asked for approval yet." /> : <Table items={items} />}
          </Card>
        )}
      </Loaded>
    </div>
  )
}

function Table({ items }: { readonly items: readonly AnyApproval[] }) {
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>What</th>
          <th>State</th>
          <th>Asked by</th>
          <th>Why</th>
        </tr>
      </thead>
      <tbody>
        {items.map((approval) => (
          <tr key={approval.id}>
            <th scope="row">
              <PageLink href={pathTo('approvals', approval.id)} data-row>
                {subjectOf(approval)}
              </PageLink>
            </th>
            <td>
              <StateWord state={APPROVAL_STATES[approval.state].mark}>{APPROVAL_STATES[approval.state].word}</StateWord>
            </td>
            <td data-label="Asked by">
              {approval.requestedBy} <Time at={approval.requestedAt} />
            </td>
            <td data-label="Why">
              <Brief text={approval.reason ?? (approval.kind === 'step' ? approval.message : approval.comment)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
