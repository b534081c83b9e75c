import { join } from 'node:path'
import { type Sent, sendHttp } from '../../../platform/outgoing/send.ts'
import type { LineageDeps } from '../deps.ts'
import { appendLine } from './file.ts'
import { type TargetRow, targetStore } from './store.ts'

/** Events that are read at once, and how long one look may send. */
const pageSize = 100
const lookMs = 20_000

/** A target that says "never this" is asked so often before the event is left out. */
const triesBeforeLeavingOut = 3

/** 2 s after the first failure, twice as long after each further one, at most 5 minutes. */
const pauseMs = (failures: number) => Math.min(300_000, 1000 * 2 ** Math.min(failures, 16))

export type Push = () => Promise<void>

type PushDeps = Pick<LineageDeps, 'db' | 'now' | 'folder' | 'privateTargets' | 'log'>

/**
 * Sends to every target what it has not got yet, in the order in which it was written. How far that is moves after each
 * event, so a crash sends at most one of them again.
 */
export function createPush(deps: PushDeps): Push {
  return async () => {
    const leased = await targetStore(deps.db).lease(deps.now())
    await Promise.all(leased.map((target) => pushTo(deps, target)))
  }
}

async function pushTo(deps: PushDeps, target: TargetRow): Promise<void> {
  const store = targetStore(deps.db)
  const key = { projectId: target.project_id, name: target.name }
  const lease = target.leased_until!
  const send = senderOf(deps, target, await store.keyOf(key))
  const until = Date.now() + lookMs
  let { sent_until: sentUntil, failures, refused_count: refused } = target
  for (;;) {
    const events = await store.nextEvents(key.projectId, sentUntil, pageSize)
    if (events.length === 0) break
    for (const { id, body } of events) {
      if (Date.now() > until) return void (await store.report(key, lease, { leased_until: null }))
      const sent = await send(JSON.stringify(body))
      const now = deps.now()
      if (sent.outcome !== 'sent') {
        failures++
        const leftOut = sent.outcome === 'refused' && failures >= triesBeforeLeavingOut
        const pause = new Date(now.getTime() + pauseMs(leftOut ? 1 : failures))
        const told = { last_error: sent.says.slice(0, 1000), last_error_at: now, leased_until: null }
        const state = leftOut
          ? { sent_until: id, failures: 0, refused_count: refused + 1, next_try_at: null }
          : { failures, next_try_at: pause }
        return void (await store.report(key, lease, { ...told, ...state }))
      }
      failures = 0
      sentUntil = id
      const state = { sent_until: id, failures, next_try_at: null, last_success_at: now }
      if (!(await store.report(key, lease, state))) return
    }
  }
  await store.report(key, lease, { leased_until: null })
}

type Spec = { readonly kind: 'http'; readonly url: string } | { readonly kind: 'file' }

function senderOf(
  deps: PushDeps,
  { project_id, name, spec }: TargetRow,
  key: string | null,
): (body: string) => Promise<Sent> {
  const read = spec as Spec
  if (read.kind === 'file') return (line) => appendLine(fileOf(deps.folder, project_id, name), line)
  const headers = { ...(key !== null && { authorization: `Bearer ${key}` }) }
  return (body) => sendHttp({ url: read.url, headers, privateTargets: deps.privateTargets }, body)
}

/** Project and target are names: letters, digits, `_`, `-` and `.`, never a path. */
export const fileOf = (folder: string, project: string, target: string): string =>
  join(folder, 'lineage', project, `${target}.jsonl`)
