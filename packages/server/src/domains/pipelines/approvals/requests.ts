import { canonicalJson, pipelinesEvents } from '@evenkeel/contract'
import { createHash, randomUUID } from 'node:crypto'
import { audit } from '../../../platform/audit.ts'
import { type Db, json } from '../../../platform/db.ts'
import { publish } from '../../../platform/events.ts'
import type { ApprovalNow } from '../engine/asking.ts'
import type { States, StepNow } from '../engine/states.ts'
import type { RunRow } from '../store.ts'
import { type Asking, evidenceFor, type Reader } from './evidence.ts'
import { approvalsStore, type Voice } from './store.ts'

/** What has become of requests since the states before; each is written in the transaction that decided it. */
export type SaveRequests = (asking: Asking, before: States, now: Date) => Promise<void>

export function createRequests(reader: Reader): SaveRequests {
  return async (asking, before, now) => {
    if (!asking.plan.steps.some(({ approval }) => approval)) return
    const old = new Map(before.steps.map((step) => [step.key, step.approval]))
    for (const step of asking.states.steps) {
      const was = old.get(step.key)
      if (step.approval === (was ?? null)) continue
      if (step.approval?.state === 'pending' && was?.state !== 'pending') await ask(asking, step, reader, now)
      else if (step.approval && was?.state === 'pending') await follow(asking, step, step.approval, now)
    }
  }
}

async function ask(asking: Asking, { key }: StepNow, reader: Reader, now: Date): Promise<void> {
  const { tx, run, plan } = asking
  const step = plan.steps.find((planned) => planned.key === key)!
  const spec = step.approval!
  const evidence = await evidenceFor(asking, step, reader)
  const digest = `sha256:${createHash('sha256').update(canonicalJson(evidence)).digest('hex')}`
  const id = randomUUID()
  const voices = spec.by?.map((of): Voice => ({ of, heldBy: of })) ?? null
  await approvalsStore(tx).addApproval({
    id,
    project_id: run.project_id,
    pipeline: run.pipeline,
    run_id: run.id,
    step_key: key,
    state: 'pending',
    spec: json(spec),
    voices: voices && json(voices),
    evidence: json(evidence),
    evidence_digest: digest,
    requested_at: now,
    expires_at: new Date(now.getTime() + spec.expiresSeconds * 1000),
  })
  await announce(tx, run, id)
  await record(tx, run, {
    action: 'request_approval',
    actor: run.created_by,
    after: { approval: id, step: key, digest },
  })
}

async function follow({ tx, run }: Asking, { key }: StepNow, { state, says }: ApprovalNow, now: Date): Promise<void> {
  if (state === 'pending') return
  const outcome = { state, reason: says, decided_at: now }
  const { id } = await approvalsStore(tx).closeApproval({ runId: run.id, step: key }, outcome)
  await announce(tx, run, id)
  // What people decide is recorded with who it was.
  if (state !== 'expired' && state !== 'withdrawn') return
  const after = { approval: id, step: key, state }
  await record(tx, run, { action: 'decide_approval', actor: 'system', reason: says ?? undefined, after })
}

export async function announce(tx: Db, run: RunRow, approvalId: string): Promise<void> {
  const { project_id: projectId, id: runId, pipeline } = run
  const news = { projectId, subject: approvalId, runId, pipeline, approvalId }
  await publish(tx, pipelinesEvents, 'pipelines.approval_changed', news)
}

interface Act {
  readonly action: string
  readonly actor: string
  readonly reason?: string | undefined
  readonly after: object
}

export function record(
  tx: Db,
  { project_id: projectId, id }: RunRow,
  { action, actor, reason, after }: Act,
): Promise<void> {
  return audit(tx, { projectId, actor, action: `pipelines.${action}`, subject: id, reason, after })
}
