import type { RunRow } from '@evenkeel/contract'
import { type CsvValue, csvOf } from '../ui/csv.ts'
import { type Column, columnText, numberIn } from './columns.ts'

/** Heads of a table of runs: columns by the names that the address has for them. */
export const headOfRuns = (columns: readonly Column[]): string =>
  csvOf([['run', 'run_id', ...columns.map((column) => (isDuration(column) ? 'run:duration_s' : columnText(column)))]])

/** Runs as lines, with values as they were logged. */
export const linesOfRuns = (runs: readonly RunRow[], columns: readonly Column[]): string =>
  csvOf(runs.map((run) => [run.name, run.id, ...columns.map((column) => valueOf(run, column))]))

const isDuration = ({ kind, key }: Column) => kind === 'run' && key === 'duration'

function valueOf(run: RunRow, { kind, key }: Column): CsvValue {
  if (kind === 'param') return run.params[key]
  if (kind === 'tag') return run.tags[key]
  return kind === 'run' ? ofRun(run, key) : numberIn(run.metrics[key], kind)
}

function ofRun({ id, status, startedMs, endedMs, userId }: RunRow, key: string): CsvValue {
  switch (key) {
    case 'status':
      return status
    case 'started':
      return new Date(startedMs).toISOString()
    case 'duration':
      return endedMs === null ? null : (endedMs - startedMs) / 1000
    case 'id':
      return id
    default:
      return userId
  }
}
