import { exitCodes } from '../errors.ts'
import type { MoveContext } from '../import/context.ts'
import type { Choice } from '../import/mlflow.ts'
import { createProgress } from '../import/progress.ts'
import { type BothSides, type ImportPlan, linesOf, planLines, reportOf } from '../import/report.ts'
import { createTally } from '../import/tally.ts'
import { type CommonOptions, outputOf } from './common.ts'
import { authorizationOf, type OtherServerOptions, stopOnSignals, stopped, urlOf } from './other-server.ts'

export interface MoveOptions extends CommonOptions, OtherServerOptions {
  readonly experiment?: readonly string[]
  readonly only?: 'runs' | 'registry'
  readonly deleted?: boolean
  readonly full?: boolean
  readonly dryRun?: boolean
  readonly concurrency: number
}

/** The server that things come from or go to. */
interface Other {
  readonly url: string
  readonly authorization: string | undefined
  readonly rate: number | undefined
  readonly signal: AbortSignal
}

/** One direction. */
interface Direction<Ends> {
  readonly verb: 'import' | 'export'
  /** What the other server is. */
  readonly role: 'source' | 'target'
  readonly already: string
  whole(url: string): string
  readonly stopped: { readonly message: string; readonly why: string }
  open(other: Other): Promise<Ends>
  plan(context: Ends & MoveContext, choice: Choice): Promise<ImportPlan>
  move(context: Ends & MoveContext, choice: Choice): Promise<BothSides>
}

/** Moves things to or from an MLflow server, or goes on where it stopped. The exit code says whether both sides are the same. */
export async function moveMlflow<Ends>(
  address: string,
  options: MoveOptions,
  direction: Direction<Ends>,
): Promise<number> {
  const output = outputOf(options)
  const interrupt = stopOnSignals()
  const { signal } = interrupt
  const url = urlOf(address, direction.verb)
  const other = { url, authorization: authorizationOf(options), rate: options.rate, signal }
  const tally = createTally()
  const progress = createProgress(output, { quiet: options.quiet ?? false })
  const { deleted: withDeleted = false, full = false, concurrency } = options
  const context = { ...(await direction.open(other)), signal, tally, progress, withDeleted, full, concurrency }
  const choice = { names: options.experiment, only: options.only }
  try {
    if (options.dryRun) {
      const plan = await direction.plan(context, choice)
      output.result(plan, () => planLines(plan, direction.already))
      return exitCodes.ok
    }
    const result = await direction.move(context, choice)
    progress.end()
    const report = { [direction.role]: url, ...reportOf(result, tally) }
    output.result(report, () => linesOf(result, tally, direction.whole(url)))
    return tally.differing() === 0 ? exitCodes.ok : exitCodes.conflict
  } catch (error) {
    progress.end()
    throw signal.aborted ? stopped(direction.stopped, error) : error
  } finally {
    interrupt.release()
  }
}
