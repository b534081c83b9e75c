import type { CachePart as CachePartSchema, RunStep } from '@evenkeel/contract'
import type { z } from 'zod'
import { useQuery } from '@tanstack/react-query'
import { explanationQuery } from '../pipeline/queries.ts'
import { pathTo, shortRun } from '../shell/paths.ts'
import { ErrorPanel, PageLink, Part, Time } from '../ui/index.ts'
import css from './Explanation.module.css'

type CachePart = z.infer<typeof CachePartSchema>

interface ExplanationProps {
  readonly run: string
  readonly step: RunStep
}

/** Why a step ran, or what took its place: part by part against the time before. */
export function Explanation({ run, step }: ExplanationProps) {
  const { data, error, refetch } = useQuery(explanationQuery(run, step.key))
  const compared = data?.comparedWith
  return (
    <Part title={step.state === 'cached' ? 'Why was it reused?' : 'Why did it run?'}>
      <p>{step.cache?.says}</p>
      {step.cache?.fromRun && (
        <p>
          <PageLink href={`${pathTo('runs', step.cache.fromRun)}?step=${encodeURIComponent(step.key)}`}>
            The run it comes from
          </PageLink>
        </p>
      )}
      {error && <ErrorPanel error={error} retry={() => void refetch()} />}
      {compared && (
        <p className="ek-dim">
          Compared with <PageLink href={pathTo('runs', compared.run)}>run {shortRun(compared.run)}</PageLink>,{' '}
          <Time at={compared.at} />
        </p>
      )}
      {data && compared && <Differences parts={data.parts} />}
    </Part>
  )
}

function Differences({ parts }: { readonly parts: readonly CachePart[] }) {
  const changed = parts.filter(({ changes }) => changes.length > 0)
  const same = parts.filter(({ changes }) => changes.length === 0)
  return (
    <>
      {changed.length > 0 && (
        <ul className={css['changes']}>
          {changed.map(({ part, changes }) => (
            <li key={part}>
              <strong>{part}</strong>
              {changes.map((line) => (
                <p key={line}>{line}</p>
              ))}
            </li>
          ))}
        </ul>
      )}
      {same.length > 0 && <p className="ek-dim">As before: {same.map(({ part }) => part).join(', ')}.</p>}
    </>
  )
}
