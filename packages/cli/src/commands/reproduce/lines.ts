import type { Reproduction, Sameness, StepComparison } from '@evenkeel/contract'
import { cell, durationText, table } from '../../table.ts'

const words: Readonly<Record<Sameness, string>> = {
  identical: 'identical',
  equal: 'equal',
  differs: 'DIFFERS',
  pending: 'not compared',
  not_repeated: 'not repeated',
}

/** What came of a reproduction, for a person. */
export function reproductionLines(reproduction: Reproduction): string[] {
  const { model, version, id, ofRun, says, tolerance, seed, modelFile, surroundings, steps } = reproduction
  return [
    `${model}@${version}  ${says}`,
    `  then      run ${ofRun}, ${madeOf(reproduction)}`,
    `  now       run ${id}`,
    `  tolerance ${tolerance}${seed === null ? '' : `, seed ${seed}`}`,
    ...table(['step', 'output', 'result', 'then', 'now', 'what'], steps.flatMap(rowsOf)),
    `  model file  ${words[modelFile.sameness]}  ${modelFile.after ?? modelFile.before}${told(modelFile.says)}`,
    ...metricRows(steps),
    ...surroundings.map(({ what, says: words }) => `  other than then  ${what}: ${words}`),
  ]
}

const madeOf = ({ pipeline, pipelineVersion, isReleased, commit }: Reproduction): string =>
  `${pipeline} version ${pipelineVersion}${isReleased ? ' (released)' : ''}, commit ${commit}`

const told = (says: string): string => (says ? `  ${says}` : '')

function rowsOf({ step, sameness, says, before, after, outputs, values }: StepComparison): string[][] {
  const time = (side: StepComparison['before']) =>
    side && side.durationMs !== null ? durationText(side.durationMs) : '–'
  const own = [step, '', words[sameness], time(before), time(after), cell(outputs.length > 0 ? '' : says, 100)]
  return [
    own,
    ...outputs.map((one) => ['', one.output, words[one.sameness], '', '', cell(one.says, 100)]),
    ...values
      .filter((one) => one.sameness !== 'identical')
      .map((one) => ['', one.name, words[one.sameness], one.before ?? '–', one.after ?? '–', '']),
  ]
}

/** Those that are not the same; they decide nothing. */
function metricRows(steps: readonly StepComparison[]): string[] {
  const others = steps.flatMap(({ step, sameness, metrics }) =>
    sameness === 'not_repeated'
      ? []
      : metrics.filter(({ before, after }) => before !== after).map((metric) => ({ step, ...metric })),
  )
  if (others.length === 0) return []
  const labelled = ({ name, labels }: (typeof others)[number]) =>
    [name, ...Object.entries(labels).map(([label, value]) => `${label}=${value}`)].join(' ')
  const rows = others.map((one) => [one.step, labelled(one), String(one.before ?? '–'), String(one.after ?? '–')])
  return table(['step', 'metric', 'then', 'now'], rows)
}
