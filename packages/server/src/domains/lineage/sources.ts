import {
  datasetsEvents,
  deploymentsEvents,
  governanceEvents,
  type ModelVersion,
  pipelinesEvents,
  registryEvents,
} from '@evenkeel/contract'
import { DomainError } from '../../platform/errors.ts'
import { on, type Subscription } from '../../platform/events.ts'
import { enqueue } from '../../platform/jobs.ts'
import type { LineageDeps } from './deps.ts'
import type { Dialect, OutEvent } from './dialect.ts'
import { type Follow, followQueue, readDatasets } from './follow.ts'
import { datasetAccepted } from './moments/dataset.ts'
import { approvalAsked, gateDecided } from './moments/decision.ts'
import { rolloutEvents } from './moments/deployment.ts'
import { type ArtifactUri, modelRegistered } from './moments/model.ts'
import { pipelineRegistered } from './moments/pipeline.ts'
import { runIdOf } from './naming.ts'
import { lineageStore } from './store.ts'
import { writeOwn } from './write.ts'

interface Sources {
  readonly deps: LineageDeps
  readonly dialect: Dialect
  readonly follow: Follow
  readonly uriOf: ArtifactUri
}

/** News says where to look; what is told is what is true then, and each moment has a name under which it is told once. */
export const lineageSubscriptions = (sources: Sources): readonly Subscription[] => [
  ...runNews(sources),
  ...dataNews(sources),
  ...modelNews(sources),
  ...deploymentNews(sources),
]

/** Writes events under `<key>/<event type>`. */
async function tell({ deps }: Sources, projectId: string, key: string, events: readonly OutEvent[]): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    await lineageStore(tx).takeTurn(projectId)
    const told = events.map((event) => ({ key: `${key}/${event.eventType ?? 'FACT'}`, event }))
    await writeOwn(tx, projectId, told, deps.now())
  })
}

/** What goes on is looked at in turns (`service.ts`): news of every step would cost as much as the step. */
function runNews({ deps }: Sources): readonly Subscription[] {
  return [
    on(pipelinesEvents, 'pipelines.run_ended', 'lineage.run_ended', async ({ projectId, runId }) => {
      await enqueue(deps.db, followQueue, { projectId, runId }, { singletonKey: runId })
    }),
  ]
}

function dataNews(sources: Sources): readonly Subscription[] {
  const { deps, dialect } = sources
  return [
    on(
      datasetsEvents,
      'datasets.version_accepted',
      'lineage.dataset_accepted',
      async ({ projectId, dataset, version }) => {
        const find = await readDatasets(deps, projectId, [{ dataset, version }])
        const facts = find(dataset, version)
        if (facts)
          await tell(sources, projectId, `dataset/${dataset}/${version}`, [datasetAccepted(dialect, projectId, facts)])
      },
    ),
    on(pipelinesEvents, 'pipelines.version_written', 'lineage.pipeline_written', async (news) => {
      const { projectId, pipeline, version } = news
      const found = await deps.pipelineVersion(projectId, pipeline, version)
      if (!found) return
      const event = pipelineRegistered(dialect, projectId, pipeline, found, deps.repository ?? null)
      await tell(sources, projectId, `pipeline/${pipeline}/${version}`, [event])
    }),
  ]
}

function modelNews(sources: Sources): readonly Subscription[] {
  const { deps, dialect, uriOf, follow } = sources
  return [
    on(
      registryEvents,
      'registry.version_registered',
      'lineage.model_registered',
      async ({ projectId, model, version }) => {
        const found = await stillThere(deps.modelVersion(projectId, model, version))
        if (!found) return
        const run = await runBehind(deps, projectId, found)
        // The start of the run comes first.
        if (run) await follow(projectId, run.runId)
        const findDataset = await readDatasets(deps, projectId, found.lineage.datasets)
        const event = modelRegistered(dialect, projectId, found, { uriOf, findDataset, run })
        await tell(sources, projectId, `model/${model}/${version}`, [event])
      },
    ),
    on(
      registryEvents,
      'registry.gate_decided',
      'lineage.gate_decided',
      async ({ projectId, model, version, passed }) => {
        const found = await stillThere(deps.modelVersion(projectId, model, version))
        if (!found?.gate) return
        // A person may have overridden the gate before this news of its own verdict was heard.
        const gate = passed === found.gate.passed ? { ...found.gate, override: null } : found.gate
        const key = `gate/${model}/${version}/${gate.override ? 'override' : 'gate'}`
        await tell(sources, projectId, key, gateDecided(dialect, projectId, { ...found, gate }, uriOf))
      },
    ),
  ]
}

/** A version, unless it was deleted before the news of it came. */
async function stillThere(version: Promise<ModelVersion>): Promise<ModelVersion | undefined> {
  try {
    return await version
  } catch (error) {
    if (error instanceof DomainError && error.code === 'registry.version_not_found') return undefined
    throw error
  }
}

/** The OpenLineage run of the run that made a version, when it is one of ours. */
async function runBehind(deps: LineageDeps, projectId: string, { lineage: { runId } }: ModelVersion) {
  const facts = runId === null ? undefined : await deps.runFacts(deps.db, projectId, runId)
  if (!facts) return null
  const told = await lineageStore(deps.db).toldOf(facts.run.id)
  const attempt = Math.max(1, ...told.filter(({ step }) => step === '').map((one) => one.attempt))
  return { runId: runIdOf(facts.run.id, attempt), pipeline: facts.run.pipeline }
}

function deploymentNews(sources: Sources): readonly Subscription[] {
  const { deps, dialect, uriOf } = sources
  const look = async ({ projectId, rolloutId }: { projectId: string; rolloutId: string }) => {
    const rollout = await deps.rollout(projectId, rolloutId)
    const found = await deps.modelVersion(projectId, rollout.model, rollout.toVersion)
    await tell(sources, projectId, `rollout/${rolloutId}`, rolloutEvents(dialect, projectId, rollout, found, uriOf))
  }
  const asked = async ({ projectId, approvalId }: { projectId: string; approvalId: string }) => {
    const approval = await deps.approval(projectId, approvalId)
    const found = await deps.modelVersion(projectId, approval.model, approval.version)
    await tell(sources, projectId, `approval/${approvalId}`, approvalAsked(dialect, projectId, approval, found, uriOf))
  }
  return [
    on(deploymentsEvents, 'deployments.rollout_changed', 'lineage.rollout_changed', look),
    on(deploymentsEvents, 'deployments.rollout_ended', 'lineage.rollout_ended', look),
    on(governanceEvents, 'governance.approval_requested', 'lineage.approval_requested', asked),
    on(governanceEvents, 'governance.approval_decided', 'lineage.approval_decided', asked),
  ]
}
