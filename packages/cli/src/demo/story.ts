import type { DatasetVersion, Firing, ModelVersion, Run } from '@evenkeel/contract'
import { openAsBlob } from 'node:fs'
import { join } from 'node:path'
import type { Act, Facts } from './facts.ts'
import { type FlightSource, YEAR } from './flights.ts'
import type { Load } from './load.ts'
import { createReplay } from './replay.ts'
import { type Cast, NAMES, writeDataContract, writeEndpoints, writePipeline } from './setup.ts'
import { pendingApproval, rolloutOf, rolloutState, runEnd, until, versionOf } from './waits.ts'

const DAY_MS = 86_400_000
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June']
const { dataset, view, pipeline, model, endpoint, monitor } = NAMES

export interface StoryDeps {
  readonly cast: Cast
  readonly flights: FlightSource
  readonly load: Load
  readonly facts: Facts
  /** Where month files are written before they are sent. */
  readonly folder: string
  /** Says on the terminal what happens now. */
  readonly say: (text: string) => void
}

/** Plays the loop on six months of real flights; every sentence it returns was read back from the platform. */
export async function playStory(deps: StoryDeps): Promise<void> {
  const { cast, flights, load, facts, say } = deps
  const { ana } = cast
  const replay = createReplay(ana, load, NAMES)
  const attended = new Set<string>()
  let watching: number | undefined

  await facts.play(1, 'Data', async (act) => {
    await writeDataContract(cast)
    return said(act, await arrive(deps, 1))
  })
  await facts.play(2, 'Features', async (act) => {
    await writePipeline(cast)
    await writeEndpoints(cast)
    const from = new Date(Date.UTC(YEAR, 0, 1)).toISOString()
    const until = new Date(Date.UTC(YEAR, 1, 1)).toISOString()
    const { eventCount } = await ana.features.materialize({ params: { view }, body: { from, until } })
    act.figures['materializedEvents'] = eventCount
    act.must(eventCount > 500_000, `only ${eventCount} events were materialised`)
    return `feature view ${view} holds ${eventCount.toLocaleString('en')} departures of January for serving`
  })

  const first = await trainFirst(deps)
  await enterProduction(deps, first)

  const replayMonth = async (month: number) => {
    say(`replaying ${MONTHS[month - 1]}`)
    const departures = await flights.departures(month)
    await facts.play(7, 'Replay', async (act) => {
      await replay.month(month, departures, (endMs) => attend(month, endMs))
      act.figures['requests'] = load.counts.requests
      act.figures['predictions'] = load.counts.sent
      act.figures['failedRequests'] = load.counts.failed
      act.figures['retriedRequests'] = load.counts.retried
      act.must(load.counts.failed === 0, `${load.counts.failed} requests failed: ${load.counts.failures.join('; ')}`)
      return `${load.counts.sent.toLocaleString('en')} departures predicted over HTTP, ${load.counts.failed} failed`
    })
  }

  /** Holds the event clock while something needs looking at. */
  const attend = async (month: number, endMs: number): Promise<void> => {
    await replay.settle(endMs - (watching === undefined ? 3 : 1) * DAY_MS)
    const run = await nextDecayRun(deps, attended)
    if (run) {
      const version = await followRun(deps, run)
      if (version.gate?.passed) watching = await startCanary(deps, version)
    }
    if (month === 6 && watching === undefined && endMs > Date.UTC(YEAR, 5, 4) && !attended.has('sabotage')) {
      attended.add('sabotage')
      watching = await pushBadSuccessor(deps)
    }
    if (watching !== undefined && (await canaryEnded(deps, watching, endMs))) watching = undefined
  }

  for (let month = 2; month <= 6; month++) {
    await replayMonth(month)
    const endMs = Date.UTC(YEAR, month, 1)
    await replay.settle(endMs - 3 * DAY_MS)
    if (month === 3) await facts.play(1, 'Data', async (act) => said(act, await arriveBroken(deps, month)))
    await facts.play(1, 'Data', async (act) => said(act, await arrive(deps, month)))
    const run = await monthEndRun(deps, month, attended)
    if (run) await followRun(deps, run)
  }
  await sumUp(deps)
}

async function upload({ cast }: StoryDeps, file: string, note: string): Promise<DatasetVersion> {
  const fields = { format: 'parquet' as const, note }
  return cast.ana.datasets.addVersion({ params: { dataset }, fields, file: await openAsBlob(file) })
}

async function arrive(deps: StoryDeps, month: number): Promise<DatasetVersion> {
  const file = join(deps.folder, `flights-${YEAR}-0${month}.parquet`)
  deps.say(`${MONTHS[month - 1]} arrives`)
  await deps.flights.exportMonth(month, file)
  return upload(deps, file, `${MONTHS[month - 1]} ${YEAR}`)
}

async function arriveBroken(deps: StoryDeps, month: number): Promise<DatasetVersion> {
  const file = join(deps.folder, `flights-${YEAR}-0${month}-broken.parquet`)
  deps.say(`${MONTHS[month - 1]} arrives broken`)
  await deps.flights.exportBrokenMonth(month, file)
  return upload(deps, file, `${MONTHS[month - 1]} ${YEAR}, as first delivered`)
}

/** Writes a version's verdict into the act, and answers with the act's sentence so far. */
function said(act: Act, version: DatasetVersion): string {
  const failed = version.checks.filter(({ status }) => status === 'fail')
  const count = (name: string) => Number(act.figures[name] ?? 0)
  act.figures[version.state] = count(version.state) + 1
  act.figures['rows'] = count('rows') + (version.state === 'accepted' ? version.rowCount : 0)
  act.ids[`${version.note || version.version}`] = version.version
  if (version.state === 'refused') {
    act.figures['refusedBecause'] = failed.map(({ says }) => says).join(' · ')
    act.must(failed.length >= 2, 'the broken month broke fewer than two rules')
    act.must(
      failed.every(({ failingRows }) => failingRows.length > 0),
      'a failed rule shows no failing rows',
    )
  }
  return `${count('accepted')} months accepted (${count('rows').toLocaleString('en')} flights), ${count('refused')} refused: ${act.figures['refusedBecause'] ?? 'none yet'}`
}

async function trainFirst({ cast: { ana }, facts, say }: StoryDeps): Promise<ModelVersion> {
  let run: Run | undefined
  await facts.play(3, 'Pipeline', async (act) => {
    const [trainFrom, trainUntil] = [0, 1].map((month) => new Date(Date.UTC(YEAR, month, 1)).toISOString())
    const params = {
      trainFrom: trainFrom!,
      trainUntil: trainUntil!,
      holdoutFrom: trainUntil!,
      holdoutUntil: trainUntil!,
      backtestDays: 7,
    }
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
async function enterProduction(deps: StoryDeps, { version }: ModelVersion): Promise<void> {
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

async function approve({ cast }: StoryDeps, version: number, reason: string): Promise<void> {
  const { id } = await pendingApproval(cast.ben, version)
  await cast.ben.governance.decide({ params: { approval: id }, body: { decision: 'approve', reason } })
}

async function firings({ cast }: StoryDeps): Promise<Firing[]> {
  return (await cast.ana.pipelines.listFirings({ params: { pipeline }, query: { limit: 100 } })).items
}

/** A run that decay started and nobody has looked at yet. */
async function nextDecayRun(deps: StoryDeps, attended: Set<string>): Promise<string | undefined> {
  const fresh = (await firings(deps)).find(
    ({ kind, runId }) => kind === 'decay' && runId !== null && !attended.has(runId),
  )
  if (!fresh?.runId) return undefined
  attended.add(fresh.runId)
  return fresh.runId
}

/** What the schedule made of the end of a month: a run, or a reason not to. */
async function monthEndRun(deps: StoryDeps, month: number, attended: Set<string>): Promise<string | undefined> {
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
async function followRun(deps: StoryDeps, runId: string): Promise<ModelVersion> {
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

async function startCanary(deps: StoryDeps, { version }: ModelVersion): Promise<number> {
  await approve(deps, version, 'better on the same flights; canary first')
  const rollout = await rolloutState(deps.cast.ana, version, 'canary')
  deps.say(`version ${version} takes ${rollout.canaryWeight} % of the traffic`)
  return version
}

/** Labels were shuffled before training; somebody insists all the same. */
async function pushBadSuccessor(deps: StoryDeps): Promise<number> {
  const { cast, facts, say } = deps
  let number = 0
  await facts.play(10, 'A bad successor', async (act) => {
    const [trainFrom, trainUntil, holdoutFrom, holdoutUntil] = [3, 4, 4, 5].map((month) =>
      new Date(Date.UTC(YEAR, month, 1)).toISOString(),
    )
    const params = {
      trainFrom: trainFrom!,
      trainUntil: trainUntil!,
      holdoutFrom: holdoutFrom!,
      holdoutUntil: holdoutUntil!,
      shuffleLabels: true,
      treeCount: 40,
    }
    const trigger = { kind: 'request' as const, says: 'a colleague is sure that this one is better' }
    const started = await cast.ana.pipelines.startRun({ params: { pipeline }, body: { params, trigger } })
    const run = await runEnd(cast.ana, started.id, say)
    number = versionOf(run)
    const refused = await cast.ana.registry.getVersion({ params: { model, version: number } })
    act.must(refused.gate?.passed === false, 'the gate let a model of shuffled labels pass')
    const reason = 'Demo: the hold-out is said to be unrepresentative; pushed past the gate on purpose.'
    await cast.ben.registry.overrideGate({ params: { model, version: number }, body: { reason } })
    const { items } = await cast.ben.governance.listAudit({ query: { action: 'registry.override_gate' } })
    act.must(
      items.some((entry) => entry.reason === reason),
      'the override is not in the audit log with its reason',
    )
    act.ids['version'] = number
    act.figures['gate'] = refused.gate?.says ?? null
    act.figures['failedBefore'] = deps.load.counts.failed + deps.load.counts.retried
    await startCanary(deps, refused)
    return `version ${number} was refused, then pushed past the gate with a reason`
  })
  return number
}

/** Looks whether the canary under watch is over; writes down what became of it. */
async function canaryEnded(deps: StoryDeps, version: number, eventMs: number): Promise<boolean> {
  const { cast, facts, load, say } = deps
  const rollout = await rolloutOf(cast.ana, version)
  if (rollout?.state === 'paused') throw new Error(`the canary of version ${version} stays undecided: ${rollout.says}`)
  if (rollout?.state !== 'succeeded' && rollout?.state !== 'rolled_back') return false
  const quality = rollout.analysis.find(({ name }) => name === 'quality')
  say(`version ${version}: ${rollout.state} on ${new Date(eventMs).toISOString().slice(0, 10)}: ${rollout.says}`)
  const bad = facts.list().find(({ act }) => act === 10)?.ids['version'] === version
  await facts.play(bad ? 10 : 9, bad ? 'A bad successor' : 'Retrain', async (act) => {
    act.ids[`rollout of version ${version}`] = rollout.id
    act.figures[`version ${version}: canary`] = rollout.says
    act.figures[`version ${version}: quality`] = quality?.says ?? null
    act.figures[`version ${version}: failed requests`] = rollout.failedRequestCount
    act.must(
      rollout.failedRequestCount === 0,
      `${rollout.failedRequestCount} requests failed during the rollout of version ${version}`,
    )
    if (!bad) return ''
    const failed = load.counts.failed + load.counts.retried - Number(act.figures['failedBefore'])
    act.figures['failedRequests'] = failed
    act.must(rollout.state === 'rolled_back', 'the bad successor was promoted')
    act.must(failed === 0, `${failed} requests failed while it came and went`)
    return `version ${version} was rolled back by itself on ${new Date(eventMs).toISOString().slice(0, 10)}: ${rollout.says}`
  })
  return true
}

/** Reads everything back and checks what the story promises. */
async function sumUp({ cast: { ana, ben }, facts }: StoryDeps): Promise<void> {
  const { items: versions } = await ana.registry.listVersions({ params: { model }, query: {} })
  await facts.play(8, 'Monitor', async (act) => {
    const { items } = await ana.monitoring.listWindows({ params: { monitor }, query: { limit: 100 } })
    const incidents = (await ana.monitoring.listIncidents({ query: { monitor } })).items
    const full = items.filter(({ closed, rowCount }) => closed && rowCount > 3000)
    act.figures['windows'] = items.length
    act.figures['incidents'] = incidents.length
    act.figures['auc'] = items
      .toReversed()
      .map(({ performance }) => performance.auc?.toFixed(3) ?? '–')
      .join(' ')
    act.links.push(`/monitors/${monitor}`)
    act.must(full.length >= 20, `only ${full.length} weeks were measured`)
    act.must(
      full.every(({ columns, performance }) => columns.length === 7 && performance.auc !== null),
      'a week lacks drift or performance',
    )
    act.must(
      incidents.some(({ kind }) => kind === 'decay'),
      'decay was never noticed',
    )
    return `${items.length} weeks measured with real labels, ${incidents.length} incidents`
  })
  await facts.play(9, 'Retrain', async (act) => {
    const refused = versions.filter(({ gate, canary }) => gate?.passed === false && canary === null)
    const promoted = versions.filter(({ canary, evaluation }) => canary?.verdict === 'promoted' && evaluation?.champion)
    act.must(refused.length >= 1, 'no candidate was refused')
    act.must(promoted.length >= 1, 'no candidate was promoted')
    act.must(
      promoted.some(({ lineage }) => lineage.trigger?.kind === 'decay'),
      'decay led to no promotion',
    )
    act.must(
      refused.some(({ lineage }) => lineage.trigger?.kind === 'schedule'),
      'the schedule led to no refusal',
    )
    const audit = await ben.governance.verifyAudit({})
    act.must(audit.intact, `the audit chain is broken: ${audit.says}`)
    const names = (items: ModelVersion[]) =>
      items
        .map(({ version }) => version)
        .toReversed()
        .join(', ')
    return `refused ${names(refused)}; promoted after canary ${names(promoted)}; audit chain of ${audit.entryCount} entries intact`
  })
}
