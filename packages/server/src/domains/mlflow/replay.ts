import { isDeepStrictEqual } from 'node:util'

/** One exchange that `tools/record-mlflow.ts` wrote. */
export interface Exchange {
  readonly method: string
  readonly url: string
  /** Those that say what the body is of. */
  readonly headers?: Readonly<Record<string, string>>
  readonly request: Side
  readonly status: number
  readonly response: Side
}

interface Side {
  readonly type: string | null
  readonly text?: string
  readonly base64?: string
}

export const bytesOf = ({ text, base64 }: Side): Buffer =>
  base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64')

/** What each server makes up: it must be there and of the same type, and may be another. */
const madeUp = new Set([
  'creation_time',
  'last_update_time',
  'creation_timestamp',
  'last_updated_timestamp',
  'creation_timestamp_ms',
  'last_updated_timestamp_ms',
  'message',
  'creator_id',
  'user_id',
])

/** Extras that clients do without: of errors, of a server with workspaces, and of its bookkeeping. */
const extras = new Set(['sqlstate', 'error_class', 'workspace', 'infoFinalized'])

/** MLflow stores infinities as the greatest number, and loses them that way. */
const infinities = new Map<unknown, string>([
  [Number.MAX_VALUE, 'Infinity'],
  [-Number.MAX_VALUE, '-Infinity'],
])

/** Ids that each server makes up, and that clients send back. */
const ids = new Set(['run_id', 'run_uuid', 'model_id', 'source_run_id', 'next_page_token', 'run_name', 'assessment_id'])

/**
 * Holds an answer of ours against the one that was recorded. Ids that differ are learned, so that later requests can
 * name ours in place of the recorded ones. Fields that MLflow does not send are nobody's loss.
 *
 * @returns where they differ, in words
 */
export function differences(recorded: unknown, ours: unknown, learned: Map<string, string>, path = ''): string[] {
  const known = typeof recorded === 'string' ? translate(recorded, learned) : recorded
  if (isDeepStrictEqual(known, ours)) return []
  const key = path
    .split('.')
    .at(-1)!
    .replace(/\[\d+\]$/, '')
  if (extras.has(key) && ours === undefined) return []
  if (infinities.has(recorded) && infinities.get(recorded) === ours) return []
  if (madeUp.has(key) && typeof recorded === typeof ours) return []
  // MLflow writes 64 bits as a number, which loses some; ours are digits.
  if (typeof recorded === 'number' && typeof ours === 'string' && Number(ours) === recorded) return []
  if (typeof recorded === 'string' && typeof ours === 'string') {
    if (ids.has(key) && !learned.has(recorded)) {
      learned.set(recorded, ours)
      return []
    }
    // A tag may hold JSON, which Python writes with spaces.
    if (isDeepStrictEqual(jsonIn(known as string), jsonIn(ours))) return []
  }
  if (Array.isArray(recorded) && Array.isArray(ours)) return listDifferences(recorded, ours, learned, path)
  if (isObject(recorded) && isObject(ours)) {
    if (isMadeUpTag(recorded) && recorded['key'] === ours['key']) return []
    return Object.entries(recorded).flatMap(([name, value]) =>
      differences(value, ours[name], learned, `${path}.${name}`),
    )
  }
  return [`${path}: recorded ${JSON.stringify(known)?.slice(0, 200)}, ours ${JSON.stringify(ours)?.slice(0, 200)}`]
}

/** A name that the server gave is a tag too. */
const isMadeUpTag = ({ key }: Readonly<Record<string, unknown>>) => key === 'mlflow.runName'

function listDifferences(recorded: unknown[], ours: unknown[], learned: Map<string, string>, path: string): string[] {
  if (recorded.length !== ours.length) return [`${path}: recorded ${recorded.length} items, ours ${ours.length}`]
  const name = nameOf(path, recorded, learned)
  const [theirs, mine] = [inOrder(recorded, name), inOrder(ours, name)]
  return theirs.flatMap((item, at) => differences(item, mine[at], learned, `${path}[${at}]`))
}

type NameOf = (item: unknown) => string

/** How items are told apart that come in no order: tags, params, metrics, newest versions, models of a run, runs that began at once. */
function nameOf(path: string, recorded: readonly unknown[], learned: ReadonlyMap<string, string>): NameOf | undefined {
  if (path.endsWith('.latest_versions')) return (item) => String((item as { version: string }).version)
  if (recorded.every((item) => isObject(item) && typeof item['key'] === 'string')) {
    return (item) => (item as { key: string }).key
  }
  if (path.endsWith('.model_outputs')) return (item) => translate((item as { model_id: string }).model_id, learned)
  if (!path.endsWith('.runs')) return undefined
  const runs = recorded as { info: { start_time: number; run_id: string } }[]
  const isTied = new Set(runs.map(({ info }) => info.start_time)).size < runs.length
  return isTied ? (item) => translate((item as (typeof runs)[number]).info.run_id, learned) : undefined
}

/** Items of one name (points of one metric) keep their order. */
function inOrder(items: readonly unknown[], name: NameOf | undefined): readonly unknown[] {
  if (!name) return items
  return items.toSorted((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0))
}

/** What a text that is a JSON object or list says; any other text is itself. */
function jsonIn(text: string): unknown {
  if (!/^[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A recorded text as it reads here: with our ids in place of the recorded ones. */
export function translate(text: string, learned: ReadonlyMap<string, string>): string {
  let translated = text
  for (const [theirs, ours] of learned) translated = translated.replaceAll(theirs, ours)
  return translated
}
