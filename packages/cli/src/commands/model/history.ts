import { exitCodes } from '../../errors.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { numberOf, readVersionName } from './version-name.ts'

interface HistoryOptions extends CommonOptions {
  readonly limit: number
  readonly cursor?: string
}

/** Prints everything that happened to a model, or to one version of it. */
export async function history(name: string, { limit, cursor, ...options }: HistoryOptions): Promise<number> {
  const connection = await connect(options)
  const named = readVersionName(name)
  const version = named.wanted === undefined ? undefined : await numberOf(connection, named)
  const query = { limit, ...(cursor !== undefined && { cursor }), ...(version !== undefined && { version }) }
  const page = await connection.modelPeople.history({ params: { model: named.model }, query })
  outputOf(options).result(page, () => [
    ...(page.items.length === 0
      ? ['nothing happened yet']
      : table(
          ['when', 'what', 'by', 'why'],
          page.items.map(({ at, what, by, why }) => [momentText(at), what, by ?? '–', cell(why, 80) || '–']),
        )),
    ...(page.nextCursor === null ? [] : [`more with --cursor ${page.nextCursor}`]),
  ])
  return exitCodes.ok
}
