import { createClient } from '@evenkeel/client'
import { artifacts, registry } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { createKnown } from '../../export/known.ts'
import { exportMlflow, planMlflow } from '../../export/mlflow.ts'
import { createTarget } from '../../export/target/index.ts'
import { createProgress } from '../../import/progress.ts'
import { linesOf, planLines, reportOf } from '../../import/report.ts'
import { createSourceHttp } from '../../import/source/http.ts'
import { createSource } from '../../import/source/index.ts'
import { createTally } from '../../import/tally.ts'
import { targetOf } from '../../settings.ts'
import { type CommonOptions, outputOf } from '../common.ts'
import { authorizationOf, type OtherServerOptions, stopOnSignals, stopped, urlOf } from '../other-server.ts'

interface ExportOptions extends CommonOptions, OtherServerOptions {
  readonly experiment?: readonly string[]
  readonly only?: 'runs' | 'registry'
  readonly deleted?: boolean
  readonly full?: boolean
  readonly dryRun?: boolean
  readonly concurrency: number
}

/** Sends what is here to an MLflow server, or goes on where an earlier export stopped. The exit code says whether both sides are the same. */
export async function mlflow(address: string, options: ExportOptions): Promise<number> {
  const output = outputOf(options)
  const interrupt = stopOnSignals()
  const { signal } = interrupt
  const url = urlOf(address, 'export')
  const targetOptions = { url, authorization: authorizationOf(options), rate: options.rate, signal }
  const tally = createTally()
  const progress = createProgress(output, { quiet: options.quiet ?? false })
  const context = {
    ...(await hereOf(options, signal)),
    target: createTarget(createSourceHttp({ ...targetOptions, role: 'target' })),
    known: createKnown(),
    signal,
    tally,
    progress,
    withDeleted: options.deleted ?? false,
    full: options.full ?? false,
    concurrency: options.concurrency,
  }
  const choice = { names: options.experiment, only: options.only }
  try {
    if (options.dryRun) {
      const plan = await planMlflow(context, choice)
      output.result(plan, () => planLines(plan, 'there already'))
      return exitCodes.ok
    }
    const result = await exportMlflow(context, choice)
    progress.end()
    const whole = `everything that is here is at ${url}`
    output.result({ target: url, ...reportOf(result, tally) }, () => linesOf(result, tally, whole))
    return tally.differing() === 0 ? exitCodes.ok : exitCodes.conflict
  } catch (error) {
    progress.end()
    throw signal.aborted ? stopped(wordsOfStop, error) : error
  } finally {
    interrupt.release()
  }
}

/** This server, as clients of MLflow read it, and what only we ask it. */
async function hereOf(options: CommonOptions, signal: AbortSignal) {
  const { url, token } = await targetOf(options)
  const authorization = token === undefined ? undefined : `Bearer ${token}`
  const client = { baseUrl: url, token }
  return {
    source: createSource(createSourceHttp({ role: 'here', url, authorization, rate: undefined, signal })),
    here: { artifacts: createClient(artifacts, client), registry: createClient(registry, client) },
  }
}

const wordsOfStop = {
  message: 'The export was stopped',
  why: 'a signal came; what had been sent by then is there, and whole',
}
