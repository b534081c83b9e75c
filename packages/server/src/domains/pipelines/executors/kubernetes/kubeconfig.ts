import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Door } from '../http.ts'
import type { KubernetesTarget } from '../targets.ts'

const named = <K extends string, T extends z.ZodType>(key: K, value: T) =>
  z.array(z.looseObject({ name: z.string(), [key]: value } as { name: z.ZodString } & Record<K, T>))

const Kubeconfig = z.looseObject({
  'current-context': z.string().default(''),
  contexts: named('context', z.looseObject({ cluster: z.string(), user: z.string() })),
  clusters: named(
    'cluster',
    z.looseObject({
      server: z.url(),
      'certificate-authority': z.string().optional(),
      'certificate-authority-data': z.base64().optional(),
    }),
  ),
  users: named(
    'user',
    z.looseObject({
      token: z.string().optional(),
      tokenFile: z.string().optional(),
      'client-certificate': z.string().optional(),
      'client-certificate-data': z.base64().optional(),
      'client-key': z.string().optional(),
      'client-key-data': z.base64().optional(),
      exec: z.unknown().optional(),
      'auth-provider': z.unknown().optional(),
    }),
  ),
})
type Kubeconfig = z.infer<typeof Kubeconfig>

const account = '/var/run/secrets/kubernetes.io/serviceaccount'
const asJson = 'kubectl config view --raw --minify --flatten -o json > kubeconfig.json'

/**
 * Where the API server listens, and what opens it: as a kubeconfig says, or as a pod is told.
 *
 * @throws Error saying what the kubeconfig lacks, or what this does not understand of it
 */
export function doorOf({ kubeconfig, context }: Pick<KubernetesTarget, 'kubeconfig' | 'context'>): Door {
  if (kubeconfig === undefined) return inCluster()
  const config = readConfig(kubeconfig)
  const chosen = context ?? config['current-context']
  const { cluster: clusterName, user: userName } = pick(config.contexts, chosen, kubeconfig).context
  const { cluster } = pick(config.clusters, clusterName, kubeconfig)
  const { user } = pick(config.users, userName, kubeconfig)
  if (user.exec !== undefined || user['auth-provider'] !== undefined) throw new Error(needsPlugin(kubeconfig, userName))
  const { token, tokenFile } = user
  const ca = bytesOf(cluster['certificate-authority-data'], cluster['certificate-authority'])
  const cert = bytesOf(user['client-certificate-data'], user['client-certificate'])
  const key = bytesOf(user['client-key-data'], user['client-key'])
  return {
    url: cluster.server,
    headers: async () => bearer(tokenFile === undefined ? token : await readFile(tokenFile, 'utf8')),
    tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  }
}

const inCluster = (): Door => ({
  url: 'https://kubernetes.default.svc',
  // It is changed every hour.
  headers: async () => bearer(await readFile(`${account}/token`, 'utf8')),
  tls: { ca: readFileSync(`${account}/ca.crt`) },
})

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token.trim()}` }

function readConfig(path: string): Kubeconfig {
  const text = readFileSync(path, 'utf8')
  if (!text.trimStart().startsWith('{')) throw new Error(`The kubeconfig ${path} is no JSON; make one with: ${asJson}`)
  const parsed = Kubeconfig.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new Error(`The kubeconfig ${path} is not usable. ${z.prettifyError(parsed.error)}`)
}

function pick<T extends { readonly name: string }>(all: readonly T[], name: string, path: string): T {
  const found = all.find((one) => one.name === name)
  if (found) return found
  throw new Error(`The kubeconfig ${path} knows no "${name}"; there are ${all.map((one) => one.name).join(', ')}.`)
}

const needsPlugin = (path: string, user: string) =>
  `The user "${user}" of ${path} signs in by a plugin, which Evenkeel does not run. Give the server a service account: ` +
  'kubectl create token NAME --duration 8760h, and write that as its "token".'

function bytesOf(data: string | undefined, file: string | undefined): Buffer | undefined {
  if (data !== undefined) return Buffer.from(data, 'base64')
  return file === undefined ? undefined : readFileSync(file)
}
