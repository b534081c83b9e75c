import type { LineageEventView } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'

interface EventsOptions extends CommonOptions {
  readonly run?: string
  readonly origin?: 'own' | 'received'
  readonly limit: number
}

export async function events({ run, origin, limit, ...options }: EventsOptions): Promise<number> {
  const { lineage } = await connect(options)
  const query = { limit, ...(run !== undefined && { run }), ...(origin !== undefined && { origin }) }
  const page = await lineage.events({ query })
  outputOf(options).result(page, () => (page.items.length > 0 ? linesOf(page.items) : 'no event yet'))
  return exitCodes.ok
}

const linesOf = (items: readonly LineageEventView[]): string[] =>
  table(
    ['id', 'time', 'type', 'job', 'run', 'origin'],
    items.map(({ id, eventTime, eventType, job, run, origin }) => [
      id,
      momentText(eventTime),
      eventType ?? 'fact',
      job ?? '–',
      run ?? '–',
      origin,
    ]),
  )
