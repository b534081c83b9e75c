import type { PipelineVersion } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Card, Commit, formatCount, Loaded, Time } from '../ui/index.ts'
import { versionsQuery } from './queries.ts'

/** Who wrote which version, when, and from which commit. */
export function Versions({ pipeline }: { readonly pipeline: string }) {
  const versions = useQuery(versionsQuery(pipeline))
  return (
    <Card title="Versions" note="Newest first; a version never changes." flush>
      <Loaded query={versions} height={160}>
        {({ items }) => (
          <table className="ek-table ek-stack">
            <thead>
              <tr>
                <th>Version</th>
                <th>Written</th>
                <th>By</th>
                <th>Commit</th>
                <th className="ek-num">Steps</th>
              </tr>
            </thead>
            <tbody>
              {items.map((version) => (
                <Row key={version.version} version={version} />
              ))}
            </tbody>
          </table>
        )}
      </Loaded>
    </Card>
  )
}

function Row({ version: { version, spec, createdBy, createdAt } }: { readonly version: PipelineVersion }) {
  return (
    <tr>
      <th scope="row">v{version}</th>
      <td data-label="Written">
        <Time at={createdAt} />
      </td>
      <td data-label="By">{createdBy}</td>
      <td data-label="Commit">
        <Commit commit={spec.commit} />
      </td>
      <td className="ek-num" data-label="Steps">
        {formatCount(spec.steps.length)}
      </td>
    </tr>
  )
}
