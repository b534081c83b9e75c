import { plural } from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import type { Db } from '../../../platform/db.ts'
import { pipelinesStore } from '../store.ts'
import { saveCollected } from './collected.ts'
import { dueAt } from './data.ts'
import { firingsStore } from './firings-store.ts'
import { type BucketSource, placeOf } from './bucket.ts'
import { digestOf, type FolderSource, listFolder } from './folder.ts'
import { type Occasion, occasionOf } from './occasion.ts'
import type { WatchDeps } from './query-look.ts'
import type { TriggerRow } from './store.ts'
import { type FileRow, type SeenFile, type WatchRow, watchStore } from './watch-store.ts'

export type FilesSource = FolderSource | BucketSource

/** Where the files lie, as a person calls it. */
export const placeNamed = (on: FilesSource): string => (on.kind === 'folder' ? on.path : placeOf(on))

/** @throws CannotLook */
export async function listFiles(deps: WatchDeps, projectId: string, on: FilesSource): Promise<SeenFile[]> {
  if (on.kind === 'folder') return listFolder(deps.watchRoots, on)
  // What speaks S3 takes 35 MiB, and most servers watch no bucket.
  const { listBucket } = await import('./list-bucket.ts')
  return listBucket(deps, projectId, on)
}

/** Names that evidence holds, and paths that a param does. */
const mostNames = 1000
const keptMs = 7 * 86_400_000

/**
 * Looks at a folder or a bucket: what is new and has been quiet is collected in a firing.
 *
 * @throws CannotLook
 */
export async function lookAtFiles(
  deps: WatchDeps,
  trigger: TriggerRow,
  source: FilesSource,
  watch: WatchRow,
): Promise<void> {
  const now = deps.now()
  const files = await listFiles(deps, trigger.project_id, source)
  const listing = digestOf(files)
  if (listing === watch.listing && watch.problem === null) return
  await deps.db.transaction().execute(async (tx) => {
    await pipelinesStore(tx).lockPipeline(trigger.project_id, trigger.pipeline)
    const current = await watchStore(tx).lockWatch(trigger)
    // Written anew, or looked at by another server that saw more.
    if (current?.source !== watch.source || current.looked_at > now) return
    const isWaiting = await takeIn(tx, trigger, source, files, now)
    const change = { looked_at: now, problem: null, listing: isWaiting ? null : listing }
    await watchStore(tx).saveWatch(current, change)
  })
}

interface Changes {
  /** New, or other than before. */
  readonly changed: readonly SeenFile[]
  /** As before, and not yet taken. */
  readonly waiting: readonly FileRow[]
  readonly gone: readonly string[]
  readonly back: readonly string[]
}

export function compare(known: readonly FileRow[], files: readonly SeenFile[]): Changes {
  const before = new Map(known.map((row) => [row.path, row]))
  const now = new Set(files.map(({ path }) => path))
  const isAsBefore = ({ path, size_bytes, mtime_ms, etag }: SeenFile) => {
    const row = before.get(path)
    return row?.size_bytes === size_bytes && row.etag === etag && (etag !== null || row.mtime_ms === mtime_ms)
  }
  return {
    changed: files.filter((file) => !isAsBefore(file)),
    waiting: files
      .filter(isAsBefore)
      .flatMap(({ path }) => (before.get(path)!.taken_by === null ? [before.get(path)!] : [])),
    gone: known.filter(({ path, gone_at }) => gone_at === null && !now.has(path)).map(({ path }) => path),
    back: known.filter(({ path, gone_at }) => gone_at !== null && now.has(path)).map(({ path }) => path),
  }
}

/** @returns whether something waits to be quiet */
async function takeIn(
  tx: Db,
  trigger: TriggerRow,
  source: FilesSource,
  files: readonly SeenFile[],
  now: Date,
): Promise<boolean> {
  const store = watchStore(tx)
  const { changed, waiting, gone, back } = compare(await store.files(trigger), files)
  await store.putFiles(trigger, changed, { since: now, takenBy: null })
  await store.markGone(trigger, gone, now)
  await store.markGone(trigger, back, null)
  await store.forgetGone(trigger, new Date(now.getTime() - keptMs))
  const quietSince = now.getTime() - source.debounce.quietSeconds * 1000
  const quiet = waiting.filter(({ since }) => since.getTime() <= quietSince)
  const loud = waiting.filter(({ since }) => since.getTime() > quietSince)
  const last = changed.length > 0 ? now : newestOf(loud)
  if (quiet.length > 0 || last !== undefined) await collect(tx, trigger, source, quiet, last, now)
  return changed.length + waiting.length > 0
}

const newestOf = (files: readonly FileRow[]): Date | undefined =>
  files.map(({ since }) => since).reduce<Date | undefined>((a, b) => (a === undefined || b > a ? b : a), undefined)

/** @param last - when a file that is not quiet yet was written last: it is waited for */
async function collect(
  tx: Db,
  trigger: TriggerRow,
  source: FilesSource,
  quiet: readonly FileRow[],
  last: Date | undefined,
  now: Date,
): Promise<void> {
  const store = watchStore(tx)
  const firings = firingsStore(tx)
  const before = await firings.quietFiring(trigger)
  if (!before && quiet.length === 0) return
  const id = before?.id ?? randomUUIDv7()
  const had = before ? await store.filesTakenBy(trigger, id) : []
  const room = source.param === undefined ? Infinity : mostNames - had.length
  const taken = quiet.toSorted((a, b) => a.since.getTime() - b.since.getTime()).slice(0, room)
  const key = before?.dedupe_key ?? digestOf(taken)
  const known = before ? undefined : await firings.firingFor(trigger, key)
  await store.takeFiles(
    trigger,
    taken.map(({ path }) => path),
    known?.id ?? id,
  )
  if (known) return

  const firedAt = before?.fired_at ?? taken[0]!.since
  const isFull = taken.length < quiet.length
  const due = isFull ? now : dueAt(source.debounce, firedAt, last ?? newestOf(quiet)!)
  const list = [...had, ...taken].toSorted((a, b) => (a.path < b.path ? -1 : 1))
  // All that was collected may be changing again.
  const occasion = before && list.length === 0 ? occasionOf(before) : filesOccasion(source, list, key)
  await saveCollected(tx, trigger, occasion, { id, firedAt, due })
}

function filesOccasion(on: FilesSource, files: readonly SeenFile[], key: string): Occasion {
  const { kind, param } = on
  const place = placeNamed(on)
  const bytes = files.reduce((sum, { size_bytes }) => sum + size_bytes, 0)
  const [{ path: first }, ...others] = files as [SeenFile, ...SeenFile[]]
  const which =
    others.length === 0
      ? `${kind === 'folder' ? 'The file' : 'The object'} "${first}" came into`
      : `${files.length} ${kind === 'folder' ? 'files' : 'objects'}, "${first}" to "${others.at(-1)!.path}", came into`
  const names = files.map(({ path, size_bytes: sizeBytes }) => ({ path, sizeBytes }))
  return {
    kind,
    dedupeKey: key,
    says: `${which} "${place}" or changed there, with ${plural(bytes, 'byte')}.`,
    eventTime: null,
    evidence: { [kind]: place, count: files.length, bytes, ...(names.length <= mostNames && { files: names }) },
    params: param === undefined ? {} : { [param]: files.map(({ path }) => `${place.replace(/\/?$/, '/')}${path}`) },
  }
}
