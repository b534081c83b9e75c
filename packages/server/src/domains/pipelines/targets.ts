import { didYouMean, type PipelineSpec, type Target } from '@evenkeel/contract'
import { sql } from 'kysely'
import { join } from 'node:path'
import type { SpecProblem } from './engine/check-spec.ts'
import { placeFrom } from './engine/place-file.ts'
import type { Executor } from './executors/executor.ts'
import { createExecutors } from './executors/kinds.ts'
import { readTargets } from './executors/targets.ts'
import type { PipelinesDeps } from './needs.ts'

/** The places where steps of this server run. */
export interface Places {
  /** By the name of the target; `local` is always there. */
  readonly executors: ReadonlyMap<string, Executor>
  /** Base URL of this server, as a target sees it. */
  urlFor(target: string): string
  /** Where a target and this server both find what outlives an attempt. */
  folderFor(target: string): string
  /** All of these. */
  readonly folders: readonly string[]
  /** The first step that could not run where it should, or `undefined`. */
  problemOf(spec: PipelineSpec): SpecProblem | undefined
  /** Asks each target whether it is there. */
  list(): Promise<Target[]>
}

/** @throws Error when the file of targets, or what it names, cannot be used */
export function createPlaces(deps: PipelinesDeps): Places {
  const { path, isAsked } = deps.targetsFile
  const targets = readTargets(path, isAsked)
  const executors = createExecutors(
    {
      folder: join(deps.folder, 'pipelines/attempts'),
      place: placeFrom(deps.blobs),
      exclusively: (name, work) => exclusively(deps, name, work),
    },
    targets,
  )

  return {
    executors,
    urlFor: (target) => targets[target]?.serverUrl ?? deps.url(),
    folderFor: (target) => targets[target]?.folder ?? deps.folder,
    folders: [...new Set([deps.folder, ...Object.values(targets).flatMap(({ folder }) => folder ?? [])])],

    problemOf({ steps }) {
      for (const step of steps) {
        const kind = executors.get(step.runsOn)?.kind
        const reason = kind === undefined ? unknownTarget(step.runsOn, [...executors.keys()]) : problemThere(step, kind)
        if (reason) return { step: step.key, reason }
      }
      return undefined
    },

    list: () => Promise.all([...executors].map(([name, executor]) => look(name, executor))),
  }
}

async function look(name: string, executor: Executor): Promise<Target> {
  const { kind } = executor
  try {
    const [version, jobs] = await Promise.all([executor.version(), executor.list()])
    return { name, kind, answers: true, version, jobCount: jobs.length, reason: null }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { name, kind, answers: false, version: null, jobCount: null, reason }
  }
}

/** Holds a lock of the database for as long as the work takes: other servers on it wait. */
const exclusively = <T>({ db }: PipelinesDeps, name: string, work: () => Promise<T>): Promise<T> =>
  db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('evenkeel.target'), hashtext(${name}))`.execute(tx)
    return work()
  })

const unknownTarget = (name: string, names: readonly string[]): string =>
  `No target is called "${name}".${didYouMean(name, names)} There are ${names.join(', ')}; a new one is a few lines in ` +
  'targets.json of the server.'

const containers: ReadonlySet<string> = new Set(['docker', 'kubernetes'])

type Step = PipelineSpec['steps'][number]

/** A container sees the folder of its attempt, and nothing else of the server. */
function problemThere({ runsOn, uses, code, runtime }: Step, kind: string): string | undefined {
  if (runtime !== null && kind !== 'local') {
    return `Its software is installed on the machine of the server, which "${runsOn}" does not see; leave "runtime" out, and use what is there, or an image.`
  }
  if (!containers.has(kind)) return undefined
  if (uses !== undefined) {
    return `"${uses}" ships with Evenkeel, and a container of "${runsOn}" does not have it; run this step on "local".`
  }
  if (code === null) {
    return `It starts in the folder of the server, which a container of "${runsOn}" does not see; list its code.`
  }
  return undefined
}
