import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Unreachable } from '../executor.ts'
import { ignoreAbsent } from '../folder/files.ts'
import type { Platform, PlatformJob, PlatformState } from '../folder/platform.ts'
import { quote } from '../folder/scripts.ts'
import { type Answer, openDoor, readAnswer, refusal } from '../http.ts'
import type { SlurmTarget } from '../targets.ts'
import { tlsOf } from '../tls.ts'
import { slurmHeaders } from './token.ts'

export interface SlurmNeeds {
  readonly target: SlurmTarget
  /** Where the folders of attempts lie. */
  readonly folder: string
  /** Runs one at a time, of all servers: Slurm itself would take the same name twice. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>
}

/** Releases of slurmrestd serve some of these, and drop old ones. */
const versions = [44, 43, 42, 41, 40, 39, 38]

/** Runs attempts as batch jobs of a cluster that shares a folder with the server. */
export function createSlurmPlatform({ target, folder, exclusively }: SlurmNeeds): Platform {
  const call = openDoor({ url: target.url, headers: slurmHeaders(target), ...tlsOf(target) })
  let agreed: Promise<{ version: number; release: string }> | undefined

  function agree() {
    agreed ??= greet().catch((error: unknown) => {
      agreed = undefined
      throw error
    })
    return agreed
  }

  async function greet() {
    for (const version of versions) {
      const answer = await call('GET', `/slurm/v0.0.${version}/ping`)
      if (answer.status === 404) continue
      const { meta } = readAnswer(Pong, 'A ping', answer)
      return { version, release: releaseOf(meta) }
    }
    throw new Unreachable(`${target.url} serves none of the versions v0.0.${versions.at(-1)} to v0.0.${versions[0]}.`)
  }

  const ask = async (method: string, path: string, body?: unknown) =>
    call(method, `/slurm/v0.0.${(await agree()).version}${path}`, body)

  /** The newest of this name; Slurm forgets jobs a few minutes after their end. */
  async function search(externalId: string): Promise<Job | undefined> {
    return (await jobs()).findLast(({ name }) => name === externalId)
  }

  async function jobs(): Promise<readonly Job[]> {
    return readAnswer(Jobs, 'To ask for the jobs', await ask('GET', '/jobs')).jobs.toSorted(
      (a, b) => a.job_id - b.job_id,
    )
  }

  const numberFile = (externalId: string) => join(folder, externalId, 'control/slurm-job')

  async function find(externalId: string): Promise<Job | undefined> {
    const number = await readFile(numberFile(externalId), 'utf8').catch(ignoreAbsent)
    if (number === undefined) return search(externalId)
    const answer = await ask('GET', `/job/${number}`)
    // A job that is not there (any more) is 404, or 500 with "Invalid job id specified".
    if (answer.status >= 400 && isUnknownJob(answer)) return undefined
    // Numbers begin anew when a cluster is set up anew.
    return readAnswer(Jobs, 'To ask for a job', answer).jobs.find(({ name }) => name === externalId)
  }

  async function submit(job: PlatformJob): Promise<void> {
    const found = await search(job.externalId)
    const number = found?.job_id ?? (await send(job))
    await writeFile(numberFile(job.externalId), String(number))
  }

  async function send(job: PlatformJob): Promise<number> {
    const { version } = await agree()
    const answer = await ask('POST', '/job/submit', bodyOf(target, job, version))
    if (answer.status !== 200 || errorsOf(answer).length > 0) throw refusal('To submit a job', answer)
    return readAnswer(Submitted, 'To submit a job', answer).job_id
  }

  return {
    version: async () => (await agree()).release,
    start: (job) => exclusively(() => submit(job)),

    async state(externalId) {
      const found = await find(externalId)
      return found ? stateOf(found) : { state: 'absent' }
    },

    async kill(externalId) {
      const found = await find(externalId)
      if (!found || stateOf(found).state === 'ended') return
      const answer = await ask('DELETE', `/job/${found.job_id}`)
      if (answer.status >= 400 && !isUnknownJob(answer)) throw refusal('To cancel a job', answer)
    },

    async forget(externalId) {
      await this.kill(externalId)
    },

    async list() {
      const ours = (await jobs()).filter(({ comment }) => comment === mark)
      return ours.filter((job) => stateOf(job).state !== 'ended').map(({ name }) => name)
    },
  }
}

const mark = 'evenkeel'

const Pong = z.object({ meta: z.looseObject({}).optional() })
const Submitted = z.object({ job_id: z.int().positive() })
const Failure = z.object({
  errors: z
    .array(
      z.looseObject({
        error: z.string().nullish(),
        description: z.string().nullish(),
        error_number: z.int().nullish(),
      }),
    )
    .default([]),
})
/** A list of flags since 23.11, where the first one is the state; a word before. */
const JobState = z.union([z.string(), z.array(z.string()).min(1)]).transform((state) => [state].flat())
const Job = z.object({
  job_id: z.int(),
  name: z.string(),
  comment: z
    .string()
    .nullish()
    .transform((text) => text ?? ''),
  job_state: JobState,
  state_reason: z.string().nullish(),
})
type Job = z.infer<typeof Job>
const Jobs = z.object({ jobs: z.array(Job) })

const waiting = new Set([
  'PENDING',
  'CONFIGURING',
  'REQUEUED',
  'REQUEUE_HOLD',
  'REQUEUE_FED',
  'SPECIAL_EXIT',
  'POWER_UP_NODE',
])
const living = new Set(['RUNNING', 'COMPLETING', 'SUSPENDED', 'STOPPED', 'RESIZING', 'SIGNALING', 'STAGE_OUT'])
const evicted = new Set(['PREEMPTED', 'NODE_FAIL', 'BOOT_FAIL', 'REVOKED'])

/** @see https://slurm.schedmd.com/job_state_codes.html */
function stateOf({ job_state: states, state_reason: reason }: Job): PlatformState {
  // Flags such as COMPLETING stand beside the base state.
  if (states.some((state) => living.has(state))) return { state: 'running' }
  if (states.some((state) => waiting.has(state))) return { state: 'queued' }
  const says = `Slurm says ${states.join(', ')}${reason && reason !== 'None' ? ` (${reason})` : ''}.`
  if (states.includes('OUT_OF_MEMORY')) return { state: 'ended', cause: 'oom', says }
  return { state: 'ended', ...(states.some((state) => evicted.has(state)) && { cause: 'evicted' as const }), says }
}

/**
 * A job by its script: an unknown field of the body is passed over in some releases and refused in others, so limits
 * stand in the fields that all of them have.
 */
function bodyOf(
  { partition, account }: SlurmTarget,
  { externalId, home, command, resources, limitMs }: PlatformJob,
  version: number,
) {
  const { cpu, memoryMiB, diskMiB, gpu } = resources
  const script = ['#!/bin/sh', `exec ${command.map(quote).join(' ')}`, ''].join('\n')
  const path = 'PATH=/usr/local/bin:/usr/bin:/bin'
  const number = (value: number) => (version >= 40 ? { set: true, number: value } : value)
  const job = {
    name: externalId,
    comment: mark,
    current_working_directory: home,
    environment: version >= 39 ? [path] : { PATH: path.slice('PATH='.length) },
    // The guard writes the log; what the platform itself says of the job comes beside it.
    standard_output: join(home, 'control/platform.log'),
    standard_error: join(home, 'control/platform.log'),
    tasks: 1,
    // Trying again is ours.
    requeue: version >= 40 ? false : 0,
    time_limit: number(Math.ceil(limitMs / 60_000)),
    ...(partition !== undefined && { partition }),
    ...(account !== undefined && { account }),
    ...(cpu !== undefined && { cpus_per_task: Math.ceil(cpu) }),
    ...(memoryMiB !== undefined && { memory_per_node: number(memoryMiB) }),
    ...(diskMiB !== undefined && { temporary_disk_per_node: diskMiB }),
    ...(gpu > 0 && { tres_per_node: `${version >= 40 ? 'gres/gpu' : 'gres:gpu'}:${gpu}` }),
    ...(version >= 40 && { script }),
  }
  return version >= 40 ? { job } : { script, job }
}

const errorsOf = (answer: Answer) => Failure.safeParse(answer.json).data?.errors ?? []

/** 2017 is ESLURM_INVALID_JOB_ID. */
const isUnknownJob = (answer: Answer): boolean =>
  answer.status === 404 ||
  errorsOf(answer).some(
    ({ error_number, error, description }) =>
      error_number === 2017 || /invalid job id/i.test(`${error} ${description}`),
  )

/** `slurm` in the `meta` of an answer, written with a capital by some releases. */
function releaseOf(meta: object | undefined): string {
  const Release = z.object({ release: z.string() })
  const found = Object.entries(meta ?? {}).find(([key]) => key.toLowerCase() === 'slurm')?.[1]
  return Release.safeParse(found).data?.release ?? 'unknown'
}
