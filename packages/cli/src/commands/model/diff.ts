import { type Difference, differencesOf } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { numberText } from './get.ts'
import { findVersion } from './version-name.ts'

interface DiffOptions extends CommonOptions {
  readonly all?: boolean
}

/** What is different between two versions, of one model or of two. */
export async function diff(first: string, second: string, { all = false, ...options }: DiffOptions): Promise<number> {
  const connection = await connect(options)
  const [before, after] = await Promise.all([findVersion(connection, first), findVersion(connection, second)])
  const differences = differencesOf(before, after, all)
  const names = [before, after].map(({ model, version }) => `${model}@${version}`) as [string, string]
  outputOf(options).result({ before: names[0], after: names[1], differences }, () =>
    differences.length === 0 ? `${names[0]} and ${names[1]} do not differ` : linesOf(names, differences),
  )
  return exitCodes.ok
}

function linesOf(names: readonly [string, string], differences: readonly Difference[]): string[] {
  const text = (value: Difference['before']) =>
    typeof value === 'number' ? numberText(value) : cell(String(value ?? '–'), 50)
  return table(
    ['part', 'name', ...names, 'change', ''],
    differences.map(({ part, name, before, after, change, better }) => [
      part,
      name,
      text(before),
      text(after),
      change === null ? '' : `${change > 0 ? '+' : ''}${numberText(change)}`,
      better === null ? '' : better === 'after' ? 'better' : 'worse',
    ]),
  )
}
