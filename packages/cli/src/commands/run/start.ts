import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { cacheChoice, type NoCacheOption, paramsFor, targetBody, type TargetOptions } from '../pipeline/choices.ts'
import { followRun, interrupted } from './follow.ts'
import { codeOfRun, type Pipelines, whereOf } from './runs.ts'
import { runLines } from './show.ts'

interface StartOptions extends CommonOptions, NoCacheOption, TargetOptions {
  readonly param?: readonly string[]
  readonly version?: number
  readonly priority?: number
  readonly follow?: boolean
}

/** Starts a run; with `--follow` the exit code is its outcome. */
export async function start(name: string, options: StartOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const output = outputOf(options)
  const params = await paramsFor(pipelines, name, options.param, options)
  const body = {
    params,
    noCache: cacheChoice(options),
    ...targetBody(options),
  }
  const typical = options.follow ? await typicalOf(pipelines, name, body) : undefined
  const { priority } = options
  const run = await pipelines.startRun({
    params: { pipeline: name },
    body: { ...body, ...(priority !== undefined && { priority }) },
  })
  if (!options.follow) {
    output.result(run, () => [
      `run ${run.id} of ${name} version ${run.pipelineVersion}${whereOf(run)} is ${run.state}`,
      `next   evenkeel run show ${run.id} --follow`,
    ])
    return exitCodes.ok
  }
  output.say(`run ${run.id} of ${name} version ${run.pipelineVersion}${whereOf(run)}`)
  const end = await followRun(pipelines, run, output, typical)
  output.result(end.run, () => runLines(end.run))
  return end.interrupted ? interrupted : codeOfRun(end.run)
}

async function typicalOf(pipelines: Pipelines, name: string, body: Parameters<Pipelines['plan']>[0]['body']) {
  const { steps } = await pipelines.plan({ params: { pipeline: name }, body })
  // What is taken over takes no time.
  return new Map(
    steps.flatMap(({ key, action, typicalDurationMs }) => {
      const ms = action === 'reuse' ? 0 : typicalDurationMs
      return ms === null ? [] : [[key, ms] as const]
    }),
  )
}
