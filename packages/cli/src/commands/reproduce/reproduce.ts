import type { Reproduction } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import { cell, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, type Connection, outputOf } from '../common.ts'
import { findVersion, readVersionName } from '../model/version-name.ts'
import { followRun, interrupted } from '../run/follow.ts'
import { findRun } from '../run/runs.ts'
import { reproductionLines } from './lines.ts'

interface ReproduceOptions extends CommonOptions {
  readonly tolerance?: number
  readonly without?: readonly string[]
  readonly wait: boolean
  readonly follow?: string
  readonly list?: boolean
  readonly limit: number
}

/** What the comparison usually takes, which the first run did not have. */
const comparingMs = 2000

/** Makes a version again and says what is the same; the exit code is the verdict. */
export async function reproduce(name: string | undefined, options: ReproduceOptions): Promise<number> {
  const connection = await connect(options)
  if (options.follow !== undefined) return follow(connection, options.follow, options)
  if (name === undefined) throw nothingNamed()
  return options.list ? list(connection, name, options) : start(connection, name, options)
}

const nothingNamed = () =>
  new CliError({
    code: 'cli.usage',
    message: 'It is not said what to reproduce.',
    why: 'A version is written as churn@7, or by an alias as churn@champion.',
    fix: 'evenkeel model list',
    exitCode: exitCodes.usage,
  })

async function start(connection: Connection, name: string, options: ReproduceOptions): Promise<number> {
  const output = outputOf(options)
  const { model, version } = await findVersion(connection, name)
  const { tolerance, without } = options
  const body = {
    ...(tolerance !== undefined && { tolerance }),
    ...(without !== undefined && { without: [...without] }),
  }
  const started = await connection.reproductions.start({ params: { model, version }, body })
  if (options.wait) return await watch(connection, started, options)
  output.result(started, () => [
    `${model}@${version} is made again in the run ${started.id}`,
    `next   evenkeel reproduce --follow ${started.id}`,
  ])
  return exitCodes.ok
}

async function follow(connection: Connection, id: string, options: ReproduceOptions): Promise<number> {
  const run = await findRun(connection.pipelines, id)
  return watch(connection, await connection.reproductions.get({ params: { reproduction: run.id } }), options)
}

async function watch(
  connection: Connection,
  { id, ...started }: Reproduction,
  options: ReproduceOptions,
): Promise<number> {
  const output = outputOf(options)
  const { model, version, ofRun, steps } = started
  output.say(`${model}@${version}, made by the run ${ofRun}, is made again in the run ${id}`)
  const run = await connection.pipelines.getRun({ params: { run: id } })
  const typical = new Map(run.steps.map(({ key }) => [key, comparingMs]))
  for (const { step, before } of steps) if (before) typical.set(step, before.durationMs ?? 0)
  const end = await followRun(connection.pipelines, run, output, typical, `evenkeel reproduce --follow ${id}`)
  if (end.interrupted) return interrupted
  const found = await connection.reproductions.get({ params: { reproduction: id } })
  output.result(found, () => reproductionLines(found))
  return codeOf(found)
}

function codeOf({ verdict }: Reproduction): number {
  if (verdict === null) return exitCodes.unexpected
  return verdict === 'differs' ? exitCodes.conflict : exitCodes.ok
}

async function list({ reproductions }: Connection, name: string, options: ReproduceOptions): Promise<number> {
  const { model, wanted } = readVersionName(name)
  const version = Number(wanted)
  const query = { limit: options.limit, ...(Number.isInteger(version) && { version }) }
  const page = await reproductions.list({ params: { model }, query })
  outputOf(options).result(page, () =>
    page.items.length === 0
      ? [`no version of ${model} was made again yet`, `next   evenkeel reproduce ${name}`]
      : table(
          ['version', 'run', 'verdict', 'what', 'by', 'started'],
          page.items.map((one) => [
            String(one.version),
            one.id,
            one.verdict ?? one.state,
            cell(one.says, 70),
            one.createdBy,
            momentText(one.createdAt),
          ]),
        ),
  )
  return exitCodes.ok
}
