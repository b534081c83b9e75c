import { type ModelTrial, plural, type Signature, type TrialComparison } from '@evenkeel/contract'
import { Card, Facts, Figure, formatMs, formatNumber, StateWord } from '../ui/index.ts'

const MOST = 20
const MOST_INPUTS = 8

interface TrialResultProps {
  readonly trial: ModelTrial
  readonly signature: Signature
}

/** What a model answered, how fast, and whether it was as expected. */
export function TrialResult({ trial, signature }: TrialResultProps) {
  const { latencyMs, loadMs, comparison, notFiniteCount, rows } = trial
  return (
    <>
      <Card title="What came of it" note="Measured on this server, one row at a time">
        <Facts>
          <Figure label="Rows" value={rows.length} />
          <Figure label="Latency, median" value={formatMs(latencyMs.p50)} />
          <Figure label="95th percentile" value={formatMs(latencyMs.p95)} />
          <Figure label="Loaded in" value={formatMs(loadMs)} />
        </Facts>
        <p role="status">
          {comparison ? <Verdict comparison={comparison} /> : 'Nothing was expected, so nothing was compared.'}
        </p>
        {notFiniteCount > 0 && (
          <p>
            <StateWord state="attention">
              {plural(notFiniteCount, 'answer')} with a value that is no finite number
            </StateWord>
          </p>
        )}
      </Card>
      {comparison && comparison.differing.length > 0 && <Differing comparison={comparison} />}
      <Answers trial={trial} signature={signature} />
    </>
  )
}

function Verdict({
  comparison: { rowCount, differingCount, largestDifference },
}: {
  readonly comparison: TrialComparison
}) {
  const furthest = largestDifference === null ? '' : `, the largest difference is ${exact(largestDifference)}`
  return differingCount === 0 ? (
    <StateWord state="done">
      {rowCount === 0 ? 'No row has an expected answer' : `${plural(rowCount, 'answer')} as expected${furthest}`}
    </StateWord>
  ) : (
    <StateWord state="failed">
      {differingCount} of {plural(rowCount, 'answer')} not as expected{furthest}
    </StateWord>
  )
}

/** Differences are often far below what is rounded elsewhere. */
const exact = (value: number) => (value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : formatNumber(value))

function Differing({ comparison: { output, differing, differingCount } }: { readonly comparison: TrialComparison }) {
  return (
    <Card
      title={`Rows whose ${output} differs`}
      note={differingCount > differing.length ? `The first ${differing.length} of ${differingCount}` : undefined}
      flush
    >
      <table className="ek-table">
        <thead>
          <tr>
            <th>Row</th>
            <th className="ek-num">Expected</th>
            <th className="ek-num">Got</th>
          </tr>
        </thead>
        <tbody>
          {differing.map(({ row, expected, got }) => (
            <tr key={row}>
              <th scope="row">{row}</th>
              <td className="ek-num">{wordsOf(expected)}</td>
              <td className="ek-num">{wordsOf(got)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function Answers({ trial: { rows, outputs }, signature }: TrialResultProps) {
  const inputs = signature.inputs.slice(0, MOST_INPUTS).map(({ name }) => name)
  const left = signature.inputs.length - inputs.length
  const notes = [
    ...(rows.length > MOST ? [`the first ${MOST} of ${rows.length} rows`] : []),
    ...(left > 0 ? [`without ${plural(left, 'more input')}`] : []),
  ]
  return (
    <Card title="Answers" note={notes.join(', ')} flush>
      <table className="ek-table">
        <thead>
          <tr>
            <th>Row</th>
            {inputs.map((name) => (
              <th key={name} className="ek-num">
                {name}
              </th>
            ))}
            {outputs.map(({ name }) => (
              <th key={name} className="ek-num">
                → {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, MOST).map((row, at) => (
            // A row has no name but its place.
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={at}>
              <th scope="row">{at + 1}</th>
              {inputs.map((name) => (
                <td key={name} className="ek-num ek-dim">
                  {wordsOf([row[name] ?? null].flat())}
                </td>
              ))}
              {outputs.map(({ name, values }) => (
                <td key={name} className="ek-num">
                  {wordsOf(values[at] ?? [])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

type Cell = ModelTrial['outputs'][number]['values'][number][number]

const wordsOf = (values: readonly Cell[]): string =>
  values
    .slice(0, 6)
    .map((value) => (typeof value === 'number' ? formatNumber(value) : value === null ? '–' : String(value)))
    .join(', ') + (values.length > 6 ? ', …' : '')
