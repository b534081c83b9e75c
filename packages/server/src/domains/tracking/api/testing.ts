import { createClient } from '@evenkeel/client'
import { experiments, runViews, trackedRuns } from '@evenkeel/contract'
import { json } from '../../../platform/db.ts'
import type { Face } from '../../mlflow/testing.ts'

/** Clients of this API, for a server to which runs are logged as MLflow's clients do. */
export const clientsOf = ({ world }: Face, options = world.clientOptions()) => ({
  experiments: createClient(experiments, options),
  runs: createClient(trackedRuns, options),
  views: createClient(runViews, options),
})

export interface LoggedRun {
  readonly experiment?: string
  readonly name?: string
  readonly startedMs?: number
  readonly parent?: string
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  /** Values of steps 0, 1, 2, … */
  readonly metrics?: Readonly<Record<string, readonly (number | 'NaN' | 'Infinity')[]>>
}

const pairsOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => ({ key, value }))

/** Logs a run as a client does. @returns its id */
export async function logRun(face: Face, run: LoggedRun = {}, token?: string): Promise<string> {
  const { experiment = '0', name, startedMs, parent, params = {}, tags = {}, metrics = {} } = run
  const { body } = await face.call(
    'POST',
    'runs/create',
    {
      experiment_id: experiment,
      ...(name && { run_name: name }),
      ...(startedMs !== undefined && { start_time: startedMs }),
      tags: pairsOf({ ...tags, ...(parent && { 'mlflow.parentRunId': parent }) }),
    },
    token,
  )
  const run_id: string = body.run.info.run_id
  const points = Object.entries(metrics).flatMap(([key, values]) =>
    values.map((value, step) => ({ key, value, step, timestamp: 1000 + step })),
  )
  for (let at = 0; at === 0 || at < points.length; at += 900) {
    const batch = { run_id, params: at === 0 ? pairsOf(params) : [], metrics: points.slice(at, at + 900) }
    const { status, body: answer } = await face.call('POST', 'runs/log-batch', batch, token)
    if (status !== 200) throw new Error(JSON.stringify(answer))
  }
  return run_id
}

/** Makes an experiment. @returns its id */
export async function haveExperiment(face: Face, name: string): Promise<string> {
  const { body } = await face.call('POST', 'experiments/create', { name })
  return body.experiment_id
}

/** A trace that a run has made, or that belongs to an experiment alone, with a span and a file. */
export async function haveTrace(
  { world }: Face,
  id: string,
  {
    experiment = 0,
    run,
    atMs = Date.now(),
    tags = {},
  }: { experiment?: number; run?: string; atMs?: number; tags?: object },
): Promise<void> {
  const { db } = world.platform
  const folder = `${experiment}/traces/${id}/artifacts`
  const row = {
    project_id: 'default',
    trace_id: id,
    experiment_id: experiment,
    state: 'OK',
    requested_ms: atMs,
  } as const
  const { trace_number } = await db
    .insertInto('traces.trace')
    .values({
      ...row,
      is_told: true,
      tags: json({ 'mlflow.artifactLocation': `mlflow-artifacts:/${folder}`, ...tags }),
      metadata: json(run === undefined ? {} : { 'mlflow.sourceRun': run }),
    })
    .returning('trace_number')
    .executeTakeFirstOrThrow()
  const span = { trace_number, span_id: '1', name: 's', type: 'x', status: 'OK', started_ns: 1, size_bytes: 2 } as const
  await db
    .insertInto('traces.span')
    .values({ ...span, body: '{}' })
    .execute()
  const file = { digest: `sha256:${'0'.repeat(64)}`, size_bytes: 1, stored_at: new Date() }
  await db
    .insertInto('artifacts.file')
    .values({ ...file, project_id: 'default', path: `${folder}/picture.png` })
    .execute()
}

/** What is there of traces: their ids, and the paths of their files. */
export async function tracesLeft({ world }: Face): Promise<{ ids: string[]; files: string[] }> {
  const { db } = world.platform
  const ids = await db.selectFrom('traces.trace').select('trace_id').orderBy('trace_id').execute()
  const files = await db.selectFrom('artifacts.file').select('path').where('path', 'like', '%/traces/%').execute()
  return { ids: ids.map(({ trace_id }) => trace_id), files: files.map(({ path }) => path.split('/')[2]!).toSorted() }
}
