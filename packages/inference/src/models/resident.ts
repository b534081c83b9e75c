import { availableParallelism } from 'node:os'
import type { DesiredState } from '@evenkeel/contract'
import { createInlineScorer } from './inline.ts'
import { createPoolScorer } from './pool.ts'
import type { Scorer } from './scorer.ts'
import { blankInputs, manyRows, outputNames, type Proof, type TrialRequest } from './trial.ts'
import type { TrialProcess } from './trial-process.ts'

export type Artifact = DesiredState['artifacts'][number]

/** Totals since the model was loaded; times in microseconds. */
export interface Statistics {
  requests: number
  failures: number
  queueUs: number
  /** By the number of rows in a run. */
  readonly runs: Map<number, { count: number; runUs: number }>
}

export function countRun({ runs }: Statistics, rowCount: number, runUs: number): void {
  const sum = runs.get(rowCount) ?? { count: 0, runUs: 0 }
  runs.set(rowCount, { count: sum.count + 1, runUs: sum.runUs + runUs })
}

/** A model version that is loaded, proven and warm. */
export interface Resident {
  readonly artifact: Artifact
  readonly proof: Proof
  readonly loadedAt: string
  readonly scorer: Scorer
  readonly statistics: Statistics
  /** Most rows in one run. */
  readonly maxBatchRows: number
  /** Whether rows of different requests are worth one run: not for large trees, where each row costs the same. */
  readonly batches: boolean
  /** Keeps the model while it is used; call the result once. */
  lease(): () => void
  /** Lets the model go when its last lease has ended. */
  retire(): Promise<void>
}

/** Why a node refuses a desired state: the `reason` of its answer. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reason: 'digest' | 'signature' | 'disk' | 'memory' | 'load' | 'selftest' | 'unsupported'
  constructor(reason: Refused['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

// A run in this thread stops everything else for its length, and so does the load.
const inlineLimits = { runUs: 200, loadMs: 250 }
const longestBatchUs = 1000
const mostBatchRows = 256

/**
 * Tries a model in a child process, then loads it where it will run and warms it.
 *
 * @throws Refused with the reason for the control plane
 */
export async function openResident(artifact: Artifact, paths: TrialRequest, trials: TrialProcess): Promise<Resident> {
  const trial = await trials.run(paths)
  if (!trial.passed) {
    throw new Refused(trial.reason, `${artifact.model} version ${artifact.version}: ${trial.detail}`)
  }
  const { proof } = trial
  const scorer = await openScorer(paths.modelPath, proof)
  const statistics: Statistics = { requests: 0, failures: 0, queueUs: 0, runs: new Map() }
  return {
    artifact,
    proof,
    loadedAt: new Date().toISOString(),
    scorer,
    statistics,
    ...batching(proof),
    ...leasing(scorer),
  }
}

async function openScorer(modelPath: string, { oneRowUs, loadMs, signature }: Proof): Promise<Scorer> {
  if (oneRowUs <= inlineLimits.runUs && loadMs <= inlineLimits.loadMs) return createInlineScorer(modelPath)
  const size = Math.max(1, Math.min(2, availableParallelism() - 1))
  const pool = createPoolScorer({ modelPath, size })
  const warmUp = () => pool.run(blankInputs(signature), outputNames(signature), performance.now() + 120_000)
  await Promise.all(Array.from({ length: size }, warmUp))
  return pool
}

/** From time = a · rows + b, as the trial measured it. */
function batching({ oneRowUs, manyRowsUs, signature }: Proof): Pick<Resident, 'maxBatchRows' | 'batches'> {
  if (!signature.batchable) return { maxBatchRows: 1, batches: false }
  const perRowUs = Math.max((manyRowsUs - oneRowUs) / (manyRows - 1), 0.01)
  const rows = Math.floor((longestBatchUs - oneRowUs) / perRowUs)
  return {
    maxBatchRows: Math.max(1, Math.min(mostBatchRows, rows)),
    batches: manyRowsUs / manyRows < 0.9 * oneRowUs,
  }
}

function leasing(scorer: Scorer): Pick<Resident, 'lease' | 'retire'> {
  let leases = 0
  let release: (() => void) | undefined
  return {
    lease() {
      leases++
      return () => {
        if (--leases === 0) release?.()
      }
    },
    async retire() {
      if (leases > 0) await new Promise<void>((resolve) => (release = resolve))
      await scorer.close()
    },
  }
}
