import type { ExperimentRow } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { findExperiment, moreLines, msText } from './tracked.ts'

interface ListOptions extends CommonOptions {
  readonly in?: string
  readonly search?: string
  readonly deleted?: boolean
  readonly all?: boolean
  readonly cursor?: string
  readonly limit: number
}

export async function list(options: ListOptions): Promise<number> {
  const { experiments } = await connect(options)
  const { search, deleted, all, cursor, limit } = options
  const asked = {
    limit: all ? 500 : limit,
    lifecycle: deleted ? 'deleted' : 'active',
    ...(options.in !== undefined && { folder: cleanFolder(options.in) }),
    ...(search !== undefined && { search }),
  } as const
  const first = await experiments.list({ query: { ...asked, ...(cursor !== undefined && { cursor }) } })
  const items = [...first.items]
  let { nextCursor } = first
  while (all && nextCursor !== null) {
    const page = await experiments.list({ query: { ...asked, cursor: nextCursor } })
    items.push(...page.items)
    nextCursor = page.nextCursor
  }
  const page = { ...first, items, nextCursor }
  outputOf(options).result(page, () =>
    items.length > 0 ? [...linesOf(page), ...moreLines(nextCursor)] : 'no such experiment',
  )
  return exitCodes.ok
}

export const move = (experiment: string, folder: string, options: CommonOptions): Promise<number> =>
  change(experiment, { folder: cleanFolder(folder) }, options)

export const rename = (experiment: string, name: string, options: CommonOptions): Promise<number> =>
  change(experiment, { name }, options)

async function change(
  experiment: string,
  body: { readonly name?: string; readonly folder?: string },
  options: CommonOptions,
): Promise<number> {
  const { experiments } = await connect(options)
  const { id } = await findExperiment(experiments, experiment)
  const changed = await experiments.change({ params: { experiment: id }, body })
  outputOf(options).result(changed, () => `experiment ${id} is ${placeOf(changed)} now`)
  return exitCodes.ok
}

/** A shell user may write slashes at the ends; `/` is the top. */
const cleanFolder = (folder: string): string => folder.replace(/^\/+|\/+$/g, '')

const placeOf = ({ folder, name }: ExperimentRow): string => (folder === '' ? name : `${folder}/${name}`)

const linesOf = ({ items, folders }: { items: readonly ExperimentRow[]; folders: readonly Folder[] }): string[] => [
  ...table(
    ['id', 'experiment', 'runs', 'running', 'last run'],
    items.map((row) => [row.id, cell(placeOf(row)), String(row.runs), String(row.running), msText(row.lastRunMs)]),
  ),
  ...folders.map(({ folder, experiments }) => `folder ${folder} (${experiments})`),
]

interface Folder {
  readonly folder: string
  readonly experiments: number
}
