import { z } from 'zod'
import type { PlatformState } from '../folder/platform.ts'

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
})
type Condition = z.infer<typeof Condition>
const Told = z.object({ reason: z.string().nullish(), message: z.string().nullish() })

export const Version = z.object({ gitVersion: z.string() })
export const Job = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ conditions: z.array(Condition).nullish() }).default({}),
})
export type Job = z.infer<typeof Job>
export const Jobs = z.object({ items: z.array(Job) })
const Pod = z.object({
  metadata: z.object({ creationTimestamp: z.string() }),
  status: z.object({
    phase: z.string().default('Pending'),
    reason: z.string().nullish(),
    message: z.string().nullish(),
    conditions: z.array(Condition).nullish(),
    containerStatuses: z
      .array(
        z.object({
          imageID: z.string().nullish(),
          state: z.object({ waiting: Told.nullish(), terminated: Told.nullish() }).default({}),
        }),
      )
      .nullish(),
  }),
})
export type Pod = z.infer<typeof Pod>
export const Pods = z.object({ items: z.array(Pod) })

/** What does not get better by itself is given this long to be mended. */
const patienceMs = 600_000
const stuck = new Set(['ImagePullBackOff', 'ErrImagePull', 'CreateContainerConfigError', 'CreateContainerError'])
const hopeless = new Set(['InvalidImageName', 'ErrImageNeverPull'])
const evictions = new Set(['Evicted', 'Preempting', 'NodeLost', 'NodeShutdown', 'Terminated', 'Shutdown'])

/** @param now - epoch milliseconds */
export function stateOf({ status }: Job, pods: readonly Pod[], now: number): PlatformState {
  const pod = pods.at(-1)
  const over = (status.conditions ?? []).find(
    (one) => isTrue(one) && (one.type === 'Complete' || one.type === 'Failed'),
  )
  if (pod && isOver(pod)) return endOf(pod)
  if (over) return { state: 'ended', says: saying(over) }
  if (!pod) return { state: 'queued' }
  return pod.status.phase === 'Pending' ? pendingState(pod, now) : { state: 'running' }
}

const isTrue = ({ status }: Condition): boolean => status === 'True'
const isOver = ({ status: { phase } }: Pod): boolean => phase === 'Succeeded' || phase === 'Failed'

function endOf({ status }: Pod): PlatformState {
  const terminated = status.containerStatuses?.[0]?.state.terminated
  const disruption = (status.conditions ?? []).find((one) => one.type === 'DisruptionTarget' && isTrue(one))
  if (disruption) return { state: 'ended', cause: 'evicted', says: saying(disruption) }
  if (status.reason && evictions.has(status.reason)) return { state: 'ended', cause: 'evicted', says: saying(status) }
  if (terminated?.reason === 'OOMKilled') return { state: 'ended', cause: 'oom', says: saying(terminated) }
  return { state: 'ended', says: saying(terminated ?? status) }
}

function pendingState({ metadata, status }: Pod, now: number): PlatformState {
  const waiting = status.containerStatuses?.[0]?.state.waiting
  const reason = waiting?.reason ?? ''
  const unschedulable = (status.conditions ?? []).find(
    (one) => one.type === 'PodScheduled' && one.status === 'False' && one.reason === 'Unschedulable',
  )
  const isLate = now - Date.parse(metadata.creationTimestamp) > patienceMs
  if (waiting && (hopeless.has(reason) || (isLate && stuck.has(reason)))) {
    return { state: 'ended', cause: 'not_started', says: saying(waiting) }
  }
  if (isLate && unschedulable) return { state: 'ended', cause: 'not_started', says: saying(unschedulable) }
  return { state: 'queued' }
}

const saying = ({ reason, message }: z.infer<typeof Told>): string =>
  `Kubernetes says ${[reason, message].filter(Boolean).join(': ') || 'no more'}.`
