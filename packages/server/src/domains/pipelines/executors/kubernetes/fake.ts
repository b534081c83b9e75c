import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { createMachine } from '../testing/machine.ts'
import { type Asked, type Reply, serveApi } from '../testing/serve.ts'

const Manifest = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
  spec: z.looseObject({
    template: z.object({
      spec: z.looseObject({
        containers: z.tuple([
          z.looseObject({
            image: z.string(),
            command: z.array(z.string()),
            workingDir: z.string(),
            resources: z.unknown(),
          }),
        ]),
      }),
    }),
  }),
})
type Manifest = z.infer<typeof Manifest>

interface Kept {
  readonly manifest: Manifest
  createdAt: number
  /** What the cluster did to its pod. */
  fate: 'OOMKilled' | 'DisruptionTarget' | null
}

const token = 'let-me-in'
const failure = (code: number, reason: string) => ({
  status: code,
  body: { kind: 'Status', status: 'Failure', reason, code },
})
const digest = `sha256:${'2'.repeat(64)}`

/**
 * The API server of a cluster, pretended: the container of a pod runs on a machine that is this host. Images of
 * `nowhere/` cannot be pulled.
 */
export async function fakeKubernetes(folder: string) {
  const machine = createMachine()
  const jobs = new Map<string, Kept>()
  const container = ({ manifest }: Kept) => manifest.spec.template.spec.containers[0]

  function conditionsOf(name: string) {
    const exitCode = machine.jobs.get(name)?.exitCode ?? null
    return exitCode === null ? [] : [{ type: exitCode === 0 ? 'Complete' : 'Failed', status: 'True' }]
  }

  function podOf(name: string, kept: Kept) {
    const metadata = { creationTimestamp: new Date(kept.createdAt).toISOString() }
    const job = machine.jobs.get(name)
    const { image } = container(kept)
    if (!job) {
      const waiting = { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` }
      return { metadata, status: { phase: 'Pending', containerStatuses: [{ imageID: '', state: { waiting } }] } }
    }
    const imageID = `docker-pullable://${image.replace(/:.*/, '')}@${digest}`
    if (job.exitCode === null)
      return { metadata, status: { phase: 'Running', containerStatuses: [{ imageID, state: {} }] } }
    const terminated = { exitCode: job.exitCode, reason: kept.fate === 'OOMKilled' ? 'OOMKilled' : 'Error' }
    const disruption = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'drained' }
    return {
      metadata,
      status: {
        phase: job.exitCode === 0 ? 'Succeeded' : 'Failed',
        conditions: kept.fate === 'DisruptionTarget' ? [disruption] : [],
        containerStatuses: [{ imageID, state: { terminated } }],
      },
    }
  }

  const present = (name: string) => ({ metadata: { name }, status: { conditions: conditionsOf(name) } })

  async function create(body: unknown): Promise<Reply> {
    const manifest = Manifest.parse(body)
    const { name } = manifest.metadata
    if (jobs.has(name)) return failure(409, 'AlreadyExists')
    const kept: Kept = { manifest, createdAt: Date.now(), fate: null }
    jobs.set(name, kept)
    const { image, command, workingDir } = container(kept)
    if (!image.startsWith('nowhere/')) await machine.run(name, command, workingDir)
    return { status: 201, body: present(name) }
  }

  async function answer({ route, query, headers, body }: Asked): Promise<Reply> {
    if (headers.authorization !== `Bearer ${token}`) return failure(401, 'Unauthorized')
    if (route === 'GET /version') return { status: 200, body: { gitVersion: 'v1.31.2' } }
    if (route === 'GET /api/v1/namespaces/training/pods') {
      const name = query.get('labelSelector')!.split('=')[1]!
      const kept = jobs.get(name)
      return { status: 200, body: { items: kept ? [podOf(name, kept)] : [] } }
    }
    const [, verb, name] = /^(\w+) \/apis\/batch\/v1\/namespaces\/training\/jobs(?:\/(.+))?$/.exec(route) ?? []
    if (verb === 'POST') return create(body)
    if (verb === 'GET' && name === undefined) return { status: 200, body: { items: [...jobs.keys()].map(present) } }
    if (name === undefined || !jobs.has(name)) return failure(404, 'NotFound')
    if (verb === 'GET') return { status: 200, body: present(name) }
    await machine.kill(name)
    jobs.delete(name)
    return { status: 200, body: { kind: 'Status', status: 'Success' } }
  }

  const server = await serveApi(answer)
  const kubeconfig = join(folder, 'kubeconfig.json')
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'here', user: 'me' } }],
      clusters: [{ name: 'here', cluster: { server: server.url } }],
      users: [{ name: 'me', user: { token } }],
    }),
  )
  const doom = async (name: string, fate: Kept['fate']) => {
    jobs.get(name)!.fate = fate
    await machine.kill(name)
  }
  return {
    target: {
      kind: 'kubernetes' as const,
      kubeconfig,
      namespace: 'training',
      image: 'tools:1',
      volume: { hostPath: folder },
      imagePullSecrets: [],
      nodeSelector: {},
    },
    outOfMemory: (name: string) => doom(name, 'OOMKilled'),
    evict: (name: string) => doom(name, 'DisruptionTarget'),
    vanish: (name: string) => doom(name, null),
    /** As if it had been waiting for so long. */
    age: (name: string, byMs: number) => void (jobs.get(name)!.createdAt -= byMs),
    specOf: (name: string) => jobs.get(name)!.manifest,
    image: `tools@${digest}`,
    async close(): Promise<void> {
      await machine.close()
      await server.close()
    },
  }
}
