import type { Firing } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { pathTo } from '../shell/paths.ts'
import { Brief, Card, Empty, formatDate, Loaded, type MarkState, PageLink, StateWord, Time } from '../ui/index.ts'
import css from './Firings.module.css'
import { firingsQuery } from './queries.ts'

/** Every occasion on which a trigger could have started the pipeline, and what came of it. */
export function Firings({ pipeline }: { readonly pipeline: string }) {
  const firings = useQuery(firingsQuery(pipeline))
  return (
    <Card title="Firings" note="Each occasion, newest first, also those that started nothing." flush>
      <Loaded query={firings} height={160}>
        {({ items }) => (items.length === 0 ? <Empty title="No trigger has fired yet." /> : <Table firings={items} />)}
      </Loaded>
    </Card>
  )
}

function Table({ firings }: { readonly firings: readonly Firing[] }) {
  return (
    <div className={css['scroll']} tabIndex={0} role="group" aria-label="Firings">
      <table className="ek-table ek-stack">
        <thead>
          <tr>
            <th>When</th>
            <th>Trigger</th>
            <th>Came of it</th>
            <th>Because</th>
          </tr>
        </thead>
        <tbody>
          {firings.map((firing) => (
            <tr key={firing.id}>
              <th scope="row" className={css['when']}>
                <Time at={firing.firedAt} />
                {firing.eventTime && <p>event time {formatDate(firing.eventTime)}</p>}
              </th>
              <td data-label="Trigger">{firing.trigger}</td>
              <td>
                <Outcome firing={firing} />
              </td>
              <td data-label="Because">
                <Brief text={firing.says} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const OUTCOMES: Readonly<Record<Firing['outcome'], { readonly mark: MarkState; readonly word: string }>> = {
  started: { mark: 'done', word: 'started a run' },
  skipped: { mark: 'skipped', word: 'started nothing' },
  pending: { mark: 'waiting', word: 'waits' },
}

/** What came of one occasion, with the run when there is one. */
export function Outcome({ firing: { outcome, runId } }: { readonly firing: Firing }) {
  const { mark, word: says } = OUTCOMES[outcome]
  const word = <StateWord state={mark}>{says}</StateWord>
  if (runId === null) return word
  return <PageLink href={pathTo('runs', runId)}>{word}</PageLink>
}
