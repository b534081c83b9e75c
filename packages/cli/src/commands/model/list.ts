import type { Model } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { ownerText } from './owners.ts'

interface ListOptions extends CommonOptions {
  readonly owner?: string
}

export async function list({ owner, ...options }: ListOptions): Promise<number> {
  const { registry } = await connect(options)
  const page = await registry.listModels({ query: owner === undefined ? {} : { owner } })
  outputOf(options).result(page, () =>
    page.items.length > 0
      ? rowsOf(page.items)
      : owner !== undefined
        ? [`no model of ${owner}`]
        : ['no model yet', '  next   evenkeel register model.onnx --model NAME, or evenkeel run start PIPELINE'],
  )
  return exitCodes.ok
}

const rowsOf = (items: readonly Model[]): string[] =>
  table(
    ['model', 'versions', 'newest', 'champion', 'challenger', 'owners', 'since', 'description'],
    items.map(({ name, versionCount, latestVersion, champion, challenger, owners, createdAt, description }) => [
      name,
      String(versionCount),
      String(latestVersion ?? '–'),
      String(champion ?? '–'),
      String(challenger ?? '–'),
      cell(owners.map(ownerText).join(', '), 30) || '–',
      momentText(createdAt),
      cell(description, 60) || '–',
    ]),
  )
