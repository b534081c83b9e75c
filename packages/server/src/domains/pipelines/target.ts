import type { RunEnvironment } from '@evenkeel/contract'
import { type ExpressionBuilder, sql } from 'kysely'
import type { Database } from '../../platform/db.ts'

/** What a run makes again: a version of a model, as the run that made it did. */
export interface Reproduces {
  readonly run: string
  readonly model: string
  readonly version: number
  /** What the version was judged against then; null when there was nothing. */
  readonly champion: number | null
  /** Of the model file of the version. */
  readonly digest: string
  /** What the version says it was made with, and the same of the server that makes it again. */
  readonly software: { readonly before: Software; readonly after: Software }
  /** Of the folder of the server, in which steps start that do not list their code. */
  readonly folderCommit: string
  /** How far numbers may be apart and still count as equal. */
  readonly tolerance: number
}

type Software = Readonly<Record<string, string>>

/** Where a run belongs, and how much of its data it sees. */
export interface RunTarget {
  readonly environment: RunEnvironment
  /** The pull request it tries out; null outside of ci. */
  readonly scope: string | null
  /** A share of the rows in (0, 1], or a count of them; null: all. */
  readonly sample: number | null
  /** The version that it makes again. */
  readonly reproduces?: Reproduces | undefined
}

export const inDev: RunTarget = { environment: 'dev', scope: null, sample: null }

/** A run from before there were environments counts as one of dev, also for what it may read. */
export const targetOf = (run: {
  readonly environment: RunEnvironment | null
  readonly scope: string | null
  readonly sample: number | null
  readonly reproduces?: unknown
}): RunTarget => ({
  environment: run.environment ?? 'dev',
  scope: run.scope,
  sample: run.sample,
  ...(isSet(run.reproduces) && { reproduces: run.reproduces as Reproduces }),
})

const isSet = (value: unknown): boolean => value !== null && value !== undefined

/**
 * Runs whose results a run may take over, as `r`: those of production, those of its own environment, in ci only those of
 * its own pull request, and those from before there were environments. Production reads no other, so that nothing which
 * was only tried out gets there. A result of a sample is for the same sample alone. A reproduction is compared with what
 * was there before, and leaves nothing for others.
 */
export const readableBy =
  ({ environment, scope, sample }: RunTarget) =>
  (run: ExpressionBuilder<{ r: Database['pipelines.run'] }, 'r'>) =>
    run.and([
      run.or([
        run('r.environment', 'is', null),
        run('r.environment', '=', 'production'),
        run.and([run('r.environment', '=', environment), sql<boolean>`r.scope is not distinct from ${scope}`]),
      ]),
      run.or([run('r.sample', 'is', null), run('r.sample', '=', sample)]),
      run('r.reproduces', 'is', null),
    ])

/** Why nothing that a run makes may become a model; null when it may. */
export function whyNoModel({ environment, sample, reproduces }: RunTarget): string | null {
  if (reproduces) return `The run makes version ${reproduces.version} of "${reproduces.model}" again, to compare it.`
  if (sample !== null) return `The run saw a sample of the data (${sample}); a model is made of all of it.`
  return environment === 'ci' ? 'The run tries out a pull request; a model is made after it was merged.' : null
}
