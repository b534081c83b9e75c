import type { RunDetail } from '@evenkeel/contract'
import { Card } from '../ui/index.ts'
import css from './TrackedRun.module.css'

/** What the run read, as its client told. */
export function Datasets({ datasets }: Pick<RunDetail, 'datasets'>) {
  if (datasets.length === 0) return null
  return (
    <Card title="Data" flush>
      <table className="ek-table ek-stack">
        <thead>
          <tr>
            <th>Data set</th>
            <th>Used for</th>
            <th>Digest</th>
            <th>Source</th>
          </tr>
        </thead>
        <tbody>
          {datasets.map(({ name, digest, source, sourceType, tags }) => (
            <tr key={`${name} ${digest}`}>
              <th scope="row">{name}</th>
              <td data-label="Used for">{tags['mlflow.data.context'] ?? '–'}</td>
              <td data-label="Digest">
                <code>{digest}</code>
              </td>
              <td data-label="Source" className={css['long']}>
                {sourceType} <code>{source}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
