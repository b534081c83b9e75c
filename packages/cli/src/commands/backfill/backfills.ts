import type { Client } from '@evenkeel/client'
import { type Backfill, type backfills, type BackfillState, whyNotBackfill } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import type { Output } from '../../output.ts'
import { durationText, momentText } from '../../table.ts'
import { onInterrupt } from '../run/follow.ts'
import { everyText } from './every.ts'

export type Backfills = Client<typeof backfills>

const fullLength = 36
const pauseMs = 1000

/** Reads a backfill by its id, or by a start of it that fits one alone. */
export async function findBackfill(api: Backfills, start: string): Promise<Backfill> {
  if (start.length >= fullLength) return api.get({ params: { backfill: start } })
  const { items } = await api.list({ query: { limit: 500 } })
  const found = items.filter(({ id }) => id.startsWith(start))
  if (found.length > 1) throw ambiguous(start, found)
  return api.get({ params: { backfill: found[0]?.id ?? start } })
}

const ambiguous = (start: string, found: readonly Backfill[]) =>
  new CliError({
    code: 'cli.usage',
    message: 'The backfill is not clear',
    why: `"${start}" fits ${found.length} backfills, such as ${found[0]!.id} and ${found[1]!.id}`,
    fix: 'give more of the id; evenkeel backfill list shows them',
    exitCode: exitCodes.usage,
  })

const isOver = (state: BackfillState): boolean => state !== 'running' && state !== 'paused'

/** The exit code of a backfill that was waited for. */
export const codeOf = (state: BackfillState): number => (state === 'succeeded' ? exitCodes.ok : exitCodes.unexpected)

/** Waits until a backfill is over, or for Ctrl-C, which leaves it to itself. */
export async function waitFor(api: Backfills, started: Backfill, output: Output) {
  const stop = onInterrupt()
  try {
    let told = ''
    for (let backfill = started; ; backfill = await api.get({ params: { backfill: started.id } })) {
      const { id, state, counts } = backfill
      const text = progressText(backfill)
      if (text !== told) output.tell({ event: 'progress', backfill: id, state, counts }, text)
      told = text
      // Its last runs may outlive a cancel.
      if (isOver(state) && counts.running === 0) return { backfill, interrupted: false }
      if (await stop.waits(pauseMs)) {
        output.say(`the backfill goes on; wait for it again with: evenkeel backfill show ${id} --wait`)
        return { backfill, interrupted: true }
      }
    }
  } finally {
    stop.done()
  }
}

export const progressText = ({ counts, partitionCount, state, eta }: Backfill): string => {
  const { pending, ...rest } = counts
  const done = partitionCount - pending - counts.running
  const parts = Object.entries(rest).filter(([, count]) => count > 0)
  const left = eta === null ? '' : `, about ${durationText(Math.max(0, Date.parse(eta) - Date.now()))} left`
  return `${state}: ${done} of ${partitionCount} done${parts.map(([name, count]) => `, ${count} ${name}`).join('')}${left}`
}

/** What it is, as lines for a person. */
export const headLines = (backfill: Backfill): string[] => {
  const { id, pipeline, code, version, start, end, timezone, cache, maxActive, createdBy, says } = backfill
  const which = version === null || code === `version:${version}` ? code : `${code}, version ${version}`
  const given = Object.entries(backfill.params).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return [
    `${pipeline}  backfill ${id}  ${progressText(backfill)}`,
    `  says     ${says}`,
    `  range    ${momentText(start)} … ${momentText(end)} UTC, every ${everyText(backfill)}${timezone === 'UTC' ? '' : ` in ${timezone}`}`,
    `  code     ${which}; cache ${cache}; ${maxActive} at a time, ${backfill.order} first; by ${createdBy}`,
    ...(given.length > 0 ? [`  params   ${given.join('  ')}`] : []),
  ]
}

export const nextLines = ({ id, state, counts }: Backfill): string[] => {
  const next = [
    ...(counts.failed + counts.cancelled > 0 && !whyNotBackfill('retry', state)
      ? [`evenkeel backfill retry ${id}`]
      : []),
    ...(whyNotBackfill('resume', state) ? [] : [`evenkeel backfill resume ${id}`]),
    ...(whyNotBackfill('pause', state) ? [] : [`evenkeel backfill show ${id} --wait`]),
  ]
  return next.map((command, at) => `${at === 0 ? 'next' : '    '}   ${command}`)
}
