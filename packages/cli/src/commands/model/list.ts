import type { Model } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'

export async function list(options: CommonOptions): Promise<number> {
  const { registry } = await connect(options)
  const page = await registry.listModels({})
  outputOf(options).result(page, () =>
    page.items.length > 0
      ? rowsOf(page.items)
      : ['no model yet', '  next   evenkeel register model.onnx --model NAME, or evenkeel run start PIPELINE'],
  )
  return exitCodes.ok
}

const rowsOf = (items: readonly Model[]): string[] =>
  table(
    ['model', 'versions', 'newest', 'champion', 'challenger', 'owner', 'since', 'description'],
    items.map(({ name, versionCount, latestVersion, champion, challenger, owner, createdAt, description }) => [
      name,
      String(versionCount),
      String(latestVersion ?? '–'),
      String(champion ?? '–'),
      String(challenger ?? '–'),
      owner,
      momentText(createdAt),
      cell(description, 60) || '–',
    ]),
  )
