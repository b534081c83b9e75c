import {
  datasetsEvents,
  deploymentsEvents,
  monitoringEvents,
  pipelinesEvents,
  registryEvents,
  TriggerSpec,
} from '@evenkeel/contract'
import { localCaller } from '../../../platform/auth.ts'
import { on, type Subscription } from '../../../platform/events.ts'
import type { PipelinesDeps } from '../needs.ts'
import { pipelinesStore } from '../store.ts'
import { targetOf, whyNoModel } from '../target.ts'
import { dataArrived } from './data-arrived.ts'
import { fire } from './fire.ts'
import { firingsStore } from './firings-store.ts'
import { monthEnded } from './month-end.ts'
import type { Occasion } from './occasion.ts'
import { triggersStore, type TriggerRow } from './store.ts'

type Source = TriggerSpec['on']
type SourceOf<K extends Source['kind']> = Extract<Source, { kind: K }>

/** What listens for the occasions to run a pipeline. `lookAtWaiting` starts what waited for a run to end. */
export function triggerSubscriptions(deps: PipelinesDeps, lookAtWaiting: () => Promise<void>): readonly Subscription[] {
  return [
    ...datasetSubscriptions(deps),
    ...monitoringSubscriptions(deps),
    ...modelSubscriptions(deps),
    afterRun(deps, lookAtWaiting),
  ]
}

/** The triggers of one kind that are switched on and listen to this. */
async function listening<K extends Source['kind']>(
  deps: PipelinesDeps,
  projectId: string,
  kind: K,
  isOn: (source: SourceOf<K>) => boolean,
): Promise<{ readonly trigger: TriggerRow; readonly source: SourceOf<K> }[]> {
  const rows = await triggersStore(deps.db).triggersOf(projectId)
  return rows.flatMap((trigger) => {
    const { enabled, on: source } = TriggerSpec.parse(trigger.spec)
    return enabled && isKind(source, kind) && isOn(source) ? [{ trigger, source }] : []
  })
}

const isKind = <K extends Source['kind']>(source: Source, kind: K): source is SourceOf<K> => source.kind === kind

const datasetSubscriptions = (deps: PipelinesDeps): readonly Subscription[] => [
  on(datasetsEvents, 'datasets.version_accepted', 'pipelines.schedule', async ({ projectId, dataset }) => {
    for (const { trigger } of await listening(deps, projectId, 'schedule', (source) => source.dataset === dataset)) {
      const occasion = await monthEnded(deps, trigger, dataset)
      if (occasion) await fire(deps, trigger, occasion)
    }
  }),

  on(datasetsEvents, 'datasets.version_accepted', 'pipelines.data', async ({ projectId, dataset, version }) => {
    const found = await listening(deps, projectId, 'data', (source) => source.dataset === dataset)
    if (found.length === 0) return
    const { rowCount, eventTimeMax } = await deps.datasets.getVersion({ ...localCaller, projectId }, dataset, version)
    const arrival = { dataset, version, rowCount, eventTime: eventTimeMax }
    for (const { trigger, source } of found) await dataArrived(deps, trigger, source, arrival)
  }),
]

const monitoringSubscriptions = (deps: PipelinesDeps): readonly Subscription[] => [
  on(monitoringEvents, 'monitoring.performance_decayed', 'pipelines.decay', async (event, id) => {
    const { projectId, endpoint, says, eventTime } = event
    for (const { trigger } of await listening(deps, projectId, 'decay', (source) => source.endpoint === endpoint)) {
      await fire(deps, trigger, { kind: 'decay', dedupeKey: id, says, eventTime })
    }
  }),

  on(monitoringEvents, 'monitoring.window_closed', 'pipelines.drift', async (event) => {
    const { projectId, endpoint, monitor, start, end, status } = event
    if (status !== 'drift') return
    for (const { trigger } of await listening(deps, projectId, 'drift', (source) => source.endpoint === endpoint)) {
      const says = `The monitor "${monitor}" reports drift of "${endpoint}" in the window ${start} to ${end}.`
      const evidence = { monitor, start, end }
      await fire(deps, trigger, { kind: 'drift', dedupeKey: `${monitor}/${start}`, says, eventTime: end, evidence })
    }
  }),
]

interface ModelNews {
  readonly projectId: string
  readonly model: string
  readonly version: number
}

function modelSubscriptions(deps: PipelinesDeps): readonly Subscription[] {
  const tell = async (news: ModelNews, event: SourceOf<'model'>['event'], what: string, id: string) => {
    const { projectId, model, version } = news
    const isOn = (source: SourceOf<'model'>) => source.model === model && source.event === event
    const found = await listening(deps, projectId, 'model', isOn)
    if (found.length === 0) return
    const run = await deps.runBehind(projectId, model, version)
    const depth = run === null ? 0 : await depthAfter(deps, run)
    const evidence = { model, version, event, run }
    const says = `Version ${version} of the model "${model}" ${what}.`
    const occasion: Occasion = { kind: 'model', dedupeKey: id, says, eventTime: null, depth, evidence }
    for (const { trigger } of found) await fire(deps, trigger, occasion)
  }

  return [
    on(registryEvents, 'registry.version_registered', 'pipelines.model_registered', (news, id) =>
      tell(news, 'registered', 'was registered', id),
    ),
    on(registryEvents, 'registry.gate_decided', 'pipelines.model_judged', (news, id) =>
      news.passed ? tell(news, 'passed', 'passed its gate', id) : tell(news, 'refused', 'was refused by its gate', id),
    ),
    on(registryEvents, 'registry.alias_moved', 'pipelines.model_promoted', async (news, id) => {
      if (news.alias === 'champion') await tell(news, 'promoted', 'became the champion', id)
    }),
    on(deploymentsEvents, 'deployments.rollout_ended', 'pipelines.model_rolled_back', async (news, id) => {
      if (news.state === 'rolled_back') await tell(news, 'rolled_back', `was rolled back on "${news.endpoint}"`, id)
    }),
  ]
}

const afterRun = (deps: PipelinesDeps, lookAtWaiting: () => Promise<void>): Subscription =>
  on(pipelinesEvents, 'pipelines.run_ended', 'pipelines.after_run', async (event, id) => {
    const { projectId, pipeline, runId, state } = event
    const isOn = (source: SourceOf<'pipeline'>) => source.pipeline === pipeline && source.state === state
    const run = await pipelinesStore(deps.db).readRun(runId)
    // What only tries something out is no news for others.
    const heard = run && whyNoModel(targetOf(run)) === null ? await listening(deps, projectId, 'pipeline', isOn) : []
    for (const { trigger } of heard) {
      const says = `The run ${runId} of the pipeline "${pipeline}" has ${state === 'cancelled' ? 'been cancelled' : state}.`
      const depth = await depthAfter(deps, runId)
      await fire(deps, trigger, { kind: 'pipeline', dedupeKey: id, says, eventTime: null, depth, evidence: { runId } })
    }
    await lookAtWaiting()
  })

/** How many runs lie behind what a run has caused. */
async function depthAfter(deps: PipelinesDeps, runId: string): Promise<number> {
  return ((await firingsStore(deps.db).firingOfRun(runId))?.depth ?? 0) + 1
}
