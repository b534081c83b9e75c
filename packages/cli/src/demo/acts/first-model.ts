import type { ModelVersion, Run } from '@evenkeel/contract'
import { NAMES } from '../setup.ts'
import { pendingApproval, rolloutState, runEnd, versionOf } from '../waits.ts'
import { approve } from './canary.ts'
import { monthStart, type StoryDeps } from './deps.ts'

const { pipeline, model, endpoint } = NAMES

export async function trainFirst({ cast: { ana }, facts, say }: StoryDeps): Promise<ModelVersion> {
  let run: Run | undefined
  await facts.play(3, 'Pipeline', async (act) => {
    const [trainFrom, end] = [monthStart(1), monthStart(2)]
    const spans = { trainFrom, trainUntil: end, holdoutFrom: end, holdoutUntil: end, backtestDays: 7 }
    // What the published figures are of; retrainings learn in fewer, larger steps, from fewer rows.
    const params = { ...spans, treeCount: 100, learningRate: 0.1, trainRowLimit: 550_000 }
    const trigger = { kind: 'request' as const, says: 'the first model, on January' }
    const started = await ana.pipelines.startRun({ params: { pipeline }, body: { params, trigger } })
    run = await runEnd(ana, started.id, say)
    act.ids['run'] = run.id
    act.figures['steps'] = run.steps.length
    act.must(
      run.steps.every(({ state, attempts }) => state === 'succeeded' && attempts.length === 1),
      'a step did not succeed at once',
    )
    return `${run.steps.map(({ key }) => key).join(' → ')}, each a process of its own`
  })
  const version = await ana.registry.getVersion({ params: { model, version: versionOf(run!) } })
  await facts.play(4, 'Training', async (act) => {
    const train = run!.steps.find(({ key }) => key === 'train')!
    act.figures['trainingRows'] = version.lineage.trainingRowCount
    act.figures['trainStepSeconds'] = (Date.parse(train.endedAt!) - Date.parse(train.startedAt!)) / 1000
    act.figures['backtestAuc'] = version.metrics['backtest_auc'] ?? null
    act.must(
      version.lineage.trainingRowCount === 508_239,
      `trained on ${version.lineage.trainingRowCount} rows, not January's 508,239`,
    )
    return `${version.lineage.trainingRowCount?.toLocaleString('en')} flights, 100 trees, in ${Number(act.figures['trainStepSeconds']).toFixed(1)} s`
  })
  return version
}

/** Staging lets the version in by itself; production waits for Ben. */
export async function enterProduction(deps: StoryDeps, { version }: ModelVersion): Promise<void> {
  const { cast, facts } = deps
  await facts.play(5, 'Register and approve', async (act) => {
    const registered = await cast.ana.registry.getVersion({ params: { model, version } })
    const approval = await pendingApproval(cast.ana, version)
    const own = await cast.ana.governance
      .decide({ params: { approval: approval.id }, body: { decision: 'approve', reason: 'my own work' } })
      .then(() => 'allowed')
      .catch(() => 'refused')
    await approve(deps, version, 'backtest reads well, card is complete')
    const { items } = await cast.ben.governance.listAudit({ query: { actor: 'ben' } })
    const audited = items.some(({ action }) => action.startsWith('governance.') && action.includes('appro'))
    act.ids['version'] = version
    act.ids['approval'] = approval.id
    act.links.push(`/models/${model}/versions/${version}`)
    act.must(registered.gate?.passed === true, `the gate did not pass: ${registered.gate?.says}`)
    act.must(
      registered.baselines.length === 8,
      `${registered.baselines.length} baselines instead of 7 inputs and the score`,
    )
    act.must(registered.card.length > 500, 'the model card is nearly empty')
    act.must(own === 'refused', 'Ana could approve her own work')
    act.must(audited, "Ben's approval is not in the audit log")
    return `version ${version} passed its gate, staging let it in by itself, Ana could not approve her own work, Ben did`
  })
  await facts.play(6, 'Deploy', async (act) => {
    const rollout = await rolloutState(cast.ana, version, 'succeeded')
    const view = await cast.ana.deployments.get({ params: { endpoint } })
    act.ids['rollout'] = rollout.id
    act.links.push(`/deployments/${endpoint}`)
    act.figures['generation'] = view.generation
    act.must(view.version === version, `the endpoint serves version ${view.version}`)
    act.must(
      view.nodes.some(({ live, loaded }) => live && loaded.some((item) => item.version === version)),
      'no live node holds the version',
    )
    return `node ${view.nodes[0]?.node} verified, loaded, proved and serves version ${version} (generation ${view.generation})`
  })
}
