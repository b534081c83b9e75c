import { createClient } from '@evenkeel/client'
import { experiments, trackedRuns } from '@evenkeel/contract'
import type { Face } from '../../mlflow/testing.ts'

/** Clients of this API, for a server to which runs are logged as MLflow's clients do. */
export const clientsOf = ({ world }: Face, options = world.clientOptions()) => ({
  experiments: createClient(experiments, options),
  runs: createClient(trackedRuns, options),
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
