import {
  type EnvironmentMove,
  PipelineSpec,
  type PromotedEnvironment,
  type PromotionApproval,
  type Run,
} from '@evenkeel/contract'
import { writeFile } from 'node:fs/promises'
import { readSample, sampleText } from '../ci/sample.ts'
import { exitCodes } from '../errors.ts'
import { spanText } from '../table.ts'
import { type CommonOptions, connect, type Connection, outputOf } from './common.ts'
import { paramsFor } from './pipeline/choices.ts'
import { paramsOfLast } from '../ci/last-run.ts'
import { followRun } from './run/follow.ts'

interface PromoteOptions extends CommonOptions {
  readonly to: PromotedEnvironment
  readonly version?: number
  readonly reason?: string
  readonly approve?: boolean
  readonly smoke?: true | string
  readonly param?: readonly string[]
  readonly summary?: string
}

/** Puts a release in force in an environment; with `--smoke` a run on a sample follows, and says by its end how it went. */
export async function promotePipeline(pipeline: string, options: PromoteOptions): Promise<number> {
  const connection = await connect(options)
  const { to: environment, version, reason = '', approve = false, smoke } = options
  const body = { reason, approve, ...(version !== undefined && { version }) }
  const promoted = await connection.releases.promote({ params: { pipeline, environment }, body })
  const { move, changed, approval } = promoted
  if (approval) return tellWaiting(promoted, approval, options)
  if (!move) throw new Error(`${pipeline} was promoted, and nothing is in force`)
  const run = smoke === undefined ? undefined : await smokeRun(connection, pipeline, move, options, smoke)
  const lines = linesOf(pipeline, move, changed, run)
  outputOf(options).result({ move, changed, approval, smoke: run ?? null }, () => lines)
  if (options.summary !== undefined) await writeFile(options.summary, `${markdownOf(pipeline, move, changed, run)}\n`)
  return run && run.state !== 'succeeded' ? exitCodes.gateFailed : exitCodes.ok
}

/** Production stays as it is until another person has decided. */
async function tellWaiting(
  promoted: object,
  { id, pipeline, version, environment, requestedBy, evidence, expiresAt }: PromotionApproval,
  options: PromoteOptions,
): Promise<number> {
  const head = `${pipeline}@${version} waits for another person before it is in force in ${environment}`
  outputOf(options).result({ ...promoted, smoke: null }, () => [
    head,
    ...evidence.map((line) => `  ${line}`),
    `  asked for by ${requestedBy}; expires ${expiresAt}`,
    `next   evenkeel approve accept ${id} --reason "…"   (by somebody who neither asked nor made the release)`,
  ])
  const list = evidence.map((line) => `- ${line}`).join('\n')
  if (options.summary !== undefined) await writeFile(options.summary, `### ${head}\n\n${list}\n`)
  return exitCodes.waitingForApproval
}

async function smokeRun(
  { pipelines, releases }: Connection,
  pipeline: string,
  { environment, version }: EnvironmentMove,
  options: PromoteOptions,
  smoke: true | string,
): Promise<Run> {
  const sample = smoke === true ? 0.01 : readSample(smoke)
  const { spec } = await releases.get({ params: { pipeline, version: String(version) } })
  const last = await paramsOfLast(pipelines, pipeline, PipelineSpec.parse(spec))
  const params = { ...last, ...(await paramsFor(pipelines, pipeline, options.param)) }
  const body = { environment, sample, params, ...(environment === 'staging' && { version }) }
  const output = outputOf(options)
  const run = await pipelines.startRun({ params: { pipeline }, body })
  output.say(`smoke run ${run.id} of version ${version} on ${sampleText(sample)}`)
  return (await followRun(pipelines, run, output)).run
}

function linesOf(pipeline: string, move: EnvironmentMove, changed: boolean, run: Run | undefined): string[] {
  return [
    headOf(pipeline, move, changed),
    ...(run ? [`smoke run ${run.id} ${run.state}, ${spanText(run.startedAt, run.endedAt)}`] : []),
    ...nextOf(pipeline, move, run),
  ]
}

function headOf(pipeline: string, { environment, version, fromVersion, kind }: EnvironmentMove, changed: boolean) {
  if (!changed) return `${pipeline}@${version} is in force in ${environment} already`
  const before = fromVersion === null ? 'nothing was before' : `version ${fromVersion} was before`
  return `${pipeline}@${version} is in force in ${environment}${kind === 'rolled_back' ? ' again' : ''}; ${before}`
}

function nextOf(pipeline: string, { environment, version, fromVersion }: EnvironmentMove, run: Run | undefined) {
  if (run && run.state !== 'succeeded') {
    const back =
      fromVersion === null
        ? []
        : [`       evenkeel promote-pipeline ${pipeline} --to ${environment} --version ${fromVersion}`]
    return [`next   evenkeel run show ${run.id}`, ...back]
  }
  return environment === 'staging'
    ? [`next   evenkeel promote-pipeline ${pipeline} --to production --version ${version}`]
    : [`next   evenkeel run start ${pipeline} --environment production`]
}

const markdownOf = (pipeline: string, move: EnvironmentMove, changed: boolean, run: Run | undefined): string =>
  [
    `### ${headOf(pipeline, move, changed)}`,
    '',
    `By ${move.by}, ${move.at}${move.why ? `: ${move.why}` : ''}.`,
    ...(run
      ? [
          '',
          `Smoke run \`${run.id}\` **${run.state}**.`,
          '',
          '| step | state | time |',
          '| --- | --- | --- |',
          ...run.steps.map(
            ({ key, state, startedAt, endedAt }) => `| ${key} | ${state} | ${spanText(startedAt, endedAt)} |`,
          ),
        ]
      : []),
  ].join('\n')
