import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Platform, PlatformJob, PlatformState } from '../folder/platform.ts'
import { quote } from '../folder/scripts.ts'
import { openDoor, readAnswer, refusal } from '../http.ts'
import type { RayTarget } from '../targets.ts'
import { tlsOf } from '../tls.ts'

/** Runs attempts as jobs of a Ray cluster that shares a folder with the server. */
export function createRayPlatform(target: RayTarget): Platform {
  const { tokenFile } = target
  const headers = async (): Promise<Record<string, string>> =>
    tokenFile === undefined ? {} : { authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` }
  const call = openDoor({ url: target.url, headers, ...tlsOf(target) })
  const path = (externalId: string, action = '') => `/api/jobs/${encodeURIComponent(externalId)}${action}`

  async function find(externalId: string): Promise<Job | undefined> {
    const answer = await call('GET', path(externalId))
    return answer.status === 404 ? undefined : readAnswer(Job, 'To ask for a job', answer)
  }

  return {
    async version() {
      return readAnswer(Version, 'To ask for the version', await call('GET', '/api/version')).ray_version
    },

    async start(job) {
      if (await find(job.externalId)) return
      const answer = await call('POST', '/api/jobs/', bodyOf(job), 60_000)
      // A second one of this id is refused with 500 and a trace, as are other things: what counts is whether it is there.
      if (answer.status !== 200 && !(await find(job.externalId))) throw refusal('To submit a job', answer)
    },

    async state(externalId) {
      const found = await find(externalId)
      return found ? stateOf(found) : { state: 'absent' }
    },

    async kill(externalId) {
      const answer = await call('POST', path(externalId, '/stop'))
      if (answer.status !== 200 && answer.status !== 404) throw refusal('To stop a job', answer)
    },

    async forget(externalId) {
      const found = await find(externalId)
      if (!found) return
      if (stateOf(found).state !== 'ended') return this.kill(externalId)
      const answer = await call('DELETE', path(externalId))
      if (answer.status !== 200 && answer.status !== 404) throw refusal('To delete a job', answer)
    },

    async list() {
      const jobs = readAnswer(z.array(Job), 'To list jobs', await call('GET', '/api/jobs/'))
      return jobs.flatMap((job) => (stateOf(job).state === 'ended' ? [] : (job.metadata?.[mark] ?? [])))
    },
  }
}

const mark = 'evenkeel'

const Version = z.object({ ray_version: z.string() })
const Job = z.object({
  status: z.enum(['PENDING', 'RUNNING', 'STOPPED', 'SUCCEEDED', 'FAILED']),
  message: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
})
type Job = z.infer<typeof Job>

function stateOf({ status, message }: Job): PlatformState {
  switch (status) {
    case 'PENDING':
      return { state: 'queued' }
    case 'RUNNING':
      return { state: 'running' }
    case 'STOPPED':
    case 'SUCCEEDED':
    case 'FAILED':
      return { state: 'ended', says: `Ray says ${status}${message ? `: ${message.slice(0, 500)}` : ''}.` }
  }
}

const bodyOf = ({ externalId, command, resources: { cpu, memoryMiB, gpu } }: PlatformJob) => ({
  submission_id: externalId,
  // A line for a shell.
  entrypoint: command.map(quote).join(' '),
  metadata: { [mark]: externalId },
  ...(cpu !== undefined && { entrypoint_num_cpus: cpu }),
  ...(gpu > 0 && { entrypoint_num_gpus: gpu }),
  ...(memoryMiB !== undefined && { entrypoint_memory: memoryMiB * 1024 ** 2 }),
})
