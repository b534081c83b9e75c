import { createHmac, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createMachine } from '../testing/machine.ts'
import { type Asked, type Reply, serveApi } from '../testing/serve.ts'

const Fields = z.looseObject({ name: z.string(), comment: z.string(), current_working_directory: z.string() })
const Submitted = z.object({ script: z.string().optional(), job: Fields.extend({ script: z.string().optional() }) })

const unknownJob = { errors: [{ error_number: 2017, error: 'Invalid job id specified', description: 'Failure' }] }

/**
 * A slurmrestd, pretended: jobs run on a machine that is this host. It trusts the tokens of its key, takes the same name
 * as often as it comes, and speaks one version, old or new.
 *
 * @param version - 38: states are words, as in 22.05; 40 and above: lists of flags
 */
export async function fakeSlurm(folder: string, version: 38 | 42) {
  const machine = createMachine()
  const key = randomBytes(32)
  const jwtKeyFile = join(folder, `slurm-${version}.key`)
  writeFileSync(jwtKeyFile, key)
  const jobs: { number: number; fields: z.infer<typeof Fields>; forced: string | null }[] = []

  function isSigned(token: string): boolean {
    const [head, claims, signature] = token.split('.')
    const { exp, sun } = z
      .object({ exp: z.int(), iat: z.int(), sun: z.string() })
      .parse(JSON.parse(Buffer.from(claims!, 'base64url').toString()))
    const right = createHmac('sha256', key).update(`${head}.${claims}`).digest('base64url')
    return right === signature && exp > Date.now() / 1000 && sun === 'trainer'
  }

  function present({ number, fields, forced }: (typeof jobs)[number]) {
    const { exitCode } = machine.jobs.get(fields.name)!
    const state = forced ?? (exitCode === null ? 'RUNNING' : exitCode === 0 ? 'COMPLETED' : 'FAILED')
    const code = version === 38 ? exitCode : { return_code: { number: exitCode } }
    const job_state = version === 38 ? state : [state]
    return {
      job_id: number,
      name: fields.name,
      comment: fields.comment,
      job_state,
      state_reason: 'None',
      exit_code: code,
    }
  }

  async function submit(body: unknown): Promise<Reply> {
    const { job, script } = Submitted.parse(body)
    const lines = (job.script ?? script)!.split('\n')
    const number = jobs.length + 1
    await machine.run(job.name, ['/bin/sh', '-c', lines.slice(1).join('\n')], job.current_working_directory)
    jobs.push({ number, fields: job, forced: null })
    return { status: 200, body: { job_id: number, step_id: 'BATCH', errors: [] } }
  }

  async function answer({ route, headers, body }: Asked): Promise<Reply> {
    const path = /^(\w+) \/slurm\/v0\.0\.(\d+)(\/.*)$/.exec(route)
    if (!path || Number(path[2]) !== version) return { status: 404, body: 'Unable to find requested URL' }
    const token = String(headers['x-slurm-user-token'])
    if (headers['x-slurm-user-name'] !== 'trainer' || !isSigned(token))
      return { status: 401, body: 'Authentication failure' }
    const call = `${path[1]} ${path[3]}`
    if (call === 'GET /ping') return { status: 200, body: { meta: { Slurm: { release: '22.05.8' } }, pings: [] } }
    if (call === 'GET /jobs') return { status: 200, body: { jobs: jobs.map(present) } }
    if (call === 'POST /job/submit') return submit(body)
    const job = jobs.find(({ number }) => call.endsWith(`/job/${number}`))
    // Old releases say 500 of a job that is not there, new ones 404.
    if (!job) return { status: version === 38 ? 500 : 404, body: unknownJob }
    if (call.startsWith('GET ')) return { status: 200, body: { jobs: [present(job)] } }
    job.forced = 'CANCELLED'
    await machine.kill(job.fields.name)
    return { status: 200, body: { errors: [] } }
  }

  const server = await serveApi(answer)
  const force = async (name: string, state: string) => {
    jobs.find(({ fields }) => fields.name === name)!.forced = state
    await machine.kill(name)
  }
  return {
    target: { kind: 'slurm' as const, url: server.url, user: 'trainer', jwtKeyFile },
    outOfMemory: (name: string) => force(name, 'OUT_OF_MEMORY'),
    evict: (name: string) => force(name, 'PREEMPTED'),
    vanish: (name: string) => force(name, 'FAILED'),
    specOf: (name: string) => jobs.findLast(({ fields }) => fields.name === name)!.fields,
    countOf: (name: string) => jobs.filter(({ fields }) => fields.name === name).length,
    async close(): Promise<void> {
      await machine.close()
      await server.close()
    },
  }
}
