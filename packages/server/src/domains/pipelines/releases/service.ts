import {
  canonicalJson,
  type EnvironmentMove,
  pipelinesErrors,
  PipelineSpec,
  type PromotedEnvironment,
  type Release,
  ReleaseDocument,
  type ReleaseKey,
  releasesErrors,
  releasesEvents,
} from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import { type Page, type PageRequest, pageOf, positionOf } from '../../../platform/page.ts'
import type { PipelinesDeps } from '../needs.ts'
import { specOf } from '../present.ts'
import type { Places } from '../targets.ts'
import { refuseStep } from '../refuse-step.ts'
import { pipelinesStore } from '../store.ts'
import type { VersionRow } from '../version-store.ts'
import { unknownSource } from '../step-sources/unknown-source.ts'
import { refuse, writeVersion } from '../write-version.ts'
import { makeDocument, readPublicKey, whyNotTrusted } from './document.ts'
import { moveTo, presentMove, type Promoted, putRequestInForce, type Wish } from './promote.ts'
import { createPromotionApprovals, type PromotionApprovals } from './requests/service.ts'
import { type ReleaseRow, releasesStore } from './store.ts'

const fail = failures({ ...pipelinesErrors, ...releasesErrors })

export interface NewRelease {
  readonly version?: number | undefined
  readonly notes: string
  readonly allowDirty: boolean
}

export interface Imported {
  readonly document: ReleaseDocument
  readonly spec?: unknown
}

export interface Releases {
  /** @throws DomainError `pipelines.release_dirty` */
  create(caller: Caller, pipeline: string, wanted: NewRelease): Promise<Release>
  list(caller: Caller, pipeline: string, page: PageRequest): Promise<Page<Release>>
  get(caller: Caller, pipeline: string, version: number): Promise<Release & { spec: unknown }>
  /** @returns the one that is there where it was made or imported here. @throws DomainError `pipelines.release_not_trusted` */
  importOne(caller: Caller, pipeline: string, bundle: Imported): Promise<{ release: Release; warnings: string[] }>
  environments(caller: Caller, pipeline: string): Promise<{ inForce: EnvironmentMove[]; history: EnvironmentMove[] }>
  promote(caller: Caller, target: { pipeline: string; environment: PromotedEnvironment }, wish: Wish): Promise<Promoted>
  putCandidate(caller: Caller, pipeline: string, candidate: { scope: string; spec: PipelineSpec }): Promise<number>
  keys(caller: Caller): Promise<ReleaseKey[]>
  trust(caller: Caller, key: { publicKey: string; name: string }): Promise<ReleaseKey>
  /** Those that wait for a person. */
  readonly requests: PromotionApprovals
}

const historyLength = 100

/** @param placed - puts the steps of a spec where their labels lead them */
export function createReleases(deps: PipelinesDeps, placed: Places['placed']): Releases {
  const { db, now, signingKey } = deps

  async function publicKeys(projectId: string): Promise<string[]> {
    const keys = await releasesStore(db).keys(projectId)
    return [signingKey.publicKey, ...keys.map(({ public_key }) => public_key)]
  }

  async function presentAll({ projectId }: Caller, pipeline: string, rows: readonly ReleaseRow[]): Promise<Release[]> {
    const moves = await releasesStore(db).newestMoves({ projectId, pipeline })
    return rows.map((row) => ({
      pipeline,
      version: row.version,
      document: ReleaseDocument.parse(JSON.parse(row.document)),
      createdBy: row.created_by,
      createdAt: row.created_at.toISOString(),
      imported: row.imported,
      inForceIn: moves.filter(({ version }) => version === row.version).map(({ environment }) => environment),
    }))
  }

  async function read(caller: Caller, pipeline: string, version: number): Promise<Release> {
    const row = await releasesStore(db).find({ projectId: caller.projectId, pipeline }, version)
    if (!row) throw fail('pipelines.release_not_found', { pipeline, version })
    return (await presentAll(caller, pipeline, [row]))[0]!
  }

  async function versionOf({ projectId }: Caller, pipeline: string, version: number | undefined): Promise<VersionRow> {
    const store = pipelinesStore(db)
    const found =
      version === undefined
        ? await store.newestVersion(projectId, pipeline)
        : await store.findVersion(projectId, pipeline, version)
    // A candidate of a pull request is not released: what was merged is applied first.
    if (found && found.candidate_scope === null) return found
    throw fail('pipelines.not_found', { pipeline: version === undefined ? pipeline : `${pipeline}@${version}` })
  }

  /** Unless it is there already. */
  async function add(tx: Db, caller: Caller, document: ReleaseDocument, version: number, imported: boolean) {
    const { projectId, userName, userId } = caller
    const { pipeline } = document
    if (await releasesStore(tx).find({ projectId, pipeline }, version)) return
    await releasesStore(tx).add({
      project_id: projectId,
      pipeline,
      version,
      document: canonicalJson(document),
      created_by: userName,
      user_id: userId,
      created_at: now(),
      imported,
    })
    const subject = `${pipeline}@${version}`
    const action = imported ? 'pipelines.import_release' : 'pipelines.release'
    await publish(tx, releasesEvents, 'pipelines.released', { projectId, subject, pipeline, version })
    const { specDigest, commit, dirty, keyId } = document
    await audit(tx, { projectId, actor: userName, action, subject, after: { specDigest, commit, dirty, keyId } })
  }

  async function takeOver(caller: Caller, document: ReleaseDocument, spec: PipelineSpec): Promise<number> {
    const { pipeline } = document
    const version = await writeVersion(deps, caller, pipeline, spec)
    await db.transaction().execute(async (tx) => {
      await pipelinesStore(tx).lockPipeline(caller.projectId, pipeline)
      await add(tx, caller, document, version, true)
    })
    return version
  }

  return {
    async create(caller, pipeline, { version, notes, allowDirty }) {
      refuseStep(caller)
      const row = await versionOf(caller, pipeline, version)
      const { commit = null } = specOf(row)
      const making = { version: row, notes, releasedBy: caller.userName, now: now(), programDigest: deps.programDigest }
      const document = await makeDocument(making, signingKey)
      if (document.dirty && !allowDirty) {
        const why =
          commit === null
            ? 'No commit is known of it.'
            : `It was applied with changes that the commit ${commit.replace(/-dirty$/, '')} does not hold.`
        throw fail('pipelines.release_dirty', { pipeline, version: row.version, commit }, { why })
      }
      await db.transaction().execute(async (tx) => {
        await pipelinesStore(tx).lockPipeline(caller.projectId, pipeline)
        await add(tx, caller, document, row.version, false)
      })
      return read(caller, pipeline, row.version)
    },

    async list(caller, pipeline, { limit, cursor }) {
      const before = cursor === undefined ? undefined : positionOf(cursor)
      const rows = await releasesStore(db).list({ projectId: caller.projectId, pipeline }, before, limit + 1)
      const { items, nextCursor } = pageOf(rows, limit, ({ version }) => version)
      return { items: await presentAll(caller, pipeline, items), nextCursor }
    },

    async get(caller, pipeline, version) {
      const release = await read(caller, pipeline, version)
      const row = await pipelinesStore(db).findVersion(caller.projectId, pipeline, version)
      return { ...release, spec: row!.spec }
    },

    async importOne(caller, pipeline, { document, spec }) {
      refuseStep(caller)
      const { keyId } = document
      const reason =
        document.pipeline === pipeline
          ? whyNotTrusted(document, spec, await publicKeys(caller.projectId))
          : `It is a release of ${document.pipeline}.`
      if (reason) throw fail('pipelines.release_not_trusted', { keyId, reason }, { why: reason })
      const of = { projectId: caller.projectId, pipeline }
      // What was made or taken over here comes back as it is: a second version of it would be the newest.
      const known = await releasesStore(db).findDocument(of, canonicalJson(document))
      const version = known?.version ?? (await takeOver(caller, document, PipelineSpec.parse(spec)))
      return { release: await read(caller, pipeline, version), warnings: await otherPrograms(deps, document) }
    },

    async environments({ projectId }, pipeline) {
      const store = releasesStore(db)
      const of = { projectId, pipeline }
      const [inForce, history] = [await store.newestMoves(of), await store.moves(of, historyLength)]
      return { inForce: inForce.map(presentMove), history: history.map(presentMove) }
    },

    async promote(caller, target, wish) {
      refuseStep(caller)
      return moveTo(deps, await publicKeys(caller.projectId), caller, target, wish)
    },

    requests: createPromotionApprovals(deps, putRequestInForce(deps, publicKeys)),

    async putCandidate(caller, pipeline, { scope, spec: written }) {
      const spec = placed(written)
      refuse(await unknownSource(db, caller.projectId, spec))
      return writeVersion(deps, caller, pipeline, spec, scope)
    },

    async keys({ projectId }) {
      const own = { id: signingKey.id, publicKey: signingKey.publicKey, name: 'this server', own: true }
      const keys = await releasesStore(db).keys(projectId)
      return [
        { ...own, addedBy: null, addedAt: null },
        ...keys.map(({ id, public_key: publicKey, name, added_by: addedBy, added_at }) => {
          return { id, publicKey, name, own: false, addedBy, addedAt: added_at.toISOString() }
        }),
      ]
    },

    async trust(caller, { publicKey, name }) {
      refuseStep(caller)
      const { id, pem } = readable(publicKey)
      const { projectId, userName: actor } = caller
      const key = { id, public_key: pem, name, added_by: actor, added_at: now() }
      await db.transaction().execute(async (tx) => {
        await releasesStore(tx).putKey({ project_id: projectId, ...key })
        await audit(tx, { projectId, actor, action: 'pipelines.trust_key', subject: id, after: { name } })
      })
      return { id, publicKey: pem, name, own: false, addedBy: actor, addedAt: key.added_at.toISOString() }
    },
  }
}

function readable(publicKey: string): ReturnType<typeof readPublicKey> {
  try {
    return readPublicKey(publicKey)
  } catch (cause) {
    const reason = 'It is no Ed25519 public key in PEM.'
    throw fail('pipelines.release_not_trusted', { keyId: '', reason }, { why: reason, cause })
  }
}

/** Steps of ours that are another program here than where the release was made. */
async function otherPrograms({ programDigest }: PipelinesDeps, { steps }: ReleaseDocument): Promise<string[]> {
  const names = new Map(steps.flatMap(({ uses, program }) => (uses === null ? [] : [[uses, program] as const])))
  const warnings: string[] = []
  for (const [name, program] of names) {
    if ((await programDigest(name)) === program) continue
    warnings.push(
      `evenkeel/${name} is another program here: the two installations have different versions of Evenkeel.`,
    )
  }
  return warnings
}
