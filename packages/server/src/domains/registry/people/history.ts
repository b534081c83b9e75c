import type { Approval, HistoryEntry, Rollout } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { type Page, refuseCursor } from '../../../platform/page.ts'
import type { Reader, ReaderDeps } from '../reader.ts'
import { type HistoryRow, listHistory, type Span, versionNumbers } from './history-store.ts'

export interface HistoryNeeds extends Pick<ReaderDeps, 'approvals'> {
  /** Rollouts of a model that began until then, newest first. */
  readonly rolloutsOf: (projectId: string, model: string, until: Date, limit: number) => Promise<readonly Rollout[]>
}

interface HistoryDeps extends HistoryNeeds {
  readonly db: Db
  readonly reader: Reader
}

interface Asked {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly version?: number | undefined
}

/** Rollouts of one endpoint follow each other, so an old one that still moves is not far from the newest. */
const rolloutsBeside = 50

/** Everything that happened to a model in one list, whoever keeps it. */
export function createHistory({ db, reader, approvals, rolloutsOf }: HistoryDeps) {
  async function approvalsOf(projectId: string, model: string): Promise<HistoryEntry[]> {
    const versions = await versionNumbers(db, { projectId, model })
    return (await approvals(projectId, model, versions)).flatMap(ofApproval)
  }

  async function rollouts(projectId: string, model: string, { until, limit }: Span): Promise<HistoryEntry[]> {
    return (await rolloutsOf(projectId, model, until, limit + rolloutsBeside)).flatMap(ofRollout)
  }

  return async (projectId: string, model: string, { limit, cursor, version }: Asked): Promise<Page<HistoryEntry>> => {
    await reader.getModel(projectId, model)
    const { until, seen } = readCursor(cursor)
    // Of each source as many as could come first altogether; the order of those at the same moment never changes.
    const span = { until, limit: seen + limit + 1, version }
    const sources = await Promise.all([
      listHistory(db, { projectId, model }, span).then((rows) => rows.map(ofRow)),
      approvalsOf(projectId, model),
      rollouts(projectId, model, span),
    ])
    const found = sources
      .flat()
      .filter((entry) => entry.at <= until.toISOString() && (version === undefined || entry.version === version))
      .toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .slice(seen)
    const items = found.slice(0, limit)
    return { items, nextCursor: found.length > limit ? cursorAfter(items, { until, seen }) : null }
  }
}

interface Position {
  readonly until: Date
  /** Entries at that very moment that were on the pages before. */
  readonly seen: number
}

function readCursor(cursor: string | undefined): Position {
  if (cursor === undefined) return { until: new Date('9999-12-31T23:59:59.999Z'), seen: 0 }
  const [, until, seen] = /^(\d{4}-\d\d-\d\dT[\d:.]+Z)~(\d{1,6})$/.exec(cursor) ?? []
  if (until === undefined || Number.isNaN(Date.parse(until))) throw refuseCursor()
  return { until: new Date(until), seen: Number(seen) }
}

function cursorAfter(items: readonly HistoryEntry[], { until, seen }: Position): string {
  const last = items.at(-1)!.at
  const alike = items.filter(({ at }) => at === last).length
  return `${last}~${alike + (last === until.toISOString() ? seen : 0)}`
}

function ofRow({ kind, id, at, by, version, why, ...detail }: HistoryRow): HistoryEntry {
  const what = wordsOf({ kind, version, ...detail })
  return { id: `${kind}:${id}`, kind, at: at.toISOString(), by: personOf(by), version, what, why: why ?? '' }
}

/** What acts by itself is nobody. */
const personOf = (by: string | null) => (by === 'system' ? null : by)

function wordsOf({
  kind,
  version,
  name,
  previous,
}: Pick<HistoryRow, 'kind' | 'version' | 'name' | 'previous'>): string {
  switch (kind) {
    case 'registered':
      return `Version ${version} was registered`
    case 'gate':
      return `Version ${version} ${name === 'true' ? 'passed' : 'failed'} its gate`
    case 'override':
      return `The gate of version ${version} was overridden`
    case 'alias': {
      const alias = name?.slice(1)
      if (name?.startsWith('-')) return `Alias ${alias} was taken from version ${previous}`
      return `Version ${version} became ${alias}${previous === null ? '' : ` in place of version ${previous}`}`
    }
    case 'stage':
      return `Version ${version} got the stage ${name} in place of ${previous}`
    case 'card':
      return `The card of version ${version} was edited (${name} lines)`
  }
}

function ofApproval(approval: Approval): HistoryEntry[] {
  const { id, version, environment, requestedAt, requestedBy, comment, decidedAt, decidedBy, reason, state } = approval
  const asked = `Approval of version ${version} for ${environment} was asked for`
  const entry = { kind: 'approval' as const, version }
  return [
    ...(decidedAt === null
      ? []
      : [
          {
            ...entry,
            id: `approval:${id}.decided`,
            at: decidedAt,
            by: decidedBy,
            what: `Version ${version} for ${environment}: ${state}`,
            why: reason ?? '',
          },
        ]),
    { ...entry, id: `approval:${id}.asked`, at: requestedAt, by: requestedBy, what: asked, why: comment },
  ]
}

/** Moves that people want to hear of; a canary also grows step by step. */
const told = {
  promoting: 'is promoted',
  paused: 'is paused',
  rolling_back: 'is rolled back',
  succeeded: 'serves',
  rolled_back: 'was rolled back',
  failed: 'failed',
  declined: 'was declined',
} as const satisfies Partial<Record<Rollout['state'], string>>

/** Newest first. To an older version is back, too. */
function ofRollout({ id, endpoint, environment, fromVersion, toVersion, history }: Rollout): HistoryEntry[] {
  const isBack = fromVersion !== null && toVersion < fromVersion
  const place = `${endpoint} (${environment})`
  const moves = history.map(({ at, state, says, by }, step): HistoryEntry | null => {
    const entry = { id: `rollout:${id}.${step}`, at, by: personOf(by), version: toVersion, why: says }
    if (step === 0) {
      const what = `Version ${toVersion} was sent ${isBack ? 'back ' : ''}to ${place}${fromVersion === null ? '' : ` in place of version ${fromVersion}`}`
      return { ...entry, kind: isBack ? 'rollback' : 'deployment', what }
    }
    const word = state in told ? told[state as keyof typeof told] : null
    if (word === null) return null
    const kind = state === 'rolling_back' || state === 'rolled_back' ? 'rollback' : 'deployment'
    return { ...entry, kind, what: `Version ${toVersion} ${word} on ${place}` }
  })
  return moves.filter((entry) => entry !== null).toReversed()
}
