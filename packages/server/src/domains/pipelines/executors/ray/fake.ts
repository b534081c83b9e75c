import { z } from 'zod'
import { createMachine } from '../testing/machine.ts'
import { type Asked, type Reply, serveApi } from '../testing/serve.ts'

const Submitted = z.looseObject({
  submission_id: z.string(),
  entrypoint: z.string(),
  metadata: z.record(z.string(), z.string()),
})
type Submitted = z.infer<typeof Submitted>

/** A Ray dashboard, pretended: jobs run on a machine that is this host. What it refuses, it refuses with a trace. */
export async function fakeRay() {
  const machine = createMachine()
  const jobs = new Map<string, { spec: Submitted; stopped: boolean }>()

  function present(id: string) {
    const { spec, stopped } = jobs.get(id)!
    const { exitCode } = machine.jobs.get(id)!
    const ended = stopped ? 'STOPPED' : exitCode === 0 ? 'SUCCEEDED' : 'FAILED'
    return {
      type: 'SUBMISSION',
      submission_id: id,
      status: exitCode === null ? 'RUNNING' : ended,
      message: exitCode === null ? 'Job is currently running.' : `Job entrypoint command ended with ${exitCode}.`,
      metadata: spec.metadata,
      driver_exit_code: exitCode,
    }
  }

  async function submit(body: unknown): Promise<Reply> {
    const spec = Submitted.parse(body)
    const id = spec.submission_id
    if (jobs.has(id)) {
      const trace = `Traceback (most recent call last):\n  File "job_head.py", line 1\nValueError: Job with submission_id ${id} already exists.`
      return { status: 500, body: trace }
    }
    jobs.set(id, { spec, stopped: false })
    await machine.run(id, ['/bin/sh', '-c', spec.entrypoint], '/')
    return { status: 200, body: { job_id: id, submission_id: id } }
  }

  async function answer({ route, body }: Asked): Promise<Reply> {
    if (route === 'GET /api/version')
      return { status: 200, body: { version: '4', ray_version: '2.40.0', ray_commit: 'x' } }
    if (route === 'GET /api/jobs/') return { status: 200, body: [...jobs.keys()].map(present) }
    if (route === 'POST /api/jobs/') return submit(body)
    const [, verb, id, action] = /^(\w+) \/api\/jobs\/([^/]+)(\/stop)?$/.exec(route) ?? []
    const job = jobs.get(id ?? '')
    if (!job) return { status: 404, body: `Job ${id} does not exist` }
    if (action) {
      job.stopped = machine.jobs.get(id!)!.exitCode === null
      await machine.kill(id!)
      return { status: 200, body: { stopped: true } }
    }
    if (verb === 'GET') return { status: 200, body: present(id!) }
    if (machine.jobs.get(id!)!.exitCode === null)
      return { status: 500, body: 'RuntimeError: the job is not in a terminal state' }
    jobs.delete(id!)
    return { status: 200, body: { deleted: true } }
  }

  const server = await serveApi(answer)
  return {
    target: { kind: 'ray' as const, url: server.url },
    vanish: (name: string) => machine.kill(name),
    specOf: (name: string) => jobs.get(name)!.spec,
    async close(): Promise<void> {
      await machine.close()
      await server.close()
    },
  }
}
