import type { Client } from '@evenkeel/client'
import type { pipelines, Run, RunState, RunStep } from '@evenkeel/contract'
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

/** The request that a run waits for when nothing else in it goes on. */
export const waitingApproval = ({ state, steps }: Run): string | undefined =>
  state === 'waiting' ? steps.find(({ approval }) => approval?.state === 'pending')?.approval?.id : undefined

/** The exit code of a run that was followed to its end, or until it waits for people. */
export function codeOfRun(run: Run): number {
  if (waitingApproval(run)) return exitCodes.waitingForApproval
  return run.state === 'failed' || run.state === 'cancelled' ? exitCodes.unexpected : exitCodes.ok
}

/** ` in production`, ` in ci (pr-12), on a sample of 1 % of the rows`; nothing for a usual run in dev. */
export function whereOf({ environment, scope, sample }: Run): string {
  const where = environment === 'dev' ? '' : ` in ${environment}${scope === null ? '' : ` (${scope})`}`
  return sample === null ? where : `${where}, on a sample of ${sampleText(sample)}`
}

/** One step, all of a matrix, or all of the run. */
export function chooseSteps({ id, steps }: Run, step: string | undefined): readonly RunStep[] {
  if (step === undefined) return steps
  const found = steps.filter(({ key }) => key === step || key.startsWith(`${step}[`))
  if (found.length > 0) return found
  throw new CliError({
    code: 'cli.no_step',
    message: `The run has no step "${step}"`,
    why: `it has ${steps
      .map(({ key }) => key)
      .slice(0, 20)
      .join(', ')}`,
    fix: `evenkeel run show ${id}`,
    exitCode: exitCodes.notFound,
  })
}
