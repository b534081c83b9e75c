import type { LoopRow } from '@evenkeel/contract'
import { exitCodes } from '../errors.ts'
import { folderOf } from '../settings.ts'
import { readState, stillRunning } from '../supervisor/state.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'

const SIGN = { idle: '·', active: '▸', done: '✓', attention: '!', failed: '✗' } as const

/** What `git status` is for a repository: each model's place in the loop, and the exact next command. */
export async function status(options: CommonOptions): Promise<number> {
  const { loop, url } = await connect(options)
  const { rows, needsYou, totals } = await loop.read({})
  const state = await readState(folderOf(options.folder))
  const processes = state ? (await stillRunning(state)).map(({ name, pid }) => ({ name, pid })) : []

  outputOf(options).result({ url, rows, needsYou, totals, processes }, () => [
    `${url}${processes.length > 0 ? ` · ${processes.map(({ name, pid }) => `${name} ${pid}`).join(' · ')}` : ''}`,
    ...needsYou.map(({ says, command }) => `! ${says}${command ? `\n    ${command}` : ''}`),
    ...rows.flatMap(lines),
    ...(rows.length === 0 ? ['no model yet', '  next   evenkeel demo, or write a pipeline and start a run'] : []),
  ])
  return exitCodes.ok
}

function lines({ model, liveVersion, stations, next }: LoopRow): string[] {
  const place = stations.map(({ name, state, label }) => `${SIGN[state]} ${name}${label ? ` (${label})` : ''}`)
  return [
    `${model}  ${liveVersion === null ? 'not served' : `version ${liveVersion} is live`}`,
    `  loop   ${place.join('  ')}`,
    `  next   ${next.says}${next.command ? `\n         ${next.command}` : ''}`,
  ]
}
