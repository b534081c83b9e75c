import { didYouMean, labelText, type PipelineSpec, type Target, type TargetLabels } from '@evenkeel/contract'
import { sql } from 'kysely'
import { join } from 'node:path'
import type { SpecProblem } from './engine/check-spec.ts'
import { placeFrom } from './engine/place-file.ts'
import type { Executor } from './executors/executor.ts'
import { createExecutors } from './executors/kinds.ts'
import { readTargets } from './executors/targets.ts'
import type { PipelinesDeps } from './needs.ts'
import { refuse } from './write-version.ts'

/** The places where steps of this server run. */
export interface Places {
  /** By the name of the target; `local` is always there. */
  readonly executors: ReadonlyMap<string, Executor>
  /** Base URL of this server, as a target sees it. */
  urlFor(target: string): string
  /** Where a target and this server both find what outlives an attempt. */
  folderFor(target: string): string
  /** What an hour on a target costs; null where nobody has said. */
  priceOf(target: string): { readonly perHour: number; readonly currency: string } | null
  /** All of these. */
  readonly folders: readonly string[]
  /**
   * The same, with each step where its labels lead it: to the first target that has them, unless one is named.
   *
   * @throws DomainError `pipelines.spec_invalid` when none has them
   */
  placed(spec: PipelineSpec): PipelineSpec
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

  const labels: Labels = new Map([...executors.keys()].map((name) => [name, targets[name]?.labels ?? {}]))

  function remoteOf(name: string) {
    const target = targets[name]
    return target?.kind === 'local' ? undefined : target
  }

  function placeOf({ runsOn, resources: { labels: wanted = {} } }: Step): string {
    if (runsOn !== 'local' || hasAll(labels.get('local'), wanted)) return runsOn
    return [...labels].find(([, own]) => hasAll(own, wanted))?.[0] ?? runsOn
  }

  return {
    executors,
    urlFor: (target) => remoteOf(target)?.serverUrl ?? deps.url(),
    folderFor: (target) => remoteOf(target)?.folder ?? deps.folder,
    folders: [...new Set([deps.folder, ...Object.keys(targets).flatMap((name) => remoteOf(name)?.folder ?? [])])],

    priceOf(name) {
      const { pricePerHour: perHour, currency = 'USD' } = targets[name] ?? {}
      return perHour === undefined ? null : { perHour, currency }
    },

    placed(spec) {
      const steps = spec.steps.map((step) => ({ ...step, runsOn: placeOf(step) }))
      for (const step of steps) refuse(missingLabels(step, labels))
      return { ...spec, steps }
    },

    problemOf({ steps }) {
      for (const step of steps) {
        const kind = executors.get(step.runsOn)?.kind
        const reason = kind === undefined ? unknownTarget(step.runsOn, [...executors.keys()]) : problemThere(step, kind)
        if (reason) return { step: step.key, reason }
      }
      return undefined
    },

    list: () => Promise.all([...executors].map(([name, executor]) => look(name, executor, labels.get(name)!))),
  }
}

type Labels = ReadonlyMap<string, TargetLabels>

async function look(name: string, executor: Executor, labels: TargetLabels): Promise<Target> {
  const { kind } = executor
  const known = { name, kind, labels }
  try {
    const [version, jobs] = await Promise.all([executor.version(), executor.list()])
    return { ...known, answers: true, version, jobCount: jobs.length, reason: null }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return { ...known, answers: false, version: null, jobCount: null, reason }
  }
}

const hasAll = (labels: TargetLabels | undefined, wanted: TargetLabels): boolean =>
  Object.entries(wanted).every(([name, value]) => labels?.[name] === value)

function missingLabels({ key: step, runsOn, resources }: Step, labels: Labels): SpecProblem | undefined {
  const wanted = resources.labels ?? {}
  if (hasAll(labels.get(runsOn), wanted)) return undefined
  const there = [...labels].map(([name, own]) => `${name} (${labelText(own) || 'no label'})`).join(', ')
  const reason = `It asks for a target with ${labelText(wanted)}, and "${runsOn}" is none. There are ${there}; labels stand in targets.json of the server.`
  return { step, reason }
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
/** Kinds that look after the disk a step asks for. */
const withDisk: ReadonlySet<string> = new Set(['local', 'slurm', 'kubernetes'])

type Step = PipelineSpec['steps'][number]

/** A container sees the folder of its attempt, and nothing else of the server. */
function problemThere({ runsOn, uses, code, runtime, resources }: Step, kind: string): string | undefined {
  if (resources.diskMiB !== undefined && !withDisk.has(kind)) {
    return `"${runsOn}" (${kind}) cannot see to it that ${resources.diskMiB} MiB of disk are free; leave "disk" out there.`
  }
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
