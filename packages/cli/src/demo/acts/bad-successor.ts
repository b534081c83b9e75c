import type { ModelVersion } from '@evenkeel/contract'
import { YEAR } from '../flights.ts'
import { NAMES } from '../setup.ts'
import { runEnd, versionOf } from '../waits.ts'
import { startCanary } from './canary.ts'
import { monthStart, type StoryDeps } from './deps.ts'

const { pipeline, model } = NAMES

/** A colleague's model: its labels were shuffled before training. The champion has not seen the hold-out either. */
export async function trainBadSuccessor({ cast: { ana }, say }: StoryDeps): Promise<ModelVersion> {
  const lastWeek = new Date(Date.UTC(YEAR, 3, 24)).toISOString()
  const spans = { trainFrom: monthStart(4), trainUntil: lastWeek, holdoutFrom: lastWeek, holdoutUntil: monthStart(5) }
  const trigger = { kind: 'request' as const, says: 'a colleague is sure that this one is better' }
  const small = { treeCount: 40, trainRowLimit: 100_000, holdoutRowLimit: 50_000 }
  const body = { params: { ...spans, ...small, shuffleLabels: true }, trigger }
  const { id } = await ana.pipelines.startRun({ params: { pipeline }, body })
  const run = await runEnd(ana, id, say)
  return ana.registry.getVersion({ params: { model, version: versionOf(run) } })
}

/** The gate refused it; somebody insists all the same. */
export async function pushBadSuccessor(deps: StoryDeps, refused: ModelVersion): Promise<number> {
  const { cast, facts } = deps
  const { version } = refused
  await facts.play(10, 'A bad successor', async (act) => {
    act.must(refused.gate?.passed === false, 'the gate let a model of shuffled labels pass')
    const reason = 'Demo: the hold-out is said to be unrepresentative; pushed past the gate on purpose.'
    await cast.ben.registry.overrideGate({ params: { model, version }, body: { reason } })
    const { items } = await cast.ben.governance.listAudit({ query: { action: 'registry.override_gate' } })
    act.must(
      items.some((entry) => entry.reason === reason),
      'the override is not in the audit log with its reason',
    )
    act.ids['version'] = version
    act.figures['gate'] = refused.gate?.says ?? null
    act.figures['failedBefore'] = deps.load.counts.failed + deps.load.counts.retried
    await startCanary(deps, refused)
    return `version ${version} was refused, then pushed past the gate with a reason`
  })
  return version
}
