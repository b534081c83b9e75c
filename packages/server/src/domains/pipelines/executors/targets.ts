import { Currency, Name, TargetLabels } from '@evenkeel/contract'
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { isErrno } from '../../../platform/errors.ts'

const AbsolutePath = z.string().refine(isAbsolute, { error: 'must be an absolute path' })
const Image = z.string().min(1).max(500)

const described = {
  /** What steps ask for by `labels`. */
  labels: TargetLabels.optional(),
  /** What an hour of an attempt costs, however much of the machine it uses. */
  pricePerHour: z.number().nonnegative().optional(),
  currency: Currency.optional(),
}

const shared = {
  /** Where the folders of attempts lie, for the server and the platform alike; below the data folder when absent. */
  folder: AbsolutePath.optional(),
  /** How jobs reach this server, where that is another address than its own. */
  serverUrl: z.url({ protocol: /^https?$/ }).optional(),
  ...described,
}
/** This machine, which is there without being named. */
const LocalTarget = z.strictObject({ kind: z.literal('local'), ...described })

const tls = { caFile: AbsolutePath.optional(), certFile: AbsolutePath.optional(), keyFile: AbsolutePath.optional() }

export const DockerTarget = z.strictObject({
  kind: z.literal('docker'),
  ...shared,
  /** `unix:///path/to/socket`, `http://…` or `https://…`. */
  url: z
    .string()
    .regex(/^(unix:\/\/\/|https?:\/\/)/, { error: 'must begin with unix:///, http:// or https://' })
    .default('unix:///var/run/docker.sock'),
  /** For steps that name none. */
  image: Image.optional(),
  /** As of `docker run --network`. */
  network: z.string().min(1).optional(),
  /** As of `docker run --user`; that of the server when absent, so that it may read what the job writes. */
  user: z.string().min(1).optional(),
  ...tls,
})
export type DockerTarget = z.infer<typeof DockerTarget>

export const SlurmTarget = z
  .strictObject({
    kind: z.literal('slurm'),
    ...shared,
    /** Of slurmrestd. */
    url: z.string().regex(/^(unix:\/\/\/|https?:\/\/)/, { error: 'must begin with unix:///, http:// or https://' }),
    /** The account that jobs run under; it must be able to read and write the folder. */
    user: z.string().min(1),
    /** A token, as `scontrol token` prints it; read anew for every call. */
    tokenFile: AbsolutePath.optional(),
    /** The key of the cluster, from which short tokens are made. */
    jwtKeyFile: AbsolutePath.optional(),
    partition: z.string().min(1).optional(),
    account: z.string().min(1).optional(),
    ...tls,
  })
  .refine(({ tokenFile, jwtKeyFile }) => (tokenFile === undefined) !== (jwtKeyFile === undefined), {
    error: 'give either "tokenFile" or "jwtKeyFile"',
  })
export type SlurmTarget = z.infer<typeof SlurmTarget>

export const RayTarget = z.strictObject({
  kind: z.literal('ray'),
  ...shared,
  /** Of the dashboard. */
  url: z.url({ protocol: /^https?$/ }),
  /** Sent as a bearer token, for a proxy in front of the dashboard. */
  tokenFile: AbsolutePath.optional(),
  ...tls,
})
export type RayTarget = z.infer<typeof RayTarget>

/** What makes the folder of attempts visible in a pod. */
const Volume = z.union([
  z.strictObject({ hostPath: AbsolutePath }),
  /** `mountPath`: where the root of the claim is mounted; the folder of attempts lies below it, in the pod and here. */
  z.strictObject({ claim: z.string().min(1), mountPath: AbsolutePath }),
])

export const KubernetesTarget = z.strictObject({
  kind: z.literal('kubernetes'),
  ...shared,
  /** A kubeconfig in JSON; inside of a cluster, where there is none, the service account of the pod is used. */
  kubeconfig: AbsolutePath.optional(),
  context: z.string().min(1).optional(),
  namespace: z.string().min(1).default('default'),
  image: Image.optional(),
  volume: Volume,
  serviceAccount: z.string().min(1).optional(),
  imagePullSecrets: z.array(z.string().min(1)).default([]),
  nodeSelector: z.record(z.string(), z.string()).default({}),
  /** User and group of the job; those of the server when absent. */
  runAsUser: z.int().nonnegative().optional(),
  runAsGroup: z.int().nonnegative().optional(),
})
export type KubernetesTarget = z.infer<typeof KubernetesTarget>

const Target = z.discriminatedUnion('kind', [LocalTarget, DockerTarget, SlurmTarget, RayTarget, KubernetesTarget])
export type Target = z.infer<typeof Target>
export type RemoteTarget = Exclude<Target, { kind: 'local' }>

/** Places where steps can run, by name. */
const Targets = z
  .record(Name, Target)
  .refine((targets) => Object.entries(targets).every(([name, { kind }]) => (name === 'local') === (kind === 'local')), {
    error: '"local" is this machine, of the kind "local", and nothing else is',
  })
export type Targets = z.infer<typeof Targets>

/**
 * Reads the targets of this server, once, at its start.
 *
 * @param isAsked - whether somebody named the file, so that it has to be there
 * @throws Error naming the file and what is wrong with it
 */
export function readTargets(path: string, isAsked: boolean): Targets {
  const text = readText(path, isAsked)
  if (text === undefined) return {}
  const parsed = Targets.safeParse(parseJson(path, text))
  if (parsed.success) return parsed.data
  throw new Error(
    `The targets in ${path} are not usable; docs/executors.md shows one of each kind.\n${z.prettifyError(parsed.error)}`,
  )
}

function readText(path: string, isAsked: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (!isAsked && isErrno(cause, 'ENOENT')) return undefined
    throw new Error(`The targets in ${path}, which EVENKEEL_TARGETS or the data folder names, cannot be read.`, {
      cause,
    })
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`The targets in ${path} are no JSON: ${(cause as Error).message}.`, { cause })
  }
}
