import { join } from 'node:path'
import { z } from 'zod'
import { createMachine } from '../testing/machine.ts'
import { type Asked, type Reply, serveApi } from '../testing/serve.ts'

const Created = z.object({
  Image: z.string(),
  Cmd: z.array(z.string()),
  WorkingDir: z.string(),
  Labels: z.record(z.string(), z.string()),
  HostConfig: z.looseObject({ Memory: z.int().optional(), NanoCpus: z.int().optional() }),
})

const digest = `sha256:${'1'.repeat(64)}`

/**
 * A Docker Engine, pretended: no container is made, the command runs on a machine that is this host. It has one image,
 * `tools:1`, and answers as engines do when it is asked twice.
 *
 * @param duplicate - what a name that is taken is answered with: 409, and 400 by engines of 2017
 */
export async function fakeDocker(folder: string, duplicate: 400 | 409) {
  const machine = createMachine()
  const containers = new Map<string, { spec: z.infer<typeof Created>; oom: boolean }>()

  const stateOf = (name: string) => {
    const job = machine.jobs.get(name)
    if (!job) return { Status: 'created', ExitCode: 0, OOMKilled: false, Error: '' }
    const { oom } = containers.get(name)!
    return {
      Status: job.exitCode === null ? 'running' : 'exited',
      ExitCode: job.exitCode ?? 0,
      OOMKilled: oom,
      Error: '',
    }
  }

  async function onContainer(verb: string, name: string): Promise<Reply> {
    const container = containers.get(name)
    if (!container) return { status: 404, body: { message: `No such container: ${name}` } }
    const { Status } = stateOf(name)
    switch (verb) {
      case 'json':
        return { status: 200, body: { Config: { Labels: container.spec.Labels }, State: stateOf(name) } }
      case 'start':
        if (Status !== 'created') return { status: 304 }
        await machine.run(name, container.spec.Cmd, container.spec.WorkingDir)
        return { status: 204 }
      case 'kill':
        if (Status !== 'running') return { status: 409, body: { message: `Container ${name} is not running` } }
        await machine.kill(name)
        return { status: 204 }
      default:
        await machine.kill(name)
        containers.delete(name)
        return { status: 204 }
    }
  }

  async function answer({ route, query, body }: Asked): Promise<Reply> {
    if (route === 'GET /version') {
      return { status: 200, body: { Version: '20.10.24', ApiVersion: '1.41', MinAPIVersion: '1.12' } }
    }
    const path = /^(\w+) \/v1\.41(\/.*)$/.exec(route)
    if (!path)
      return { status: 400, body: { message: 'client version is too new. Maximum supported API version is 1.41' } }
    const call = `${path[1]} ${path[2]}`
    if (call === 'GET /version') return answer({ route: call, query, headers: {}, body })
    if (call === 'GET /images/tools:1/json') {
      return { status: 200, body: { Id: digest, RepoDigests: [`tools@${digest}`] } }
    }
    if (call.startsWith('GET /images/')) return { status: 404, body: { message: 'No such image' } }
    if (call === 'POST /images/create')
      return { status: 200, body: '{"status":"Pulling"}\n{"error":"manifest unknown"}' }
    if (call === 'POST /containers/create') return create(query.get('name')!, body)
    if (call === 'GET /containers/json') {
      const alive = [...containers].filter(([name]) => stateOf(name).Status !== 'exited')
      return { status: 200, body: alive.map(([, { spec }]) => ({ Labels: spec.Labels })) }
    }
    const one = /^(GET|POST|DELETE) \/containers\/([^/]+)(?:\/(json|start|kill))?$/.exec(call)
    return one ? onContainer(one[3] ?? 'remove', one[2]!) : { status: 404, body: { message: 'page not found' } }
  }

  function create(name: string, body: unknown): Reply {
    if (containers.has(name))
      return { status: duplicate, body: { message: `Conflict. The name "/${name}" is already in use` } }
    containers.set(name, { spec: Created.parse(body), oom: false })
    return { status: 201, body: { Id: name } }
  }

  const server = await serveApi(answer, join(folder, `docker-${duplicate}.sock`))
  return {
    target: { kind: 'docker' as const, url: server.url, image: 'tools:1' },
    /** The kernel kills what needs more memory than it was given. */
    async outOfMemory(name: string): Promise<void> {
      containers.get(name)!.oom = true
      await machine.kill(name)
    },
    vanish: (name: string) => machine.kill(name),
    specOf: (name: string) => containers.get(name)!.spec,
    image: `tools@${digest}`,
    async close(): Promise<void> {
      await machine.close()
      await server.close()
    },
  }
}
