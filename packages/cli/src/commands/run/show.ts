import { commitText, costInWords, plural, type Run, type RunStep, whyNotRun } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { cell, momentText, spanText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { followRun, interrupted } from './follow.ts'
import { progressText } from './progress.ts'
import { codeOfRun, findRun, whereOf } from './runs.ts'

export async function show(id: string, options: CommonOptions & { follow?: boolean }): Promise<number> {
  const { pipelines } = await connect(options)
  const output = outputOf(options)
  const found = await findRun(pipelines, id)
  if (!options.follow) {
    output.result(found, () => runLines(found))
    return exitCodes.ok
  }
  const { run, interrupted: left } = await followRun(pipelines, found, output)
  output.result(run, () => runLines(run))
  return left ? interrupted : codeOfRun(run)
}

/** A run for a person: what it is, its steps, and what to do next. */
export function runLines(run: Run): string[] {
  const {
    id,
    pipeline,
    pipelineVersion,
    commit,
    state,
    reason,
    trigger,
    createdBy,
    startedAt,
    endedAt,
    params,
    priority,
    steps,
    cost,
  } = run
  const given = Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [
    `${pipeline}  run ${id}  ${state}${reason ? `: ${reason}` : ''}`,
    `  version  ${pipelineVersion}${whereOf(run)}, by ${createdBy}: ${trigger.says}`,
    `  commit   ${commitText(commit)}`,
    `  time     ${momentText(startedAt)}, ${spanText(startedAt, endedAt)}`,
    ...(cost && cost.attempts > 0
      ? [
          `  cost     ${costInWords(cost)
            .map(([name, words]) => `${name} ${words}`)
            .join(', ')}`,
        ]
      : []),
    ...(priority !== 0 ? [`  priority ${priority}`] : []),
    ...(given.length > 0 ? [`  params   ${cell(given.join('  '), 160)}`] : []),
    ...table(['step', 'state', 'time', 'attempts', 'why'], steps.map(stepRow)),
    ...steps.flatMap(outputLines),
    ...nextOf(run),
  ]
}

function stepRow(step: RunStep): string[] {
  const { key, state, startedAt, endedAt, attempts } = step
  return [key, state, spanText(startedAt, endedAt), String(attempts.length), cell(saysOf(step) ?? '', 100)]
}

/** How far it is, or why it does not go on, says more than why it is not reused. */
function saysOf({ state, progress, reason, cache }: RunStep): string | null {
  if (['failed', 'skipped', 'cancelled', 'waiting'].includes(state)) return reason
  return (state === 'running' ? progressText(progress) : '') || (cache?.says ?? reason)
}

/** What a step left, and what was wrong with what it wrote. */
function outputLines({ key, outputs, attempts }: RunStep): string[] {
  const left = Object.entries(outputs).map(([name, { sizeBytes, fileCount }]) => {
    const what = fileCount === null ? '' : `folder of ${plural(fileCount, 'file')}, `
    return `  ${key}: output ${name}, ${what}${plural(sizeBytes, 'byte')}`
  })
  return [...left, ...(attempts.at(-1)?.warnings ?? []).map((warning) => `  ${key}: ${warning}`)]
}

function nextOf(run: Run): string[] {
  const failed = run.steps.find(({ state }) => state === 'failed')
  const asked = run.steps.flatMap(({ approval }) => (approval?.state === 'pending' ? [approval.id] : []))
  const next = [
    ...asked.flatMap((id) => [`evenkeel approve show ${id}`, `evenkeel approve accept ${id} --reason "…"`]),
    ...(failed ? [`evenkeel run logs ${run.id} '${failed.key}'`] : []),
    ...(whyNotRun('retry', run.state) === undefined ? [`evenkeel run retry ${run.id}`] : []),
    ...(whyNotRun('cancel', run.state) === undefined ? [`evenkeel run show ${run.id} --follow`] : []),
  ]
  return next.map((command, at) => `${at === 0 ? 'next' : '    '}   ${command}`)
}
