import type { Rollout } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { pathToVersion } from '../shell/paths.ts'
import { Card, Empty, formatCount, formatDateTime, Loaded, PageLink, StateWord, Time } from '../ui/index.ts'
import { rolloutsQuery } from './queries.ts'
import { ROLLOUT_STATES } from './rollout-words.ts'
import css from './RolloutHistory.module.css'

/** Every rollout of this endpoint and how it ended. */
export function RolloutHistory({ endpoint }: { readonly endpoint: string }) {
  const rollouts = useQuery(rolloutsQuery(endpoint))
  return (
    <Card title="Rollouts" note="Newest first; open one to see every move." flush>
      <Loaded query={rollouts} height={200}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No rollout yet." />
          ) : (
            items.map((one) => <Row key={one.id} rollout={one} />)
          )
        }
      </Loaded>
    </Card>
  )
}

function Row({ rollout }: { readonly rollout: Rollout }) {
  const { model, fromVersion, toVersion, state, says, startedAt, requestCount, failedRequestCount, history } = rollout
  const { mark, word } = ROLLOUT_STATES[state]
  return (
    <details className={css['rollout']}>
      <summary data-row>
        <span className={css['versions']}>
          {fromVersion === null ? `v${toVersion}` : `v${fromVersion} → v${toVersion}`}
        </span>
        <StateWord state={mark}>{word}</StateWord>
        <span className={css['says']}>{says}</span>
        <span className={css['when']}>
          <Time at={startedAt} />
        </span>
      </summary>
      <div className={css['moves']}>
        <ol>
          {history.map((move) => (
            <li key={`${move.at} ${move.state}`}>
              <span className="ek-dim">{formatDateTime(move.at)}</span>
              <StateWord state={ROLLOUT_STATES[move.state].mark}>{ROLLOUT_STATES[move.state].word}</StateWord>
              <span>
                {move.says} <span className="ek-dim">({move.by})</span>
              </span>
            </li>
          ))}
        </ol>
        <p className="ek-dim">
          {formatCount(requestCount)} requests, {formatCount(failedRequestCount)} failed ·{' '}
          <PageLink href={pathToVersion(model, toVersion)}>version {toVersion}</PageLink>
        </p>
      </div>
    </details>
  )
}
