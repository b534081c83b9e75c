import type { PredictionRecord } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { Card, Empty, formatDateTime, formatMs, formatNumber, Loaded } from '../ui/index.ts'
import { ARMS } from './arms.ts'
import css from './Predictions.module.css'
import { predictionsQuery } from './queries.ts'

/** The newest answers with what was asked. */
export function Predictions({ endpoint }: { readonly endpoint: string }) {
  const predictions = useQuery({ ...predictionsQuery(endpoint), refetchInterval: useCounterIntervalMs() })
  return (
    <Card title="Recent predictions" note="The newest recorded; event times in UTC." flush>
      <Loaded query={predictions} height={300}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="None recorded yet; a call of the endpoint is." />
          ) : (
            <Rows records={items} />
          )
        }
      </Loaded>
    </Card>
  )
}

function Rows({ records }: { readonly records: readonly PredictionRecord[] }) {
  return (
    <div className={css['scroll']} tabIndex={0} role="group" aria-label="Recent predictions">
      <table className="ek-table">
        <thead>
          <tr>
            <th>Event time</th>
            <th>Id</th>
            <th className="ek-num">Score</th>
            <th>Answered by</th>
            <th className="ek-num">Took</th>
            <th>Inputs</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.id}>
              <td className={css['when']}>{formatDateTime(record.eventTime)}</td>
              <td className={css['when']}>{record.id}</td>
              <td className="ek-num">{record.error ?? (record.score === null ? '–' : record.score.toFixed(3))}</td>
              <td className={css['when']}>
                v{record.version}, {ARMS[record.arm].name}
              </td>
              <td className="ek-num">{formatMs(record.latencyUs / 1000)}</td>
              <td className={css['inputs']}>{inputsOf(record)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const inputsOf = ({ features }: PredictionRecord): string =>
  Object.entries(features)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? formatNumber(value) : String(value)}`)
    .join(' · ')
