import type { ModelOwner } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { readVersionName } from './version-name.ts'

interface OwnersOptions extends CommonOptions {
  readonly set?: readonly string[]
  readonly none?: boolean
}

/** Prints who owns a model, or says who does from now on. */
export async function owners(name: string, { set, none = false, ...options }: OwnersOptions): Promise<number> {
  const { model } = readVersionName(name)
  const connection = await connect(options)
  const params = { model }
  const found =
    set === undefined && !none
      ? await connection.registry.getModel({ params })
      : await connection.modelPeople.setOwners({ params, body: { owners: (set ?? []).map(readOwner) } })
  outputOf(options).result({ model, owners: found.owners }, () =>
    found.owners.length > 0
      ? found.owners.map(ownerText)
      : ['nobody owns it', `  next   evenkeel model owners ${model} --set ana team:risk`],
  )
  return exitCodes.ok
}

/** `ana`, `team:risk` */
export const ownerText = ({ kind, name }: ModelOwner): string => (kind === 'user' ? name : `team:${name}`)

function readOwner(text: string): ModelOwner {
  const [, kind = 'user', name] = /^(?:(user|team):)?(.+)$/.exec(text) ?? []
  if (name !== undefined) return { kind: kind as ModelOwner['kind'], name }
  throw new CliError({
    code: 'cli.usage',
    message: `"${text}" is no owner.`,
    why: 'An owner is a user, as in ana, or a team, as in team:risk.',
    fix: 'evenkeel model owners MODEL --set ana team:risk',
    exitCode: exitCodes.usage,
  })
}
