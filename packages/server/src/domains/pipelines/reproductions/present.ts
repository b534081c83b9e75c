import { Judged, type Reproduction, type ReproductionSummary, StepOutput, withJudged } from '@evenkeel/contract'
import { z } from 'zod'
import type { PipelinesDeps } from '../needs.ts'
import { isInstance } from '../engine/condition.ts'
import { type RunPlan, readPlan } from '../engine/plan.ts'
import { iso } from '../present.ts'
import { releasesStore } from '../releases/store.ts'
import { type PipelinesStore, pipelinesStore, type RunRow } from '../store.ts'
import type { Reproduces } from '../target.ts'
import { compareModelFile, compareStep, notRepeated } from './compare.ts'
import { comparing, leftOut } from './repeated.ts'
import { resultsIn } from './results.ts'
import { type ComparedRow, reproductionsStore, type WouldRegister } from './store.ts'
import { compareSurroundings, type Side } from './surroundings.ts'

/** What the comparison says in small values. */
const Verdict = z.object({ verdict: z.enum(['identical', 'equal', 'differs']), says: z.string() })

export const reproducesOf = ({ reproduces }: RunRow): Reproduces => reproduces as unknown as Reproduces

export async function presentSummaries(deps: PipelinesDeps, ids: readonly string[]): Promise<ReproductionSummary[]> {
  const compared = await reproductionsStore(deps.db).compared(ids)
  const store = pipelinesStore(deps.db)
  const rows = await Promise.all(ids.map((id) => store.readRun(id)))
  return rows.flatMap((row) => (row ? [summaryOf(row, compared.get(row.id))] : []))
}

function summaryOf(row: RunRow, compared: ComparedRow | undefined): ReproductionSummary {
  const { model, version, run, tolerance } = reproducesOf(row)
  const found = compared?.state === 'succeeded' ? Verdict.safeParse(compared.small_values).data : undefined
  return {
    id: row.id,
    model,
    version,
    ofRun: run,
    pipeline: row.pipeline,
    pipelineVersion: row.version,
    tolerance,
    state: row.state,
    verdict: found?.verdict ?? null,
    says: found?.says ?? whyNoVerdict(row, compared),
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    endedAt: iso(row.ended_at),
  }
}

function whyNoVerdict({ state, reason }: RunRow, compared: ComparedRow | undefined): string {
  if (state === 'cancelled') return reason ?? 'It was cancelled.'
  if (compared?.state === 'failed') return `It could not be compared: ${compared.reason ?? ''}`
  return state === 'failed' ? (reason ?? 'The run failed.') : 'It has not been compared yet.'
}

/** All of a reproduction. What is still to be compared is `pending`. */
export async function presentReproduction(deps: PipelinesDeps, row: RunRow): Promise<Reproduction> {
  const store = pipelinesStore(deps.db)
  const reproduces = reproducesOf(row)
  const first = (await store.readRun(reproduces.run))!
  const [before, after] = [await sideOf(store, first), await sideOf(store, row)]
  const compared = (await reproductionsStore(deps.db).compared([row.id])).get(row.id)
  const steps = compareSides(before, after, reproduces.tolerance)
  const registered = row.would_register as unknown as WouldRegister | null
  const of = { projectId: row.project_id, pipeline: row.pipeline }
  const draft = {
    ...summaryOf(row, compared),
    isReleased: (await releasesStore(deps.db).find(of, row.version)) !== undefined,
    commit: row.commit,
    seed: row.seed,
    modelFile: compareModelFile(reproduces.digest, steps, registered?.digest ?? null),
    surroundings: await compareSurroundings(deps, { before, after, reproduces }),
    steps,
  }
  const { verdict, says } = draft
  const judged = await judgedBy(deps, compared)
  // The verdict is the one that was given; the sum of what is not there yet is none.
  return { ...withJudged(draft, judged ?? []), verdict, says }
}

async function judgedBy({ blobs }: PipelinesDeps, compared: ComparedRow | undefined): Promise<Judged[] | undefined> {
  if (compared?.state !== 'succeeded') return undefined
  const { report } = z.record(z.string(), StepOutput).parse(compared.outputs)
  return z.array(Judged).parse(JSON.parse((await blobs.bytes(report!.digest)).toString()))
}

async function sideOf(store: PipelinesStore, { id, commit }: RunRow): Promise<Side> {
  const results = (await resultsIn(store, id)).filter(({ key }) => key !== comparing)
  const plan = readPlan(await store.readPlan(id))
  return { id, commit, plan, results: new Map(results.map((one) => [one.key, one])) }
}

/** Every step of either run, in the order of the first. */
function compareSides(before: Side, after: Side, tolerance: number): Reproduction['steps'] {
  const gone = whyGone(before.plan, after.plan)
  const keys = new Set([...before.results.keys(), ...after.results.keys()])
  return [...keys].map((key) => {
    const then = before.results.get(key)
    const why = gone.find(({ step }) => isInstance(key, step))?.says
    if (then && why !== undefined) return notRepeated(key, then, why)
    return compareStep(key, then, after.results.get(key), tolerance)
  })
}

function whyGone(before: RunPlan, after: RunPlan): { readonly step: string; readonly says: string }[] {
  const kept = new Set(after.steps.map(({ key }) => key))
  const gone = before.steps.filter(({ key }) => !kept.has(key)).map(({ key }) => key)
  const asked = leftOut(before, [])
  return gone.map((step) => ({ step, says: asked.get(step) ?? 'It was left out, as asked.' }))
}
