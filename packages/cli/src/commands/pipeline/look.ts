import { type Pipeline, sourceText, type StepSpec } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { paramLines } from '../../pipeline/params.ts'
import { cell, durationText, momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { cacheChoice, type NoCacheOption, paramsFor, targetBody, type TargetOptions } from './choices.ts'

export async function list(options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const { items } = await pipelines.list()
  outputOf(options).result({ items }, () => (items.length > 0 ? listLines(items) : nothingYet))
  return exitCodes.ok
}

const nothingYet = [
  'no pipeline yet',
  '  next   evenkeel pipeline init NAME, then evenkeel pipeline apply pipelines/NAME.yaml',
]

const listLines = (items: readonly Pipeline[]): string[] =>
  table(
    ['pipeline', 'version', 'steps', 'runs', 'last run', 'triggers'],
    items.map(({ name, version, spec, runCount, lastRun, triggers }) => [
      name,
      String(version),
      String(spec.steps.length),
      String(runCount),
      lastRun ? `${lastRun.state}, ${momentText(lastRun.createdAt)}` : '–',
      triggers.map((trigger) => trigger.name).join(', ') || '–',
    ]),
  )

export async function show(name: string, options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const pipeline = await pipelines.get({ params: { pipeline: name } })
  outputOf(options).result(pipeline, () => showLines(pipeline))
  return exitCodes.ok
}

function showLines({ name, version, spec, runCount, lastRun, triggers }: Pipeline): string[] {
  const params = paramLines(spec)
  return [
    `${name}  version ${version}${spec.commit ? `, commit ${spec.commit.slice(0, 12)}` : ''}`,
    ...(spec.description ? [`  ${spec.description.trim()}`] : []),
    ...(spec.model ? [`  model    ${spec.model}`] : []),
    `  runs     ${runCount}${lastRun ? `, the last ${lastRun.state} (${lastRun.id})` : ''}`,
    ...triggers.map(
      (trigger) => `  trigger  ${trigger.name}: ${trigger.spec.on.kind}${trigger.spec.enabled ? '' : ', off'}`,
    ),
    '',
    ...(params.length > 0 ? [...params, ''] : []),
    ...table(['step', 'needs', 'does', 'cache'], spec.steps.map(stepRow)),
  ]
}

function stepRow({ key, needs, inputs, uses, run, source, cache }: StepSpec): string[] {
  const read = Object.values(inputs).flatMap((input) => {
    if (input.from === 'step') return [input.step]
    return input.from === 'steps' ? input.steps : []
  })
  const before = [...new Set([...needs, ...read])]
  const does = uses ? `evenkeel/${uses}` : source ? sourceText(source) : cell(commandText(run ?? []), 60)
  const says = typeof cache === 'boolean' ? (cache ? 'yes' : 'no') : `for ${durationText(cache.ttlSeconds * 1000)}`
  return [key, cell(before.join(', ') || '–', 40), does, says]
}

/** Of a script what it says, without the shell that runs it. */
function commandText(run: readonly string[]): string {
  const script = /^(sh|bash)$/.test(run[0]!) ? run[run.indexOf('-c') + 1] : undefined
  return (script ?? run.join(' ')).replace(/^exec /, '')
}

interface PlanOptions extends CommonOptions, NoCacheOption, TargetOptions {
  readonly param?: readonly string[]
}

/** Says what a run would do, and why, without starting one. */
export async function plan(name: string, options: PlanOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const params = await paramsFor(pipelines, name, options.param, options)
  const body = {
    params,
    noCache: cacheChoice(options),
    ...targetBody(options),
  }
  const planned = await pipelines.plan({ params: { pipeline: name }, body })
  outputOf(options).result(planned, () => [
    `${name}  version ${planned.version}`,
    ...table(
      ['step', 'action', 'typical', 'why'],
      planned.steps.map(({ key, action, typicalDurationMs, says }) => [
        key,
        action,
        typicalDurationMs === null ? '–' : durationText(typicalDurationMs),
        cell(says, 100),
      ]),
    ),
    ...planned.steps.flatMap(({ key, source }) => (source ? [`${key} is ${sourceText(source)}`] : [])),
    totalOf(planned.steps),
  ])
  return exitCodes.ok
}

function totalOf(
  steps: readonly { readonly action: 'run' | 'reuse' | 'unknown'; readonly typicalDurationMs: number | null }[],
) {
  const count = (action: string) => steps.filter((step) => step.action === action).length
  const work = steps
    .filter(({ action }) => action !== 'reuse')
    .reduce((sum, step) => sum + (step.typicalDurationMs ?? 0), 0)
  const time = work > 0 ? `; about ${durationText(work)} of work at most` : ''
  return `${count('run')} to run, ${count('reuse')} to reuse, ${count('unknown')} unknown${time}`
}
