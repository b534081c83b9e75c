import { z } from 'zod'
import type { Db } from '../../platform/db.ts'
import { DomainError } from '../../platform/errors.ts'
import { defineQueue } from '../../platform/jobs.ts'
import type { LineageDeps } from './deps.ts'
import type { Dialect } from './dialect.ts'
import { dueMoments, type Moment } from './due.ts'
import { type DatasetFacts, type FindDataset, keyOf, type RunFacts, stepOf } from './facts.ts'
import { nodeId } from './graph.ts'
import { runEvent } from './moments/run.ts'
import { stepEvent } from './moments/step.ts'
import { runIdOf, stepRunIdOf } from './naming.ts'
import { lineageStore } from './store.ts'
import { type Links, type OwnEvent, writeOwn } from './write.ts'

/** Looks at a run and tells what is new. One that waits is enough, because it looks at what is true then. */
export const followQueue = defineQueue('lineage.follow', z.object({ projectId: z.string(), runId: z.string() }), {
  policy: 'short',
  concurrency: 2,
})

/** Moments that are written in one statement; to make their events takes a few milliseconds. */
const toldAtOnce = 100

export type Follow = (projectId: string, runId: string) => Promise<void>

/** Tells every moment of a run that has not been told, each once and in order. */
export function createFollow(deps: LineageDeps, dialect: Dialect): Follow {
  return async (projectId, runId) => {
    const first = await deps.runFacts(deps.db, projectId, runId)
    if (!first) return
    const due = dueMoments(first.run, await lineageStore(deps.db).toldOf(runId), deps.now())
    if (due.length === 0) return rest(deps.db, projectId, first, deps.now())
    const datasets = await readDatasets(deps, projectId, neededBy(first, due))
    await deps.db.transaction().execute(async (tx) => {
      const store = lineageStore(tx)
      await store.takeTurn(projectId)
      // Read again, now that nobody else tells: what was read before may be older than what was told since.
      const facts = await deps.runFacts(tx, projectId, runId)
      if (!facts) return
      const moments = dueMoments(facts.run, await store.toldOf(runId), deps.now())
      await tellAll(tx, { deps, dialect, projectId, facts, findDataset: datasets }, moments)
      await rest(tx, projectId, facts, deps.now())
    })
  }
}

/** Remembers that a run that goes on was looked at, and forgets one that has ended. */
function rest(db: Db, projectId: string, { run: { id, endedAt } }: RunFacts, now: Date): Promise<void> {
  return endedAt === null ? lineageStore(db).keepOpen(projectId, id, now) : lineageStore(db).close(id)
}

interface Telling {
  readonly deps: LineageDeps
  readonly dialect: Dialect
  readonly projectId: string
  readonly facts: RunFacts
  readonly findDataset: FindDataset
}

async function tellAll(tx: Db, telling: Telling, moments: readonly Moment[]): Promise<void> {
  const { deps, projectId, facts } = telling
  for (let at = 0; at < moments.length; at += toldAtOnce) {
    const some = moments.slice(at, at + toldAtOnce)
    await writeOwn(
      tx,
      projectId,
      some.map((moment) => eventOf(telling, moment)),
      deps.now(),
    )
    await lineageStore(tx).markTold(facts.run.id, some)
  }
}

function eventOf(telling: Telling, moment: Moment): OwnEvent {
  const { deps, dialect, projectId, facts } = telling
  const { run } = facts
  const repository = deps.repository ?? null
  const event =
    moment.step === ''
      ? runEvent(dialect, projectId, run, moment, repository)
      : stepEvent(dialect, { ...telling, repository, shownVariables: deps.shownVariables }, moment)
  const key = `run/${run.id}/${moment.step}/${moment.attempt}/${moment.type}`
  return { key, event, links: linksOf(telling, moment) }
}

function linksOf({ dialect, projectId, facts: { run } }: Telling, { step, attempt, runAttempt }: Moment): Links {
  const { namespace, name } = dialect.naming.job(projectId, run.pipeline)
  const pipeline = `/pipelines/${encodeURIComponent(run.pipeline)}`
  const runs = {
    [nodeId('job', namespace, name)]: pipeline,
    [nodeId('run', runIdOf(run.id, runAttempt))]: `/runs/${run.id}`,
  }
  if (step === '') return runs
  const inStep = `?step=${encodeURIComponent(step)}`
  return {
    ...runs,
    [nodeId('job', namespace, `${name}.${step}`)]: `${pipeline}${inStep}`,
    [nodeId('run', stepRunIdOf(run.id, step, attempt))]: `/runs/${run.id}${inStep}`,
  }
}

interface DatasetKey {
  readonly dataset: string
  readonly version: number
}

/** Dataset versions that the moments speak of. */
function neededBy(facts: RunFacts, due: readonly Moment[]): DatasetKey[] {
  return due
    .flatMap(({ step }) => stepOf(facts, step).inputs)
    .flatMap((input) => (input.from === 'dataset' ? input.versions : []))
}

/** Reads dataset versions once each; one that is gone is left out. */
export async function readDatasets(
  deps: Pick<LineageDeps, 'datasetVersion' | 'datasetProfile'>,
  projectId: string,
  wanted: readonly DatasetKey[],
): Promise<FindDataset> {
  const found = new Map<string, DatasetFacts | undefined>()
  for (const key of wanted) {
    if (!found.has(keyOf(key))) found.set(keyOf(key), await readDataset(deps, projectId, key))
  }
  return (dataset, version) => found.get(keyOf({ dataset, version }))
}

async function readDataset(
  deps: Pick<LineageDeps, 'datasetVersion' | 'datasetProfile'>,
  projectId: string,
  { dataset, version }: DatasetKey,
): Promise<DatasetFacts | undefined> {
  try {
    return {
      version: await deps.datasetVersion(projectId, dataset, version),
      columns: await deps.datasetProfile(projectId, dataset, version),
    }
  } catch (error) {
    if (error instanceof DomainError && error.status === 404) return undefined
    throw error
  }
}
