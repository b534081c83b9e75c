import { z } from 'zod'
import { ConfigurationError, Moment, runStep, type Step } from './lib/step.ts'
import { count, name, openTables, parquet, text, type Tables } from './lib/tables.ts'

/**
 * Checks that the files of the input `data` can be read, are not empty, and reach over the span the run asks for:
 * from `trainFrom` to `holdoutUntil`, each to within a day.
 */
const Params = z.object({ eventTimeColumn: z.string(), trainFrom: Moment, holdoutUntil: Moment })

const dayMs = 86_400_000

async function validateData(step: Step): Promise<void> {
  const { eventTimeColumn, trainFrom, holdoutUntil } = step.params(Params)
  const { name: dataset, files } = step.dataset('data')
  const tables = await openTables()
  for (const [at, file] of files.entries()) {
    await checkFile(tables, file, at, eventTimeColumn)
    step.progress((at + 1) / (files.length + 1), `file ${at + 1} of ${files.length}`)
  }
  const facts = await describeRows(tables, files, eventTimeColumn)
  checkSpan(dataset, facts, { from: trainFrom, until: holdoutUntil })
  report(step, dataset, { ...facts, fileCount: files.length })
  tables.close()
}

async function checkFile(tables: Tables, file: string, at: number, eventTimeColumn: string): Promise<void> {
  const columns = await tables.rows(`DESCRIBE SELECT * FROM ${parquet([file])}`).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`File ${at} cannot be read as Parquet: ${reason}. Add the dataset version again.`, { cause })
  })
  const found = columns.find(({ column_name }) => column_name === eventTimeColumn)
  if (!found || !/^(TIMESTAMP|DATE)/.test(String(found['column_type']))) {
    const there = columns.map((column) => [column['column_name'], column['column_type']].join(' ')).join(', ')
    throw new ConfigurationError(
      `File ${at} has no timestamp "${eventTimeColumn}"; set the param eventTimeColumn to one of: ${there}.`,
    )
  }
  const { rows } = await tables.row(`SELECT num_rows AS rows FROM parquet_file_metadata(${text(file)})`)
  if (count(rows) === 0) throw new Error(`File ${at} holds no rows. Add a dataset version that has some.`)
}

async function describeRows(tables: Tables, files: readonly string[], eventTimeColumn: string) {
  const time = `epoch_ms(CAST(${name(eventTimeColumn)} AS TIMESTAMP))`
  const { rows, first, last, days } = await tables.row(
    `SELECT count(*) AS rows, min(${time}) AS first, max(${time}) AS last, count(DISTINCT ${time} // ${dayMs}) AS days
     FROM ${parquet(files)}`,
  )
  if (first === null) throw new Error(`Every event time is missing. Correct the column "${eventTimeColumn}".`)
  return { rowCount: count(rows), first: count(first), last: count(last), dayCount: count(days) }
}

function checkSpan(
  dataset: string,
  { first, last }: { readonly first: number; readonly last: number },
  asked: { readonly from: string; readonly until: string },
): void {
  if (first <= Date.parse(asked.from) + dayMs && last >= Date.parse(asked.until) - dayMs) return
  throw new Error(
    `The run asks for "${dataset}" from ${asked.from} to ${asked.until}, but its events reach from ${iso(first)} to ` +
      `${iso(last)}. Add the data that is missing, or ask for a span that is there.`,
  )
}

function report(
  step: Step,
  dataset: string,
  facts: { rowCount: number; fileCount: number; first: number; last: number; dayCount: number },
): void {
  const { rowCount, fileCount, first, last, dayCount } = facts
  step.value('rowCount', rowCount)
  step.value('eventTimeMin', iso(first))
  step.value('eventTimeMax', iso(last))
  step.value('daysWithRows', dayCount)
  step.summary(
    `\`${dataset}\`: ${rowCount.toLocaleString('en')} rows in ${fileCount} files, ${iso(first)} to ${iso(last)}, ` +
      `rows on ${dayCount} days.\n`,
  )
}

const iso = (moment: number): string => new Date(moment).toISOString()

await runStep(validateData)
