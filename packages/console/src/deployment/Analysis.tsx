import type { CanaryCheck, Rollout } from '@evenkeel/contract'
import { Card, formatCount, Meter, StateWord } from '../ui/index.ts'
import { CHECKS, formatDifference, VERDICTS } from './analysis-words.ts'
import css from './Analysis.module.css'

/** Canary against baseline, check by check; sound however often one looks. */
export function Analysis({ rollout: { analysis, plan } }: { readonly rollout: Rollout }) {
  return (
    <Card
      title="Analysis"
      note={`Canary against a fresh baseline. The chance of calling a good version worse stays below ${plan.alpha * 100} %, however often one looks.`}
      flush
    >
      <table className="ek-table ek-stack">
        <thead>
          <tr>
            <th>Check</th>
            <th className="ek-num">Canary</th>
            <th className="ek-num">Baseline</th>
            <th className="ek-num">Difference, with interval</th>
            <th>Verdict</th>
          </tr>
        </thead>
        <tbody>
          {analysis.map((check) => (
            <CheckRow key={check.name} check={check} />
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function CheckRow({ check }: { readonly check: CanaryCheck }) {
  const { name, decides, verdict, canary, baseline, difference, interval, unitCount, evidence, needed, says } = check
  const { title, asks } = CHECKS[name]
  const { mark, word } = VERDICTS[verdict]
  return (
    <tr>
      <th scope="row" className={css['check']}>
        {title} {!decides && <span className="ek-tag">decides nothing</span>}
        <p>{asks}</p>
      </th>
      <td className="ek-num" data-label="Canary">
        {canary || '–'}
      </td>
      <td className="ek-num" data-label="Baseline">
        {baseline || '–'}
      </td>
      <td className="ek-num" data-label="Difference">
        {difference === null ? '–' : formatDifference(name, difference)}
        {interval && (
          <p className={css['note']}>
            {formatDifference(name, interval.low)} to {formatDifference(name, interval.high)}
          </p>
        )}
      </td>
      <td className={css['verdict']} data-label="Verdict">
        <StateWord state={mark}>{word}</StateWord>
        {/* The verdict stands above; only what it adds is said again. */}
        <p className={css['note']}>{says.replace(`${word}: `, '')}</p>
        {evidence !== null && needed !== null && verdict === 'not_enough_data' && (
          <Meter
            share={evidence / needed}
            label={`Evidence ${evidence.toFixed(1)} of ${needed.toFixed(1)} after ${formatCount(unitCount)}`}
          />
        )}
      </td>
    </tr>
  )
}
