import { createClient } from '@evenkeel/client'
import { artifacts, imports } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { importMlflow, planMlflow } from '../../import/mlflow.ts'
import { createProgress } from '../../import/progress.ts'
import { linesOf, planLines, reportOf } from '../../import/report.ts'
import { createSourceHttp } from '../../import/source/http.ts'
import { createSource } from '../../import/source/index.ts'
import { createTally } from '../../import/tally.ts'
import { targetOf } from '../../settings.ts'
import { type CommonOptions, outputOf } from '../common.ts'
import { authorizationOf, type OtherServerOptions, stopOnSignals, stopped, urlOf } from '../other-server.ts'

interface ImportOptions extends CommonOptions, OtherServerOptions {
  readonly experiment?: readonly string[]
  readonly only?: 'runs' | 'registry'
  readonly deleted?: boolean
  readonly full?: boolean
  readonly dryRun?: boolean
  readonly concurrency: number
}

/** Brings an MLflow server here, or goes on where an earlier import stopped. The exit code says whether both sides are the same. */
export async function mlflow(address: string, options: ImportOptions): Promise<number> {
  const output = outputOf(options)
  const interrupt = stopOnSignals()
  const { signal } = interrupt
  const url = urlOf(address, 'import')
  const sourceOptions = { url, authorization: authorizationOf(options), rate: options.rate, signal }
  const tally = createTally()
  const progress = createProgress(output, { quiet: options.quiet ?? false })
  const context = {
    source: createSource(createSourceHttp({ ...sourceOptions, role: 'source' })),
    here: await hereOf(options),
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
      output.result(plan, () => planLines(plan, 'here already'))
      return exitCodes.ok
    }
    const result = await importMlflow(context, choice)
    progress.end()
    const whole = `everything that ${url} has is here`
    output.result({ source: url, ...reportOf(result, tally) }, () => linesOf(result, tally, whole))
    return tally.differing() === 0 ? exitCodes.ok : exitCodes.conflict
  } catch (error) {
    progress.end()
    throw signal.aborted ? stopped(wordsOfStop, error) : error
  } finally {
    interrupt.release()
  }
}

async function hereOf(options: CommonOptions) {
  const { url, token } = await targetOf(options)
  const client = { baseUrl: url, token }
  return { imports: createClient(imports, client), artifacts: createClient(artifacts, client) }
}

const wordsOfStop = {
  message: 'The import was stopped',
  why: 'a signal came; what had been brought by then is here, and whole',
}
