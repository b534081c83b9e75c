import type { Trigger } from '@evenkeel/contract'
import { pathTo } from '../shell/paths.ts'
import { Brief, formatDateTime, PageLink, StateWord, Time } from '../ui/index.ts'
import { Outcome } from './Firings.tsx'
import { PauseTrigger } from './PauseTrigger.tsx'
import css from './TriggerTable.module.css'
import { triggerWords } from './trigger-words.ts'

interface TriggerTableProps {
  readonly triggers: readonly Trigger[]
  /** Whether each row says which pipeline it starts. */
  readonly ofAll?: boolean
}

/** Triggers with what they listen to, whether they do, and what came of the last occasion. */
export function TriggerTable({ triggers, ofAll = false }: TriggerTableProps) {
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>Trigger</th>
          <th>Listens</th>
          <th>State</th>
          <th>Last occasion</th>
          <th>
            <span className={css['hidden']}>Action</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {triggers.map((trigger) => (
          <Row key={`${trigger.pipeline}/${trigger.name}`} trigger={trigger} ofAll={ofAll} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ trigger, ofAll }: { readonly trigger: Trigger; readonly ofAll: boolean }) {
  const { pipeline, name, spec, lastFiring, nextAt } = trigger
  return (
    <tr>
      <th scope="row" className={css['name']}>
        {name}
        {ofAll && (
          <p>
            of{' '}
            <PageLink href={pathTo('pipelines', pipeline)} data-row>
              {pipeline}
            </PageLink>
          </p>
        )}
      </th>
      <td data-label="Listens" className={css['listens']}>
        {triggerWords(spec.on)}
        {nextAt && <p>Next on {formatDateTime(nextAt)} UTC.</p>}
      </td>
      <td className={css['state']}>
        <State trigger={trigger} />
      </td>
      <td data-label="Last occasion" className={css['last']}>
        {lastFiring ? (
          <>
            <div className="ek-row">
              <Outcome firing={lastFiring} />
              <span className="ek-dim">
                <Time at={lastFiring.firedAt} />
              </span>
            </div>
            <p>
              <Brief text={lastFiring.says} />
            </p>
          </>
        ) : (
          <span className="ek-dim">none yet</span>
        )}
      </td>
      <td>
        <PauseTrigger trigger={trigger} />
      </td>
    </tr>
  )
}

function State({ trigger: { paused, spec, problem } }: { readonly trigger: Trigger }) {
  if (!spec.enabled) return <StateWord state="stopped">off</StateWord>
  if (!paused && problem) {
    return (
      <>
        <StateWord state="failed">sees nothing</StateWord>
        <p>
          <Brief text={problem} />
        </p>
      </>
    )
  }
  if (!paused) return <StateWord state="done">on</StateWord>
  return (
    <>
      <StateWord state="attention">paused</StateWord>
      <p>
        by {paused.by} <Time at={paused.at} />: {paused.why}
      </p>
    </>
  )
}
