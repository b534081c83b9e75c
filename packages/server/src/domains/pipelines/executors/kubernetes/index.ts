import { getgid, getuid } from 'node:process'
import { relative } from 'node:path'
import type { Platform, PlatformJob } from '../folder/platform.ts'
import { type Answer, openDoor, readAnswer, refusal } from '../http.ts'
import type { KubernetesTarget } from '../targets.ts'
import { doorOf } from './kubeconfig.ts'
import { Job, Jobs, type Pod, Pods, stateOf, Version } from './state.ts'

/**
 * Runs attempts as Jobs of a cluster, in pods that mount the folder of the attempt.
 *
 * @throws Error when the folder does not lie in the volume, or the kubeconfig cannot be used
 */
export function createKubernetesPlatform(target: KubernetesTarget, folder: string): Platform {
  const call = openDoor(doorOf(target))
  const root = rootOf(target)
  if (relative(root, folder).startsWith('..')) {
    throw new Error(
      `The folder of attempts, ${folder}, does not lie in the volume ${root}; set "folder" to one below it.`,
    )
  }
  const jobs = `/apis/batch/v1/namespaces/${target.namespace}/jobs`
  const jobPath = (externalId: string) => `${jobs}/${externalId}`

  async function podsOf(externalId: string): Promise<Pod[]> {
    const selector = encodeURIComponent(`${label}=${externalId}`)
    const answer = await call('GET', `/api/v1/namespaces/${target.namespace}/pods?labelSelector=${selector}`)
    return readAnswer(Pods, 'To list pods', answer).items
  }

  async function remove(externalId: string): Promise<void> {
    const answer = await call('DELETE', jobPath(externalId), deletion)
    if (!isDone(answer) && answer.status !== 404) throw refusal('To delete a Job', answer)
  }

  return {
    async version() {
      return readAnswer(Version, 'To ask for the version', await call('GET', '/version')).gitVersion
    },

    async start(job) {
      if ((job.image ?? target.image) === undefined) {
        throw new Error('Neither the step nor the target names an image; write "image:" in one of them.')
      }
      const answer = await call('POST', jobs, manifestOf(target, root, job))
      // 409: there is one of this name, which is ours.
      if (!isDone(answer) && answer.status !== 409) throw refusal('To create a Job', answer)
    },

    async state(externalId) {
      const answer = await call('GET', jobPath(externalId))
      if (answer.status === 404) return { state: 'absent' }
      const job = readAnswer(Job, 'To ask for a Job', answer)
      return stateOf(job, await podsOf(externalId), Date.now())
    },

    kill: remove,
    forget: remove,

    async list() {
      const selector = encodeURIComponent(`${label}`)
      const answer = await call('GET', `${jobs}?labelSelector=${selector}`)
      const open = readAnswer(Jobs, 'To list Jobs', answer).items.filter(({ status }) => !hasEnded(status.conditions))
      return open.map(({ metadata }) => metadata.name)
    },

    async image(externalId) {
      const [pod] = await podsOf(externalId)
      const id = pod?.status.containerStatuses?.[0]?.imageID
      // Docker writes its own scheme in front.
      return id ? id.replace(/^[a-z-]+:\/\//, '') : null
    },
  }
}

const label = 'evenkeel.dev/job'
const deletion = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' }

const isDone = ({ status }: Answer): boolean => status >= 200 && status < 300

const hasEnded = (conditions: Job['status']['conditions']): boolean =>
  (conditions ?? []).some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')

const rootOf = ({ volume }: KubernetesTarget): string => ('hostPath' in volume ? volume.hostPath : volume.mountPath)

function manifestOf(target: KubernetesTarget, root: string, job: PlatformJob) {
  const labels = { [label]: job.externalId, 'app.kubernetes.io/managed-by': 'evenkeel' }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: job.externalId, labels },
    spec: {
      // Trying again is ours.
      backoffLimit: 0,
      activeDeadlineSeconds: Math.ceil(job.limitMs / 1000),
      ttlSecondsAfterFinished: 86_400,
      template: { metadata: { labels }, spec: podOf(target, root, job) },
    },
  }
}

function podOf(target: KubernetesTarget, root: string, job: PlatformJob) {
  const { volume, serviceAccount, imagePullSecrets, nodeSelector, runAsUser, runAsGroup } = target
  const source =
    'hostPath' in volume
      ? { hostPath: { path: volume.hostPath } }
      : { persistentVolumeClaim: { claimName: volume.claim } }
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: Math.ceil(job.graceMs / 1000),
    nodeSelector,
    imagePullSecrets: imagePullSecrets.map((name) => ({ name })),
    ...(serviceAccount === undefined
      ? { automountServiceAccountToken: false }
      : { serviceAccountName: serviceAccount }),
    securityContext: { runAsUser: runAsUser ?? getuid?.() ?? 0, runAsGroup: runAsGroup ?? getgid?.() ?? 0 },
    volumes: [{ name: 'attempts', ...source }],
    containers: [
      {
        name: 'step',
        image: job.image ?? target.image,
        command: job.command,
        workingDir: job.home,
        resources: limitsOf(job),
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [...job.writable, ...job.readOnly].map((path) => ({
          name: 'attempts',
          mountPath: path,
          subPath: relative(root, path),
          readOnly: job.readOnly.includes(path),
        })),
      },
    ],
  }
}

/** Requests are as large as limits: memory that is not there when it is needed kills the step. */
function limitsOf({ resources: { cpu, memoryMiB, diskMiB, gpu } }: PlatformJob) {
  const amounts = {
    ...(cpu !== undefined && { cpu: String(cpu) }),
    ...(memoryMiB !== undefined && { memory: `${memoryMiB}Mi` }),
    ...(diskMiB !== undefined && { 'ephemeral-storage': `${diskMiB}Mi` }),
    ...(gpu > 0 && { 'nvidia.com/gpu': String(gpu) }),
  }
  return { requests: amounts, limits: amounts }
}
