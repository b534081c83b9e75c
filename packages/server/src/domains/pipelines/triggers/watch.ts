import { canonicalJson, TriggerSpec } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { type Job, periodic } from '../../../platform/jobs.ts'
import { fire } from './fire.ts'
import { type BucketSource, whyNotBucket } from './bucket.ts'
import { compare, type FilesSource, listFiles, lookAtFiles, placeNamed } from './files-look.ts'
import { CannotLook, digestOf, whyNotFolder } from './folder.ts'
import type { Occasion } from './occasion.ts'
import type { QuerySource } from './query.ts'
import { askFor, lookAtQuery, occasionKey, type WatchDeps, wordsOf } from './query-look.ts'
import { type TriggerKey, triggersStore, type TriggerRow } from './store.ts'
import { atStart, type SeenFile, type WatchRow, watchStore } from './watch-store.ts'

type WatchSource = FilesSource | QuerySource

const isFiles = (on: TriggerSpec['on']): on is FilesSource => on.kind === 'folder' || on.kind === 'bucket'
const isWatch = (on: TriggerSpec['on']): on is WatchSource => isFiles(on) || on.kind === 'sql'

/** What is watched: what else a trigger says may change without a new beginning. */
function identityOf(on: WatchSource): string {
  switch (on.kind) {
    case 'folder':
      return canonicalJson([on.path, on.pattern])
    case 'bucket':
      return canonicalJson([on.url, on.pattern])
    case 'sql':
      return canonicalJson([on.connectionSecret, on.query])
  }
}

/** A job each, so that a slow database keeps no folder waiting. Triggers of one server are looked at side by side. */
export const watchJobs = (deps: WatchDeps): readonly Job[] => [
  periodic('pipelines.watch_folders', 3, () => lookAtAll(deps, 'folder')),
  periodic('pipelines.watch_buckets', 2, () => lookAtAll(deps, 'bucket')),
  periodic('pipelines.watch_queries', 2, () => lookAtAll(deps, 'sql')),
]

const sideBySide = 8

async function lookAtAll(deps: WatchDeps, kind: WatchSource['kind']): Promise<void> {
  const queue = await watchStore(deps.db).watches()
  const workers = Array.from({ length: sideBySide }, async () => {
    for (let watch = queue.shift(); watch; watch = queue.shift()) await lookSafely(deps, kind, watch)
  })
  await Promise.all(workers)
}

/** What is broken keeps nobody else waiting. */
async function lookSafely(deps: WatchDeps, kind: WatchSource['kind'], watch: WatchRow): Promise<void> {
  const trigger = await triggersStore(deps.db).findTrigger({ ...watch, name: watch.trigger })
  if (!trigger) return
  const { on } = TriggerSpec.parse(trigger.spec)
  if (on.kind !== kind || identityOf(on) !== watch.source) return
  try {
    await look(deps, trigger, on, watch)
  } catch (error) {
    if (error instanceof CannotLook) await tell(deps, trigger, on, watch, error.message)
    else deps.log.error({ err: error, pipeline: watch.pipeline }, 'a trigger could not look; it is tried again')
  }
}

async function look(deps: WatchDeps, trigger: TriggerRow, on: WatchSource, watch: WatchRow): Promise<void> {
  if (on.kind === 'folder') return lookAtFiles(deps, trigger, on, watch)
  const now = deps.now()
  if (now.getTime() < dueFrom(on, watch) || !(await watchStore(deps.db).claimLook(watch, now))) return
  return on.kind === 'bucket' ? lookAtFiles(deps, trigger, on, watch) : lookAtQuery(deps, trigger, on, watch)
}

/** When the next look is due, in ms since 1970. */
function dueFrom(on: BucketSource | QuerySource, { looked_at, is_known, listing, problem }: WatchRow): number {
  const after = (seconds: number) => looked_at.getTime() + seconds * 1000
  if (problem !== null) return after(on.everySeconds)
  // What waits to be quiet is looked at as soon as it may be.
  if (on.kind === 'bucket') {
    return after(listing === null ? Math.min(on.everySeconds, on.debounce.quietSeconds) : on.everySeconds)
  }
  // Before the first answer it is due at once.
  return is_known ? after(on.everySeconds) : 0
}

/** Once, and again when the reason changes. */
async function tell(
  deps: WatchDeps,
  trigger: TriggerRow,
  on: WatchSource,
  watch: WatchRow,
  problem: string,
): Promise<void> {
  if (problem === watch.problem) return
  const occasion: Occasion = {
    kind: on.kind,
    dedupeKey: occasionKey(watch, problem),
    says: `${isFiles(on) ? `The ${on.kind} "${placeNamed(on)}" could not be looked at` : 'The query could not be asked'}. ${problem}`,
    eventTime: null,
    evidence: { problem },
    against: 'It is tried again; this is said once.',
  }
  await fire(deps, trigger, occasion)
  await watchStore(deps.db).saveWatch(watch, { problem, told: watch.told + 1 })
}

/** What a trigger begins with. */
interface WatchStart {
  readonly files: readonly SeenFile[]
  /** Why it cannot be watched. */
  readonly reason?: string
}

/** What lies in a folder or bucket when its trigger is written, or why it cannot be watched. */
export async function startOfWatch(
  deps: WatchDeps,
  projectId: string,
  { on, enabled }: TriggerSpec,
): Promise<WatchStart> {
  if (!isFiles(on)) return { files: [] }
  const reason = on.kind === 'folder' ? await whyNotFolder(deps.watchRoots, on) : whyNotBucket(on, deps)
  if (reason !== undefined) return { files: [], reason }
  try {
    return { files: enabled ? await listFiles(deps, projectId, on) : [] }
  } catch (error) {
    if (error instanceof CannotLook) return { files: [], reason: error.message }
    throw error
  }
}

/** A trigger that is written again as it was goes on from what it has seen. */
export async function saveStart(
  tx: Db,
  key: TriggerKey,
  { on, enabled }: TriggerSpec,
  files: readonly SeenFile[],
  now: Date,
): Promise<void> {
  const store = watchStore(tx)
  if (!isWatch(on) || !enabled) return store.removeWatch(key)
  const source = identityOf(on)
  if ((await store.lockWatch(key))?.source === source) return
  const { project_id, pipeline, name: trigger } = key
  const listing = isFiles(on) ? digestOf(files) : null
  await store.startWatch({ project_id, pipeline, trigger, source, started_at: now, looked_at: now, listing })
  await store.putFiles(key, files, { since: now, takenBy: atStart })
}

/** What the next look would see, in words. */
export async function nextLook(deps: WatchDeps, trigger: TriggerRow, on: WatchSource): Promise<Occasion | string> {
  try {
    const says = isFiles(on) ? await filesNow(deps, trigger, on) : await queryNow(deps, trigger, on)
    return { kind: on.kind, dedupeKey: '', says, eventTime: null }
  } catch (error) {
    if (error instanceof CannotLook) return error.message
    throw error
  }
}

const namedFiles = 20

async function filesNow(deps: WatchDeps, trigger: TriggerRow, on: FilesSource): Promise<string> {
  const files = await listFiles(deps, trigger.project_id, on)
  const [place, one] = [placeNamed(on), on.kind === 'folder' ? 'a file' : 'an object']
  const { changed, waiting } = compare(await watchStore(deps.db).files(trigger), files)
  const names = [...changed, ...waiting].map(({ path }) => `"${path}"`)
  if (names.length === 0) return `If ${one} came into "${place}" now; of the ${files.length} there, none is new.`
  const more = names.length > namedFiles ? ` and ${names.length - namedFiles} more` : ''
  return `New or changed in "${place}": ${names.slice(0, namedFiles).join(', ')}${more}.`
}

async function queryNow(deps: WatchDeps, trigger: TriggerRow, on: QuerySource): Promise<string> {
  const value = wordsOf(await askFor(deps, trigger.project_id, on))
  const watch = await watchStore(deps.db).findWatch(trigger)
  if (!watch?.is_known)
    return `If the value changed; the query gives ${value} now, and its first answer is only remembered.`
  const before = wordsOf(watch.value)
  return value === before
    ? `If the value changed; the query gives ${value}, as before.`
    : `The query gives ${value}; before it was ${before}.`
}
