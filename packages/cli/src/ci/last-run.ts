import type { PipelineSpec, Run } from '@evenkeel/contract'
import type { Pipelines } from '../commands/run/runs.ts'
import { neededParams } from '../pipeline/params.ts'

/** The newest run that succeeded in production, else anywhere but in ci: what a trial is compared with. */
export async function lastRun(api: Pipelines, pipeline: string): Promise<Run | undefined> {
  const query = { pipeline, state: 'succeeded' } as const
  const production = await api.listRuns({ query: { ...query, environment: 'production', limit: 20 } })
  const { items } = await api.listRuns({ query: { ...query, limit: 100 } })
  return [...production.items, ...items].find(
    ({ environment, sample, reproduces }) => environment !== 'ci' && sample === null && !reproduces,
  )
}

/** Values of the last run for params that have no default. */
export async function paramsOfLast(api: Pipelines, pipeline: string, spec: PipelineSpec): Promise<Run['params']> {
  const needed = neededParams(spec)
  if (needed.length === 0) return {}
  const last = await lastRun(api, pipeline)
  return Object.fromEntries(
    needed.flatMap((name) => (last && name in last.params ? [[name, last.params[name]!] as const] : [])),
  )
}
