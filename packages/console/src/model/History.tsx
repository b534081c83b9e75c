import { useInfiniteQuery } from '@tanstack/react-query'
import { Brief, Card, Empty, Loaded, More, Time } from '../ui/index.ts'
import css from './History.module.css'
import { historyQuery } from './queries.ts'

/** Who did what to this model, when and why. */
export function History({ model }: { readonly model: string }) {
  const history = useInfiniteQuery(historyQuery(model))
  return (
    <Card title="History" note="Newest first.">
      <Loaded query={history} height={420}>
        {({ pages }) => {
          const entries = pages.flatMap(({ items }) => items)
          if (entries.length === 0) return <Empty title="Nothing happened yet." />
          return (
            <ol className={css['list']}>
              {entries.map(({ id, at, by, what, why }) => (
                <li key={id}>
                  <span className={css['when']}>
                    <Time at={at} />
                  </span>
                  <span>
                    <span className={css['what']}>{what}</span>
                    {by && <span className="ek-dim"> by {by}</span>}
                    {why && (
                      <p className={css['why']}>
                        <Brief text={why} />
                      </p>
                    )}
                  </span>
                </li>
              ))}
            </ol>
          )
        }}
      </Loaded>
      <More query={history}>Show what was before</More>
    </Card>
  )
}
