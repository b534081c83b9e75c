import type { Client } from '@evenkeel/client'
import type { pipelines, Run, RunState } from '@evenkeel/contract'
import { sampleText } from '../../ci/sample.ts'
import { CliError, exitCodes } from '../../errors.ts'

export type Pipelines = Client<typeof pipelines>

const fullLength = 36

/** Reads a run by its id, or by a start of it that fits one run alone. */
export async function findRun(api: Pipelines, start: string): Promise<Run> {
  if (start.length >= fullLength) return api.getRun({ params: { run: start } })
  const { items } = await api.listRuns({ query: { limit: 500 } })
  const found = items.filter(({ id }) => id === start || id.startsWith(start))
  if (found.length > 1) throw ambiguous(start, found)
  return api.getRun({ params: { run: found[0]?.id ?? start } })
}

const ambiguous = (start: string, found: readonly Run[]) =>
  new CliError({
    code: 'cli.usage',
    message: 'The run is not clear',
    why: `"${start}" fits ${found.length} runs, such as ${found[0]!.id} and ${found[1]!.id}`,
    fix: 'give more of the id; evenkeel run list shows them',
    exitCode: exitCodes.usage,
  })

export const hasEnded = (state: RunState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled'

/** The exit code of a run that was followed to its end. */
export const codeOfRun = (state: RunState): number =>
  state === 'failed' || state === 'cancelled' ? exitCodes.unexpected : exitCodes.ok

/** ` in production`, ` in ci (pr-12), on a sample of 1 % of the rows`; nothing for a usual run in dev. */
export function whereOf({ environment, scope, sample }: Run): string {
  const where = environment === 'dev' ? '' : ` in ${environment}${scope === null ? '' : ` (${scope})`}`
  return sample === null ? where : `${where}, on a sample of ${sampleText(sample)}`
}
