import type { LineageTarget } from '@evenkeel/contract'
import { readFile } from 'node:fs/promises'
import { CliError, exitCodes } from '../../errors.ts'
import { cell, durationText, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'

interface AddOptions extends CommonOptions {
  readonly to?: string
  readonly file?: boolean
  readonly keyFile?: string
  readonly fromBeginning?: boolean
}

export async function list(options: CommonOptions): Promise<number> {
  const { lineage } = await connect(options)
  const page = await lineage.listTargets()
  outputOf(options).result(page, () =>
    page.items.length > 0
      ? rowsOf(page.items)
      : ['our events are sent nowhere', '  next   evenkeel lineage targets add NAME --to https://host/api/v1/lineage'],
  )
  return exitCodes.ok
}

/** A key does not stand in the command line, where other users of the machine could read it. */
export async function add(
  name: string,
  { to, file, keyFile, fromBeginning = false, ...options }: AddOptions,
): Promise<number> {
  if (to === undefined && !file) throw nowhere(name)
  const { lineage } = await connect(options)
  const key = keyFile === undefined ? undefined : await readKey(keyFile)
  const target = await lineage.putTarget({
    params: { target: name },
    body: {
      spec: to === undefined ? { kind: 'file' } : { kind: 'http', url: to },
      from: fromBeginning ? 'beginning' : 'now',
      ...(key !== undefined && { key }),
    },
  })
  outputOf(options).result(target, () => [
    `our events are sent to ${whereOf(target)}`,
    '  next   evenkeel lineage targets',
  ])
  return exitCodes.ok
}

export async function remove(name: string, options: CommonOptions): Promise<number> {
  const { lineage } = await connect(options)
  const target = await lineage.removeTarget({ params: { target: name } })
  outputOf(options).result(target, () => `our events are no longer sent to ${whereOf(target)}`)
  return exitCodes.ok
}

async function readKey(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new CliError({
      code: 'cli.usage',
      message: 'The key cannot be read',
      why: error instanceof Error ? error.message : String(error),
      fix: 'put the key alone into a file, and name the file with --key-file',
      exitCode: exitCodes.usage,
    })
  }
}

const nowhere = (name: string) =>
  new CliError({
    code: 'cli.usage',
    message: 'It is not said where the events go',
    why: 'neither --to nor --file is given',
    fix: `evenkeel lineage targets add ${name} --to https://host/api/v1/lineage`,
    exitCode: exitCodes.usage,
  })

const whereOf = ({ name, spec }: LineageTarget) =>
  spec.kind === 'http' ? spec.url : `the file lineage/…/${name}.jsonl`

const rowsOf = (items: readonly LineageTarget[]): string[] =>
  table(
    ['target', 'to', 'last success', 'waiting', 'lag', 'refused', 'last error'],
    items.map((target) => [
      target.name,
      whereOf(target),
      momentText(target.lastSuccessAt),
      String(target.waitingCount),
      target.waitingCount === 0 ? '–' : durationText(target.lagSeconds * 1000),
      String(target.refusedCount),
      target.lastError === null ? '–' : cell(target.lastError, 60),
    ]),
  )
