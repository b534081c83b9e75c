import { ApprovalSpec, type ApprovalState, governanceErrors, type StepApproval } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import { recordDecision } from '../engine/asking.ts'
import type { Engine, Locked } from '../engine/engine.ts'
import type { States } from '../engine/states.ts'
import type { PipelinesDeps } from '../needs.ts'
import type { RunRow } from '../store.ts'
import { presentApprovals } from './present.ts'
import { announce, record } from './requests.ts'
import { type ApprovalRow, approvalsStore, type Voice } from './store.ts'
import { handOn, isAsked, verdictOf, type Vote, whyNotDelegate } from './voting.ts'

const fail = failures(governanceErrors)

export interface StepDecision {
  readonly approval: string
  readonly decision: 'approve' | 'reject'
  readonly reason: string
}

export interface Delegation {
  readonly approval: string
  readonly to: string
  readonly reason: string
}

/** The requests of steps, for the one list of all that waits for people. */
export interface StepApprovals {
  /** Newest first, those below `before`. */
  list(
    projectId: string,
    filter: { readonly state?: ApprovalState | undefined },
    limit: number,
    before: number,
  ): Promise<{ readonly position: number; readonly approval: StepApproval }[]>
  find(projectId: string, id: string): Promise<StepApproval | undefined>
  /** @throws DomainError when it is decided already, is the caller's own work, or others are asked */
  decide(caller: Caller, decision: StepDecision): Promise<StepApproval>
  /** @throws DomainError when the caller has no voice, or it cannot go there */
  delegate(caller: Caller, delegation: Delegation): Promise<StepApproval>
}

/** A pending request whose run is locked. */
interface Open {
  readonly row: ApprovalRow
  readonly spec: ApprovalSpec
  readonly voices: readonly Voice[] | null
  readonly votes: readonly Vote[]
}

export function createStepApprovals(
  { db, separatesDuties, isUser }: Pick<PipelinesDeps, 'db' | 'separatesDuties' | 'isUser'>,
  { advance }: Pick<Engine, 'advance'>,
): StepApprovals {
  const store = approvalsStore(db)

  async function find(projectId: string, id: string): Promise<ApprovalRow> {
    const row = await store.findApproval(projectId, id)
    if (!row) throw fail('governance.approval_not_found', { approval: id })
    return row
  }

  async function present(projectId: string, id: string): Promise<StepApproval> {
    const [presented] = await presentApprovals(db, [await find(projectId, id)])
    return presented!
  }

  /** Lets a caller act on a request while its run is locked. */
  async function act(caller: Caller, id: string, change: (locked: Locked, open: Open) => Promise<States>) {
    const { run_id: runId } = await find(caller.projectId, id)
    await advance(runId, async (locked) => {
      const open = await openRequest(locked, caller, id)
      return change(locked, open)
    })
    return present(caller.projectId, id)
  }

  async function isSeparated({ separateDuties, environment }: ApprovalSpec, projectId: string): Promise<boolean> {
    return separateDuties ?? (await separatesDuties(projectId, environment))
  }

  return {
    async list(projectId, { state }, limit, before) {
      const rows = await store.listApprovals(projectId, state, before, limit)
      const presented = await presentApprovals(db, rows)
      return presented.map((approval, at) => ({ position: rows[at]!.position, approval }))
    },

    async find(projectId, id) {
      const row = await store.findApproval(projectId, id)
      return row && (await presentApprovals(db, [row]))[0]
    },

    decide: (caller, { approval: id, decision, reason }) =>
      act(caller, id, async (locked, { row, spec, votes }) => {
        if (decision === 'approve' && startedBy(caller, locked.run) && (await isSeparated(spec, caller.projectId))) {
          const why = `${caller.userName} started the run, or wrote the trigger that did.`
          throw fail('governance.own_work', { approval: id, user: caller.userName }, { why })
        }
        await write(locked, caller, { id, decision, to: null, reason })
        const verdict = verdictOf([...votes, { by: caller.userName, decision, reason }], spec.count)
        return recordDecision(locked.states, row.step_key, verdict.state, verdict.says)
      }),

    delegate: (caller, { approval: id, to, reason }) =>
      act(caller, id, async (locked, { spec, voices, votes }) => {
        const separated = await isSeparated(spec, caller.projectId)
        const why =
          whyNotDelegate(voices, to, { votes, startedBy: separated ? locked.run.created_by : null }) ??
          ((await isUser(caller.projectId, to)) ? undefined : `Nobody here is called "${to}".`)
        if (why) throw fail('governance.cannot_delegate', { approval: id, to }, { why })
        await approvalsStore(locked.tx).saveVoices(id, handOn(voices!, caller.userName, to))
        await write(locked, caller, { id, decision: 'delegate', to, reason })
        return locked.states
      }),
  }
}

async function openRequest({ tx, now }: Locked, { projectId, userName }: Caller, id: string): Promise<Open> {
  const store = approvalsStore(tx)
  const row = (await store.findApproval(projectId, id))!
  if (row.state !== 'pending') {
    throw fail('governance.already_decided', { approval: id, state: row.state }, { why: row.reason ?? '' })
  }
  if (row.expires_at.getTime() <= now) {
    const why = `Nobody decided before ${row.expires_at.toISOString()}.`
    throw fail('governance.already_decided', { approval: id, state: 'expired' }, { why })
  }
  const voices = row.voices as Voice[] | null
  if (!isAsked(voices, userName)) {
    const asked = voices!.map(({ heldBy }) => heldBy)
    throw fail(
      'governance.not_asked',
      { approval: id, user: userName, asked },
      { why: `${asked.join(', ')} are asked.` },
    )
  }
  const votes = (await store.decisionsOf([id])).flatMap(({ user_name: by, decision, reason }) =>
    decision === 'delegate' ? [] : [{ by, decision, reason }],
  )
  if (votes.some(({ by }) => by === userName)) throw fail('governance.voice_used', { approval: id, user: userName })
  return { row, spec: ApprovalSpec.parse(row.spec), voices, votes }
}

/** Directly, by a token of theirs, or by a trigger they wrote: the run acts for them. */
const startedBy = ({ userId, userName }: Caller, { user_id, created_by }: RunRow): boolean =>
  userId === user_id || userName === created_by

interface Written {
  readonly id: string
  readonly decision: 'approve' | 'reject' | 'delegate'
  readonly to: string | null
  readonly reason: string
}

async function write({ tx, run, now }: Locked, caller: Caller, { id, decision, to, reason }: Written): Promise<void> {
  const { userId: user_id, userName: user_name } = caller
  const at = new Date(now)
  await approvalsStore(tx).addDecision({ approval_id: id, user_id, user_name, decision, to_name: to, reason, at })
  await announce(tx, run, id)
  const after = { approval: id, decision, ...(to !== null && { to }) }
  await record(tx, run, { action: 'decide_approval', actor: user_name, reason: reason || undefined, after })
}
