import { costInWords, type RunCost } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Card, Empty, formatCount, Loaded } from '../ui/index.ts'
import { COST_DAYS, costsQuery } from './queries.ts'

/** What its attempts used, day by day. */
export function Costs({ pipeline }: { readonly pipeline: string }) {
  const costs = useQuery(costsQuery(pipeline))
  return (
    <Card title="Cost" note={`Of the last ${COST_DAYS} days, by the day (UTC) on which attempts began.`} flush>
      <Loaded query={costs} height={160}>
        {({ days, total }) =>
          days.length === 0 ? (
            <Empty title={`It ran nothing in the last ${COST_DAYS} days.`} />
          ) : (
            <table className="ek-table ek-stack">
              <thead>
                <tr>
                  <th>Day</th>
                  <th className="ek-num">Attempts</th>
                  {costInWords(total).map(([name]) => (
                    <th key={name} className="ek-num">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                <Row name="all" cost={total} />
                {days.map(({ day, ...cost }) => (
                  <Row key={day} name={day} cost={cost} />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Card>
  )
}

const Row = ({ name, cost }: { readonly name: string; readonly cost: RunCost }) => (
  <tr>
    <th scope="row">{name}</th>
    <td className="ek-num" data-label="Attempts">
      {formatCount(cost.attempts)}
    </td>
    {costInWords(cost).map(([label, words]) => (
      <td key={label} className="ek-num" data-label={label}>
        {words}
      </td>
    ))}
  </tr>
)
