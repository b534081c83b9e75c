import type { ModelVersion } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import type { Connection } from '../common.ts'

/** A model, and what was asked for of it: a number, an alias, or nothing. */
export interface VersionName {
  readonly model: string
  readonly wanted: string | undefined
}

/** Reads `churn`, `churn@7`, `churn@champion`, `models:/churn/7` and `models:/churn@champion`. */
export function readVersionName(text: string): VersionName {
  const [, model, wanted] = /^(?:models:\/)?([^/@:]+)(?:[@/](.+))?$/s.exec(text) ?? []
  if (model === undefined) throw badName(text)
  return { model, wanted }
}

const badName = (text: string) =>
  new CliError({
    code: 'cli.usage',
    message: `"${text}" names no version of a model.`,
    why: 'A version is written as churn@7, by an alias as churn@champion, or as in MLflow: models:/churn/7.',
    fix: 'evenkeel model list',
    exitCode: exitCodes.usage,
  })

/** The version that a name means; without a number or an alias the newest. */
export async function findVersion(connection: Connection, text: string): Promise<ModelVersion> {
  const { model, wanted } = readVersionName(text)
  const number = numberIn(wanted)
  if (number !== undefined) return connection.registry.getVersion({ params: { model, version: number } })
  return search(connection, model, wanted)
}

/** The same as a number, which is not asked for when the name says it. */
export async function numberOf(connection: Connection, { model, wanted }: VersionName): Promise<number> {
  return numberIn(wanted) ?? (await search(connection, model, wanted)).version
}

const numberIn = (wanted: string | undefined): number | undefined =>
  wanted !== undefined && /^\d+$/.test(wanted) ? Number(wanted) : undefined

async function search({ registry }: Connection, model: string, wanted: string | undefined): Promise<ModelVersion> {
  const isWanted = ({ aliases }: ModelVersion) =>
    wanted === undefined || wanted === 'latest' || aliases.includes(wanted)
  for (let cursor: string | undefined; ;) {
    const query = { limit: 500, ...(cursor !== undefined && { cursor }) }
    const { items, nextCursor } = await registry.listVersions({ params: { model }, query })
    const found = items.find(isWanted)
    if (found) return found
    if (nextCursor === null) throw noSuch(model, wanted)
    cursor = nextCursor
  }
}

const noSuch = (model: string, wanted: string | undefined) =>
  new CliError({
    code: 'registry.version_not_found',
    message: 'No such model version.',
    why: wanted === undefined ? `${model} has no version.` : `No version of ${model} has the alias ${wanted}.`,
    fix: `evenkeel model get ${model}`,
    exitCode: exitCodes.notFound,
  })
