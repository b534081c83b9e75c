import { CliError, exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { numberOf, readVersionName } from './version-name.ts'

/** Points an alias at a version. */
export async function alias(name: string, aliasName: string, options: CommonOptions): Promise<number> {
  const connection = await connect(options)
  const named = readVersionName(name)
  const { model } = named
  if (named.wanted === undefined) throw which(model, aliasName)
  const version = await numberOf(connection, named)
  const moved = await connection.registry.setAlias({ params: { model, alias: aliasName }, body: { version } })
  outputOf(options).result(moved, () => `${aliasName} is now ${model}@${version}`)
  return exitCodes.ok
}

const which = (model: string, aliasName: string) =>
  new CliError({
    code: 'cli.usage',
    message: `Which version of ${model} shall be "${aliasName}"?`,
    why: 'An alias points at one version.',
    fix: `evenkeel model alias ${model}@7 ${aliasName}`,
    exitCode: exitCodes.usage,
  })
