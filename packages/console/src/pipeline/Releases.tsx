import type { Release } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Brief, Card, Commit, CopyLine, Empty, Loaded, Time } from '../ui/index.ts'
import { releasesQuery } from './queries.ts'

/** What was released, by whom, from which commit, and where it is in force. */
export function Releases({ pipeline }: { readonly pipeline: string }) {
  const releases = useQuery(releasesQuery(pipeline))
  return (
    <Card title="Releases" note="Signed, and never changed." flush>
      <Loaded query={releases} height={120}>
        {({ items }) => (items.length === 0 ? <None pipeline={pipeline} /> : <Table releases={items} />)}
      </Loaded>
    </Card>
  )
}

const None = ({ pipeline }: { readonly pipeline: string }) => (
  <Empty title="No version was released yet; this releases the newest.">
    <CopyLine text={`evenkeel release ${pipeline}`} />
  </Empty>
)

const Table = ({ releases }: { readonly releases: readonly Release[] }) => (
  <table className="ek-table ek-stack">
    <thead>
      <tr>
        <th>Release</th>
        <th>In force in</th>
        <th>Released</th>
        <th>By</th>
        <th>Commit</th>
        <th>Notes</th>
      </tr>
    </thead>
    <tbody>
      {releases.map((release) => (
        <Row key={release.version} release={release} />
      ))}
    </tbody>
  </table>
)

function Row({ release: { version, document, imported, inForceIn } }: { readonly release: Release }) {
  const { releasedAt, releasedBy, commit, notes } = document
  return (
    <tr>
      <th scope="row">v{version}</th>
      <td data-label="In force in">{inForceIn.join(', ') || <span className="ek-dim">nowhere</span>}</td>
      <td data-label="Released">
        <Time at={releasedAt} />
      </td>
      <td data-label="By">
        {releasedBy}
        {imported && ', elsewhere'}
      </td>
      <td data-label="Commit">
        <Commit commit={commit} />
      </td>
      <td data-label="Notes">{notes ? <Brief text={notes} /> : '–'}</td>
    </tr>
  )
}
