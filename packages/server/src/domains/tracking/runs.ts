import { type RunStatus, type TrackedRun, type TrackedRunInfo, trackingErrors } from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { checkedPair } from './batch.ts'
import { experimentNotFound, experimentNumber, requireActive } from './experiments.ts'
import { limits, most, requireCount, requireLength, requireTime, truncated } from './limits.ts'
import type { KeyValue } from './pairs.ts'
import { randomName } from './run-names.ts'
import { presentInfo, presentRun } from './run-presentation.ts'
import { findWholeRun } from './run-read-store.ts'
import type { Settle } from './metric-journal.ts'
import { nameTag, pipelineTag, requireActiveRun, runNotFound } from './run-states.ts'
import { type NewRun, type RunChange, type RunKey, type RunRow, runStore } from './run-store.ts'
import { valueStore } from './value-store.ts'

const fail = failures(trackingErrors)

export interface RunStart {
  readonly experimentId: string
  /** Whoever calls, when empty. */
  readonly userId: string
  /** Made up when empty and no tag says it. */
  readonly name: string
  /** Now when absent. */
  readonly startedMs?: number | bigint | undefined
  readonly tags: readonly KeyValue[]
}

export interface RunUpdate {
  readonly status?: RunStatus | undefined
  readonly endedMs?: number | bigint | undefined
  /** Stays when empty. */
  readonly name?: string | undefined
}

export interface RunsDeps {
  readonly db: Db
  readonly now: () => Date
  readonly settle: Settle
  readonly ensureDefault: (projectId: string) => Promise<void>
}

/** Runs as such; what is logged to them is in `run-log.ts`. */
export function createRuns({ db, now, settle, ensureDefault }: RunsDeps) {
  /** Runs `work` with the run locked against everyone else who would write to it. */
  const locked = ({ projectId }: Caller, runId: string, work: (tx: Db, row: RunRow) => Promise<void>) =>
    db.transaction().execute(async (tx) => {
      const row = await runStore(tx).lock({ projectId, runId })
      if (!row) throw runNotFound(runId)
      await work(tx, row)
    })

  return {
    async create({ projectId, userName, kind, scope }: Caller, start: RunStart): Promise<TrackedRun> {
      const pipelineRunId = kind === 'step' ? scope : null
      const { name, tags } = namedTags(start, pipelineRunId)
      requireLength('user_id', start.userId, limits.userId)
      const run = {
        runId: randomUUID().replaceAll('-', ''),
        name,
        userId: start.userId || userName,
        startedMs: start.startedMs === undefined ? now().getTime() : requireTime('start_time', start.startedMs),
        pipelineRunId,
      }
      await ensureDefault(projectId)
      const experimentId = experimentNumber(start.experimentId)
      const added = await runStore(db).add({ projectId, experimentId }, run, tags)
      if (!added) throw experimentNotFound(start.experimentId)
      requireActive({ experiment_id: experimentId, deleted_ms: added.deleted_ms })
      return newRun(run, { experimentId: String(experimentId), artifactUri: added.artifact_uri }, tags)
    },

    async get({ projectId }: Caller, runId: string): Promise<TrackedRun> {
      await settle({ projectId, runIds: [runId] })
      const row = await findWholeRun(db, { projectId, runId })
      if (!row) throw runNotFound(runId)
      return presentRun(row)
    },

    async update({ projectId }: Caller, runId: string, update: RunUpdate): Promise<TrackedRunInfo> {
      const run = { projectId, runId }
      const change = checkedChange(update)
      const row = await (change.name === undefined
        ? runStore(db).change(run, change)
        : db.transaction().execute((tx) => rename(tx, run, change, change.name!)))
      return presentInfo(requireActiveRun(runId, row))
    },

    /** One that is deleted stays as it was. */
    delete: (caller: Caller, runId: string) =>
      locked(caller, runId, async (tx, { run_number, deleted_ms }) => {
        if (deleted_ms === null) await runStore(tx).setDeleted(run_number, now().getTime())
      }),

    restore: (caller: Caller, runId: string) =>
      locked(caller, runId, (tx, { run_number }) => runStore(tx).setDeleted(run_number, null)),
  }
}

async function rename(tx: Db, run: RunKey, change: RunChange, name: string): Promise<RunRow | undefined> {
  const row = await runStore(tx).change(run, change)
  if (row?.deleted_ms === null) await valueStore(tx).putTags(run, [{ key: nameTag, value: name }])
  return row
}

const checkedChange = ({ status, endedMs, name }: RunUpdate): RunChange => ({
  status,
  endedMs: endedMs === undefined ? undefined : requireTime('end_time', endedMs),
  name: name ? truncated(name, limits.tagValue) : undefined,
})

/** The name of a run and its tag hold the same. @throws DomainError `tracking.bad_value` when both are given and differ */
function namedTags({ name, tags }: RunStart, pipelineRunId: string | null): { name: string; tags: KeyValue[] } {
  requireCount('tags', most.batch, tags.length)
  const checked = new Map(tags.map((tag) => [tag.key, checkedPair('tag', tag, limits.tagValue)]))
  const tagged = checked.get(nameTag)?.value
  const given = truncated(name, limits.tagValue)
  if (given && tagged && given !== tagged) {
    const why = `Both 'run_name' argument and '${nameTag}' tag are specified, but with different values (run_name='${given}', ${nameTag}='${tagged}').`
    throw fail('tracking.bad_value', { field: 'run_name' }, { why })
  }
  const chosen = given || tagged || randomName()
  checked.set(nameTag, { key: nameTag, value: chosen })
  if (pipelineRunId !== null) checked.set(pipelineTag, { key: pipelineTag, value: pipelineRunId })
  return { name: chosen, tags: [...checked.values()] }
}

const newRun = (
  { runId, name, userId, startedMs }: NewRun,
  { experimentId, artifactUri }: { experimentId: string; artifactUri: string },
  tags: readonly KeyValue[],
): TrackedRun => ({
  id: runId,
  name,
  experimentId,
  userId,
  status: 'RUNNING',
  startedMs,
  endedMs: null,
  artifactUri,
  lifecycle: 'active',
  params: {},
  tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
  metrics: [],
  datasets: [],
  inputModels: [],
  outputModels: [],
})
