import {
  type Evaluation,
  type GateVerdict,
  type NewModelVersion,
  registryEvents,
  type Signature,
} from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failPlatform } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import { aliasStore } from './alias-store.ts'
import { summaryOf } from './card.ts'
import { type ModelKey, registryStore, subjectOf, type VersionKey } from './store.ts'

/** What a gate looks at. */
export interface GateSubject extends ModelKey {
  readonly metrics: Readonly<Record<string, number>>
  readonly evaluation: Evaluation | null
  /** Version that is the champion now; null when there is none yet. */
  readonly champion: number | null
}

export interface RegisterDeps {
  readonly now: () => Date
  readonly decideGate: (tx: Db, subject: GateSubject) => Promise<GateVerdict>
  /** Why nothing that a run makes may become a model; null when it may. */
  readonly whyNoModel: (projectId: string, runId: string) => Promise<string | null>
  /** Notes what a run would have registered that makes a version again; that version, or null when the run does not. */
  readonly noteReproduced: (
    projectId: string,
    runId: string,
    would: { model: string; digest: string },
  ) => Promise<number | null>
}

interface NewVersion {
  readonly model: string
  readonly content: NewModelVersion
  readonly signature: Signature
}

/**
 * Numbers a version, lets its gate decide and writes it, all in the given transaction. The same content of the same
 * run is registered once.
 *
 * @returns the number of the version
 */
export async function register(
  tx: Db,
  { now, decideGate }: RegisterDeps,
  { projectId, userName }: Caller,
  { model, content, signature }: NewVersion,
): Promise<number> {
  const { artifact, metrics, evaluation, lineage, card } = content
  const store = registryStore(tx)
  const of = { projectId, model }
  const createdAt = now()
  await store.addModel(of, { description: summaryOf(card), owner: userName, createdAt })
  await store.lockModel(of)
  const known = await store.findRegistered(of, artifact.digest, lineage.runId)
  if (known) return known.version

  const gate = await decideGate(tx, { ...of, metrics, evaluation, champion: await championOf(tx, of) })
  const key = { ...of, version: (await store.lastNumber(of)) + 1 }
  const stage = gate.passed ? 'passed' : 'refused'
  await store.addVersion({ ...key, stage, signature, gate, content, createdAt, createdBy: userName })
  await announce(tx, key, gate.passed)
  const after = { digest: artifact.digest, stage, gate: gate.says }
  await audit(tx, { projectId, actor: userName, action: 'registry.register', subject: subjectOf(key), after })
  return key.version
}

async function announce(tx: Db, key: VersionKey, passed: boolean): Promise<void> {
  const subject = subjectOf(key)
  await publish(tx, registryEvents, 'registry.version_registered', { ...key, subject })
  await publish(tx, registryEvents, 'registry.gate_decided', { ...key, subject, passed })
}

async function championOf(tx: Db, key: ModelKey): Promise<number | null> {
  const alias = await aliasStore(tx).find({ ...key, alias: 'champion' })
  const version = alias && (await registryStore(tx).findVersion({ ...key, version: alias.version }))
  // Nothing can be compared with files of MLflow.
  return version?.artifact_digest ? version.version : null
}

/** A step speaks for its own run only. @throws DomainError `auth.not_allowed` */
export function requireOwnRun({ kind, scope, roles }: Caller, runId: string | null): void {
  if (kind !== 'step' || scope === runId) return
  const details = { access: 'registry:write', roles: [...roles] }
  const why = `The token belongs to run ${scope}, but the lineage names ${runId === null ? 'no run' : `run ${runId}`}.`
  throw failPlatform('auth.not_allowed', details, { why })
}

/** A run that only tries something out changes nothing here, whoever speaks for it. @throws DomainError `auth.not_allowed` */
export async function requireWholeRun(
  { whyNoModel }: Pick<RegisterDeps, 'whyNoModel'>,
  { kind, scope, projectId, roles }: Caller,
  runId: string | null = null,
): Promise<void> {
  for (const run of new Set([kind === 'step' ? scope : null, runId])) {
    const why = run === null ? null : await whyNoModel(projectId, run)
    if (why !== null) throw failPlatform('auth.not_allowed', { access: 'registry:write', roles: [...roles] }, { why })
  }
}
