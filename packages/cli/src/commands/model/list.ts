import type { Model } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, type Connection, connect, outputOf } from '../common.ts'
import { ownerText } from './owners.ts'

interface ListOptions extends CommonOptions {
  readonly owner?: string
  readonly text?: string
  readonly limit?: number
  readonly cursor?: string
}

type Query = Parameters<Connection['registry']['listModels']>[0]['query']

/** Lists all models, or one page of them where a limit is given. */
export async function list({ owner, text, limit, cursor, ...options }: ListOptions): Promise<number> {
  const { registry } = await connect(options)
  const query = {
    ...(owner !== undefined && { owner }),
    ...(text !== undefined && { text }),
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
  }
  const page = limit === undefined ? await everyPage(registry, query) : await registry.listModels({ query })
  outputOf(options).result(page, () => [
    ...(page.items.length > 0 ? rowsOf(page.items) : nothing(owner, text ?? cursor)),
    ...(page.nextCursor === null ? [] : [`more with --cursor '${page.nextCursor}'`]),
  ])
  return exitCodes.ok
}

async function everyPage(registry: Connection['registry'], query: Query) {
  const items: Model[] = []
  for (let cursor = query.cursor; ;) {
    const page = await registry.listModels({ query: { ...query, ...(cursor !== undefined && { cursor }) } })
    items.push(...page.items)
    if (page.nextCursor === null) return { items, nextCursor: null }
    cursor = page.nextCursor
  }
}

function nothing(owner: string | undefined, wanted: string | undefined): string[] {
  if (wanted !== undefined) return ['no such model']
  if (owner !== undefined) return [`no model of ${owner}`]
  return ['no model yet', '  next   evenkeel register model.onnx --model NAME, or evenkeel run start PIPELINE']
}

const rowsOf = (items: readonly Model[]): string[] =>
  table(
    ['model', 'versions', 'newest', 'stage', 'champion', 'challenger', 'served by', 'owners', 'changed', 'description'],
    items.map(({ name, versionCount, latestVersion, latestStage, champion, challenger, ...model }) => [
      name,
      String(versionCount),
      String(latestVersion ?? '–'),
      latestStage ?? '–',
      String(champion ?? '–'),
      String(challenger ?? '–'),
      cell(model.endpoints.map((endpoint) => endpoint.name).join(', '), 30) || '–',
      cell(model.owners.map(ownerText).join(', '), 30) || '–',
      momentText(model.changedAt),
      cell(model.description, 60) || '–',
    ]),
  )
