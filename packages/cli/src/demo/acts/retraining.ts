import type { Firing, ModelVersion } from '@evenkeel/contract'
import { NAMES } from '../setup.ts'
import { runEnd, until, versionOf } from '../waits.ts'
import { MONTHS, type StoryDeps } from './deps.ts'

const { pipeline, model } = NAMES

async function firings({ cast }: StoryDeps): Promise<Firing[]> {
  return (await cast.ana.pipelines.listFirings({ params: { pipeline }, query: { limit: 100 } })).items
}

/** A run that decay started and nobody has looked at yet. */
export async function nextDecayRun(deps: StoryDeps, attended: Set<string>): Promise<string | undefined> {
  const fresh = (await firings(deps)).find(
    ({ kind, runId }) => kind === 'decay' && runId !== null && !attended.has(runId),
  )
  if (!fresh?.runId) return undefined
  attended.add(fresh.runId)
  return fresh.runId
}

/** What the schedule made of the end of a month: a run, or a reason not to. */
export async function monthEndRun(deps: StoryDeps, month: number, attended: Set<string>): Promise<string | undefined> {
  const fired = await until(`the schedule to fire for ${MONTHS[month - 1]}`, async () => {
    const schedule = (await firings(deps)).filter(({ kind }) => kind === 'schedule')
    return schedule.find(({ id }) => !attended.has(id))
  })
  attended.add(fired.id)
  await deps.facts.play(9, 'Retrain', async (act) => {
    act.ids[`${MONTHS[month - 1]} ended`] = fired.outcome
    act.figures[`${MONTHS[month - 1]} ended`] = fired.says
    return ''
  })
  return fired.runId ?? undefined
}

/** Waits for a retraining and reads its verdict. */
export async function followRun(deps: StoryDeps, runId: string): Promise<ModelVersion> {
  const { cast, facts, say } = deps
  let version: ModelVersion | undefined
  await facts.play(9, 'Retrain', async (act) => {
    const run = await runEnd(cast.ana, runId, say)
    version = await cast.ana.registry.getVersion({ params: { model, version: versionOf(run) } })
    const number = version.version
    act.ids[`version ${number}`] = run.id
    act.links.push(`/models/${model}/versions/${number}`)
    act.figures[`version ${number}: why`] = version.lineage.trigger?.says ?? null
    act.figures[`version ${number}: candidate AUC`] = version.evaluation?.candidate['auc'] ?? null
    act.figures[`version ${number}: champion AUC`] = version.evaluation?.champion?.metrics['auc'] ?? null
    act.figures[`version ${number}: gate`] = version.gate?.says ?? null
    say(`version ${number}: ${version.gate?.says}`)
    return ''
  })
  return version!
}
