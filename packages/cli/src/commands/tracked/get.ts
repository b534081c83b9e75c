import type { RunDetail } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { spanOf } from './list.ts'
import { findRunId, msText, numberText } from './tracked.ts'

/** Prints all of a tracked run. */
export async function get(id: string, options: CommonOptions): Promise<number> {
  const { trackedRuns } = await connect(options)
  const run = await trackedRuns.get({ params: { run: await findRunId(trackedRuns, id) } })
  outputOf(options).result(run, () => linesOf(run))
  return exitCodes.ok
}

const linesOf = (run: RunDetail): string[] => [
  ...factsOf(run).map(([name, value]) => `${name.padEnd(11)} ${value}`),
  ...section(['metric', 'last', 'at', 'least', 'greatest', 'points'], metricRows(run)),
  ...section(['param', 'value'], pairsOf(run.params)),
  ...section(['tag', 'value'], pairsOf(run.tags)),
  ...section(
    ['data set', 'digest', 'source'],
    run.datasets.map(({ name, digest, source }) => [cell(name, 40), digest, cell(source, 60)]),
  ),
]

const factsOf = (run: RunDetail): [string, string][] => [
  ['run', `${run.id}  ${cell(run.name)}`],
  ['experiment', `${cell(run.experimentName)} (${run.experimentId})`],
  ['status', run.lifecycle === 'deleted' ? `${run.status}, deleted` : run.status],
  ['started', `${msText(run.startedMs)}, ${spanOf(run)}, by ${cell(run.userId)}`],
  ['files', run.filesFolder ?? run.artifactUri],
  ...(run.parentId === null ? [] : [['within', run.parentId] satisfies [string, string]]),
  ...(run.children === 0 ? [] : [['holds', `${run.children} more`] satisfies [string, string]]),
  ...(run.pipelineRunId === null ? [] : [['logged by', `run ${run.pipelineRunId}`] satisfies [string, string]]),
  ...run.modelVersions.map(({ model, version }): [string, string] => ['became', `${model}@${version}`]),
]

const metricRows = ({ metrics }: RunDetail): string[][] =>
  Object.entries(metrics).map(([key, { last, lastStep, min, max, count }]) => [
    cell(key, 60),
    numberText(last),
    String(lastStep),
    numberText(min),
    numberText(max),
    String(count),
  ])

const pairsOf = (values: Readonly<Record<string, string>>): string[][] =>
  Object.entries(values).map(([key, value]) => [cell(key, 60), cell(value)])

const section = (heads: readonly string[], rows: readonly (readonly string[])[]): string[] =>
  rows.length === 0 ? [] : ['', ...table(heads, rows)]
