import { plural, type RunStep } from '@evenkeel/contract'
import { durationText, spanText } from '../table.ts'
import type { ValueChange } from './compare.ts'
import type { TestResult } from './tests.ts'
import { sampleText } from './sample.ts'
import type { Report, Trial } from './trial.ts'

/** What a person reads in a pull request. */
export function markdownOf({ passed, tests, trials }: Report): string {
  const parts = [
    `## Evenkeel: ${passed ? 'passed' : 'failed'}`,
    ...(tests.length > 0 ? [testTable(tests), ...tests.filter((test) => !test.passed).map(outputOf)] : []),
    ...(tests.some((test) => !test.passed) ? ['A test failed, so nothing was run.'] : []),
    ...trials.map(trialText),
  ]
  return `${parts.join('\n\n')}\n`
}

const row = (...cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`

/** Text of people and of steps never becomes a cell, a tag or a mention of its own. */
const escaped = (text: string): string =>
  text.replaceAll(/[\\|`*_~[\]<>@#]/g, (sign) => (sign === '<' ? '&lt;' : `\\${sign}`)).replaceAll(/\s+/g, ' ')

const tableOf = (heads: readonly string[], rows: readonly string[]): string =>
  [row(...heads), `|${' --- |'.repeat(heads.length)}`, ...rows].join('\n')

const testTable = (tests: readonly TestResult[]): string =>
  tableOf(
    ['test of', 'command', 'result', 'time'],
    tests.map(({ of, command, passed, exitCode, durationMs }) =>
      row(of, command, passed ? 'passed' : `failed (${exitCode ?? 'did not end by itself'})`, durationText(durationMs)),
    ),
  )

const outputOf = ({ of, output }: TestResult): string => {
  // A fence that is longer than any in the text keeps the text inside.
  const longest = Math.max(2, ...[...output.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `<details><summary>What the test of ${escaped(of)} wrote</summary>\n\n${fence}text\n${output.trimEnd()}\n${fence}\n\n</details>`
}

function trialText(trial: Trial): string {
  const { pipeline, base, affected, run, notRun } = trial
  const count = affected.filter(({ kind }) => kind !== 'same').length
  return [
    `### ${escaped(pipeline)}`,
    `Compared with ${escaped(base)}: ${count} of ${plural(affected.length, 'step')} ${count === 1 ? 'is' : 'are'} affected.`,
    planTable(trial),
    ...(notRun ? [`Not run: ${escaped(notRun)}`] : []),
    ...(run ? [runText(trial), ...valueTable(trial)] : []),
  ].join('\n\n')
}

function planTable({ affected, run, plan }: Trial): string {
  const steps = new Map(run?.steps.map((step) => [step.key, step]))
  const planned = new Map(plan.map((step) => [step.key, step]))
  return tableOf(
    ['step', 'change', 'result', 'time', 'why'],
    affected.map(({ key, kind, why }) => {
      const step = steps.get(key)
      const says = kind === 'same' ? (step?.cache?.says ?? planned.get(key)?.says ?? '') : listed(why)
      return row(key, kind, resultOf(step), step ? spanText(step.startedAt, step.endedAt) : '–', says)
    }),
  )
}

const listed = (why: readonly string[]): string =>
  why.length > 5 ? `${why.slice(0, 5).join(' ')} And ${why.length - 5} more.` : why.join(' ')

function resultOf(step: RunStep | undefined): string {
  if (!step) return 'left out'
  return step.state === 'cached' ? `reused from ${step.cache?.fromRun ?? 'an earlier run'}` : step.state
}

function runText({ run, sample, comparedWith }: Trial): string {
  const { id, state, reason, startedAt, endedAt, steps } = run!
  const reused = steps.filter((step) => step.state === 'cached').length
  const against = comparedWith
    ? ` Values are compared with the run \`${comparedWith.id}\` (${comparedWith.environment}).`
    : ''
  return (
    `Run \`${id}\` **${state}** in ${spanText(startedAt, endedAt)} on a sample (${sampleText(sample)}); ` +
    `${reused} of ${plural(steps.length, 'step')} reused.${reason ? ` ${escaped(reason)}` : ''}${against}`
  )
}

function valueTable({ values }: Trial): string[] {
  if (values.length === 0) return []
  return [tableOf(['step', 'value', 'before', 'now', 'difference'], values.map(valueRow))]
}

const valueRow = ({ step, name, before, now, difference }: ValueChange): string =>
  row(step, name, short(before ?? '–'), short(now), difference === null ? '–' : signed(difference))

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)

const signed = (value: number): string => `${value > 0 ? '+' : ''}${Number(value.toPrecision(4))}`
