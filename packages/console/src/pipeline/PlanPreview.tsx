import { type PlannedStepView, sourceText } from '@evenkeel/contract'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { formatDuration, Loaded, type MarkState, StateWord } from '../ui/index.ts'
import css from './PlanPreview.module.css'
import { planQuery, type RunWish } from './queries.ts'

const ACTIONS: Readonly<Record<PlannedStepView['action'], { readonly mark: MarkState; readonly word: string }>> = {
  run: { mark: 'active', word: 'run' },
  reuse: { mark: 'reused', word: 'reuse' },
  unknown: { mark: 'idle', word: 'not known yet' },
}

/** What each step would do with these params, and why. */
export function PlanPreview({ pipeline, wish }: { readonly pipeline: string; readonly wish: RunWish }) {
  const plan = useQuery({ ...planQuery(pipeline, wish), placeholderData: keepPreviousData, retry: false })
  const { error, refetch } = plan
  return (
    <section aria-label="Plan" className={css['plan']} data-old={plan.isPlaceholderData || undefined}>
      <h3 className={css['title']}>What would happen</h3>
      {/* After an error no earlier plan stands in for this one. */}
      <Loaded query={{ data: error ? undefined : plan.data, error, refetch }} height={120}>
        {({ steps }) => (
          <>
            <p role="status">{totalsOf(steps)}</p>
            <div className={css['scroll']} tabIndex={0} role="group" aria-label="Steps of the plan">
              <table className="ek-table ek-stack">
                <thead>
                  <tr>
                    <th>Step</th>
                    <th>Would</th>
                    <th>Because</th>
                    <th className="ek-num">Usually takes</th>
                  </tr>
                </thead>
                <tbody>
                  {steps.map((step) => (
                    <Row key={step.key} step={step} />
                  ))}
                </tbody>
              </table>
            </div>
          </>
        )}
      </Loaded>
    </section>
  )
}

function Row({ step: { key, action, says, source, typicalDurationMs } }: { readonly step: PlannedStepView }) {
  const { mark, word } = ACTIONS[action]
  return (
    <tr>
      <th scope="row">{key}</th>
      <td>
        <StateWord state={mark}>{word}</StateWord>
      </td>
      <td data-label="Because">
        {says}
        {source && <p className="ek-dim">Code of {sourceText(source)}.</p>}
      </td>
      <td className="ek-num" data-label="Usually takes">
        {typicalDurationMs === null || action === 'reuse' ? '–' : formatDuration(typicalDurationMs)}
      </td>
    </tr>
  )
}

function totalsOf(steps: readonly PlannedStepView[]): string {
  const count = (action: PlannedStepView['action']) => steps.filter((step) => step.action === action).length
  const usualMs = steps
    .filter(({ action }) => action !== 'reuse')
    .reduce((sum, { typicalDurationMs }) => sum + (typicalDurationMs ?? 0), 0)
  return [
    `${count('run')} would run`,
    `${count('reuse')} would be reused`,
    ...(count('unknown') > 0 ? [`${count('unknown')} depend on what comes before`] : []),
    ...(usualMs > 0 ? [`about ${formatDuration(usualMs)} of work at most`] : []),
  ].join(' · ')
}
