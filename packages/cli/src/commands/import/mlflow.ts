import { createClient } from '@evenkeel/client'
import { artifacts, imports } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import { importMlflow, planMlflow } from '../../import/mlflow.ts'
import { createProgress } from '../../import/progress.ts'
import { linesOf, planLines, reportOf } from '../../import/report.ts'
import { createSource } from '../../import/source/index.ts'
import { createTally } from '../../import/tally.ts'
import { targetOf } from '../../settings.ts'
import { type CommonOptions, outputOf } from '../common.ts'
import { interrupted } from '../run/follow.ts'

interface ImportOptions extends CommonOptions {
  readonly experiment?: readonly string[]
  readonly only?: 'runs' | 'registry'
  readonly deleted?: boolean
  readonly full?: boolean
  readonly dryRun?: boolean
  readonly concurrency: number
  readonly rate?: number
  readonly tokenEnv?: string
  readonly userEnv?: string
}

/** Brings an MLflow server here, or goes on where an earlier import stopped. The exit code says whether both sides are the same. */
export async function mlflow(address: string, options: ImportOptions): Promise<number> {
  const output = outputOf(options)
  const interrupt = stopOnSignals()
  const { signal } = interrupt
  const sourceOptions = { url: urlOf(address), authorization: authorizationOf(options), rate: options.rate, signal }
  const tally = createTally()
  const progress = createProgress(output, { quiet: options.quiet ?? false })
  const context = {
    source: createSource(sourceOptions),
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
      output.result(plan, () => planLines(plan))
      return exitCodes.ok
    }
    const result = { source: sourceOptions.url, ...(await importMlflow(context, choice)) }
    progress.end()
    output.result(reportOf(result, tally), () => linesOf(result, tally))
    return tally.differing() === 0 ? exitCodes.ok : exitCodes.conflict
  } catch (error) {
    progress.end()
    throw signal.aborted ? stopped(error) : error
  } finally {
    interrupt.release()
  }
}

async function hereOf(options: CommonOptions) {
  const { url, token } = await targetOf(options)
  const client = { baseUrl: url, token }
  return { imports: createClient(imports, client), artifacts: createClient(artifacts, client) }
}

/** The first signal ends the import between two requests, the second one at once. */
function stopOnSignals() {
  const controller = new AbortController()
  const stop = () => controller.abort()
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.once(name, stop)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, stop)
    },
  }
}

const stopped = (cause: unknown) =>
  new CliError(
    {
      code: 'cli.stopped',
      message: 'The import was stopped',
      why: 'a signal came; what had been brought by then is here, and whole',
      fix: 'run the same command again; it goes on with what is missing',
      exitCode: interrupted,
    },
    { cause },
  )

function urlOf(address: string): string {
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usage('The address is not one of a server', `"${address}" does not begin with http:// or https://`)
  }
  if (url.username || url.password) {
    throw usage('The address holds a password', 'others on this machine could read it in the list of processes')
  }
  return url.href.replace(/\/$/, '')
}

const usage = (message: string, why: string) =>
  new CliError({
    code: 'cli.bad_address',
    message,
    why,
    fix: 'evenkeel import mlflow http://host:5000 --user-env NAME   (a variable that holds user:password)',
    exitCode: exitCodes.usage,
  })

/** Secrets come from the environment alone. */
function authorizationOf({ tokenEnv, userEnv }: ImportOptions): string | undefined {
  if (tokenEnv !== undefined) return `Bearer ${variable(tokenEnv)}`
  if (userEnv === undefined) return undefined
  return `Basic ${Buffer.from(variable(userEnv)).toString('base64')}`
}

function variable(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new CliError({
    code: 'cli.no_variable',
    message: `The environment variable ${name} is not set`,
    why: 'the options --token-env and --user-env name a variable; they are not the secret',
    fix: `read -rs ${name} && export ${name}`,
    exitCode: exitCodes.usage,
  })
}
