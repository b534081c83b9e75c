import { commitText, type Release } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import type { Connection } from '../common.ts'

/** Reads `churn@7`, or `churn` for its newest release. */
export async function findRelease({ releases }: Connection, id: string) {
  const [, pipeline, version] = /^([^@]+)(?:@([1-9]\d{0,8}))?$/.exec(id) ?? []
  if (pipeline === undefined) throw noSuch(id, `"${id}" is not of the form NAME@VERSION`)
  const found = version ?? (await newestOf(releases, pipeline))
  return releases.get({ params: { pipeline, version: found } })
}

async function newestOf(releases: Connection['releases'], pipeline: string): Promise<string> {
  const { items } = await releases.list({ params: { pipeline }, query: { limit: 1 } })
  if (items[0]) return String(items[0].version)
  throw noSuch(pipeline, `${pipeline} has no release`)
}

const noSuch = (id: string, why: string) =>
  new CliError({
    code: 'cli.no_release',
    message: `There is no release ${id}`,
    why,
    fix: 'evenkeel release NAME   makes one; evenkeel release list NAME shows them',
    exitCode: exitCodes.notFound,
  })

export const nameOf = ({ pipeline, version }: Pick<Release, 'pipeline' | 'version'>): string => `${pipeline}@${version}`

export const releasedFrom = ({ commit, dirty }: Release['document']): string =>
  `${commitText(commit)}${dirty ? ', DIRTY' : ''}`
