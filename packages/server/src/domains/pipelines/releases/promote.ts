import {
  type EnvironmentMove,
  type PromotedEnvironment,
  type PromotionApproval,
  ReleaseDocument,
  releasesErrors,
  releasesEvents,
  type RunEnvironment,
} from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import type { PipelinesDeps } from '../needs.ts'
import { pipelinesStore } from '../store.ts'
import type { VersionRow } from '../version-store.ts'
import { whyNotTrusted } from './document.ts'
import { type PutInForce, requestPromotion, withdrawPending } from './requests/service.ts'
import { type MoveRow, type ReleaseRow, releasesStore, versionInForce } from './store.ts'

const fail = failures(releasesErrors)

export interface Wish {
  readonly version?: number | undefined
  readonly reason: string
  readonly approve: boolean
}

export interface Promoted {
  /** What is in force now; null when nothing is. */
  readonly move: EnvironmentMove | null
  readonly changed: boolean
  /** It waits for another person. */
  readonly approval: PromotionApproval | null
}

interface Target {
  readonly pipeline: string
  readonly environment: PromotedEnvironment
}

/** Puts a release in force in an environment, and writes down who did it and why. */
export function moveTo(
  deps: PipelinesDeps,
  publicKeys: readonly string[],
  caller: Caller,
  { pipeline, environment }: Target,
  wish: Wish,
): Promise<Promoted> {
  const of = { projectId: caller.projectId, pipeline }
  const { projectId } = of
  return deps.db.transaction().execute(async (tx) => {
    const store = releasesStore(tx)
    await pipelinesStore(tx).lockPipeline(projectId, pipeline)
    const moves = await store.newestMoves(of)
    const now = moves.find((move) => move.environment === environment)
    const wanted = wish.version ?? (await usualVersion(tx, of, environment))
    const release = wanted === undefined ? undefined : await store.find(of, wanted)
    if (!release) {
      const nothing = environment === 'production' ? 'is in force in staging yet' : 'has been released yet'
      const why =
        wanted === undefined ? `No version of ${pipeline} ${nothing}.` : `${pipeline}@${wanted} is not released.`
      throw fail('pipelines.release_not_found', { pipeline, version: wanted ?? null }, { why })
    }
    const { version } = release
    if (now?.version === version) return { move: presentMove(now), changed: false, approval: null }

    await requireTrusted(release, await pipelinesStore(tx).findVersion(projectId, pipeline, version), publicKeys)
    const wasHere = await store.wasIn(of, environment, version)
    if (environment === 'production' && !wasHere) {
      if (!(await store.wasIn(of, 'staging', version)))
        throw fail('pipelines.promotion_out_of_order', { pipeline, version })
      if (await waitsForPerson(deps, caller, release, wish.approve)) {
        const wanted = { release, environment, inForce: now?.version ?? null, comment: wish.reason }
        const approval = await requestPromotion(deps, tx, caller, wanted)
        return { move: now ? presentMove(now) : null, changed: false, approval }
      }
    }
    const place = { of, environment, now, wasHere }
    return { move: await move(deps, tx, caller, release, place, wish.reason), changed: true, approval: null }
  })
}

interface Place {
  readonly of: { readonly projectId: string; readonly pipeline: string }
  readonly environment: PromotedEnvironment
  readonly now: MoveRow | undefined
  readonly wasHere: boolean
}

/** Puts a release in force. The pipeline is locked. */
async function move(
  deps: Pick<PipelinesDeps, 'now'>,
  tx: PipelinesDeps['db'],
  { userName: actor }: Caller,
  { version }: ReleaseRow,
  { of, environment, now, wasHere }: Place,
  why: string,
): Promise<EnvironmentMove> {
  const { projectId, pipeline } = of
  const subject = `${pipeline}@${version}`
  if (environment === 'production') {
    await withdrawPending(tx, of, `${actor} put version ${version} in force.`, deps.now())
  }
  const moved = await releasesStore(tx).addMove({
    id: randomUUIDv7(),
    project_id: projectId,
    pipeline,
    environment,
    version,
    from_version: now?.version ?? null,
    kind: wasHere ? 'rolled_back' : 'promoted',
    moved_by: actor,
    why,
    moved_at: deps.now(),
  })
  const news = { projectId, subject, pipeline, environment, version }
  await publish(tx, releasesEvents, 'pipelines.environment_moved', { ...news, fromVersion: moved.from_version })
  const change = { before: { version: now?.version ?? null }, after: { version, environment, kind: moved.kind } }
  await audit(tx, { projectId, actor, action: 'pipelines.promote', subject, reason: why || undefined, ...change })
  return presentMove(moved)
}

/** Puts the release of a request in force, if it is still what was signed. */
export function putRequestInForce(
  deps: Pick<PipelinesDeps, 'now'>,
  publicKeys: (projectId: string) => Promise<readonly string[]>,
): PutInForce {
  return async (tx, caller, { pipeline, version, environment }, why) => {
    const { projectId } = caller
    const of = { projectId, pipeline }
    const store = releasesStore(tx)
    const release = (await store.find(of, version))!
    const stored = await pipelinesStore(tx).findVersion(projectId, pipeline, version)
    await requireTrusted(release, stored, await publicKeys(projectId))
    const now = (await store.newestMoves(of)).find((one) => one.environment === environment)
    const wasHere = await store.wasIn(of, environment, version)
    await move(deps, tx, caller, release, { of, environment, now, wasHere }, why)
  }
}

/** The newest release goes to staging, and what is in staging goes to production. */
async function usualVersion(
  tx: PipelinesDeps['db'],
  of: { readonly projectId: string; readonly pipeline: string },
  environment: PromotedEnvironment,
): Promise<number | undefined> {
  if (environment === 'production') return versionInForce(tx, of, 'staging')
  const [newest] = await releasesStore(tx).list(of, undefined, 1)
  return newest?.version
}

/** The document in the database must still be what was signed, and the version what the document says. */
async function requireTrusted(
  { document }: ReleaseRow,
  version: VersionRow | undefined,
  publicKeys: readonly string[],
): Promise<void> {
  const parsed = ReleaseDocument.parse(JSON.parse(document))
  const reason = whyNotTrusted(parsed, version?.spec, publicKeys)
  if (reason) throw fail('pipelines.release_not_trusted', { keyId: parsed.keyId, reason }, { why: reason })
}

/**
 * Whether another person has yet to say that a release may run in production. Whoever sits at this machine while no
 * sign-in is asked is everybody at once.
 *
 * @throws DomainError `pipelines.own_release` for who says so of what they made
 */
async function waitsForPerson(
  { environmentPolicy }: PipelinesDeps,
  { projectId, userId, userName, kind }: Caller,
  { pipeline, version, user_id: maker }: ReleaseRow,
  approve: boolean,
): Promise<boolean> {
  const { approval, separateDuties } = await environmentPolicy(projectId, 'production')
  if (kind === 'local' || approval === 'self') return false
  if (!approve) return true
  if (separateDuties && userId === maker) {
    const why = `${userName} made the release ${pipeline}@${version}.`
    throw fail('pipelines.own_release', { pipeline, version, user: userName }, { why })
  }
  return false
}

export const presentMove = (row: MoveRow): EnvironmentMove => ({
  environment: row.environment,
  version: row.version,
  fromVersion: row.from_version,
  kind: row.kind,
  by: row.moved_by,
  why: row.why,
  at: row.moved_at.toISOString(),
})

/**
 * The version a run takes where only what was released runs; `undefined` where any version does.
 *
 * @throws DomainError `pipelines.not_in_force`
 */
export async function versionFor(
  deps: PipelinesDeps,
  of: { readonly projectId: string; readonly pipeline: string },
  environment: RunEnvironment,
  asked: number | undefined,
): Promise<number | undefined> {
  if (environment === 'dev' || environment === 'ci') return asked
  const inForce = await versionInForce(deps.db, of, environment)
  const reason = await whyNotRun(deps, of, environment, asked, inForce)
  if (reason) throw fail('pipelines.not_in_force', { pipeline: of.pipeline, environment, reason }, { why: reason })
  return asked ?? inForce
}

async function whyNotRun(
  { db }: PipelinesDeps,
  of: { readonly projectId: string; readonly pipeline: string },
  environment: PromotedEnvironment,
  asked: number | undefined,
  inForce: number | undefined,
): Promise<string | undefined> {
  if (asked === undefined || environment === 'production') {
    if (inForce === undefined) return `No version of ${of.pipeline} is in force in ${environment}.`
    if (asked !== undefined && asked !== inForce)
      return `Version ${inForce} is in force in production, and only that runs there; version ${asked} was asked for.`
    return undefined
  }
  return (await releasesStore(db).find(of, asked))
    ? undefined
    : `Version ${asked} of ${of.pipeline} was never released.`
}
