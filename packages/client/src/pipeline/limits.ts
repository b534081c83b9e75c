import type { FileStep, PipelineFile, PipelineSpec, StepSpec } from '@evenkeel/contract'
import type { z } from 'zod'
import { toSeconds } from './durations.ts'

type Step = Partial<z.input<typeof StepSpec>>

/** What a file says of a step that shares a machine, a licence or a database with others. */
export function limitsOf({ heartbeat, resources, concurrency, matrix }: FileStep): Step {
  return {
    ...(heartbeat && { heartbeatSeconds: toSeconds(heartbeat) }),
    ...(resources && { resources: resourcesOf(resources) }),
    ...(concurrency && { concurrency }),
    ...(matrix?.max_parallel && { maxParallel: matrix.max_parallel }),
    ...(matrix?.fail_fast && { failFast: true }),
  }
}

const resourcesOf = ({ memory, disk, ...rest }: NonNullable<FileStep['resources']>): Step['resources'] => ({
  ...rest,
  ...(memory && { memoryMiB: toMiB(memory) }),
  ...(disk && { diskMiB: toMiB(disk) }),
})

const unitMiB: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024, Ti: 1024 ** 2 }

/** @param size - as the schema reads it: `512Mi`, `16Gi` */
const toMiB = (size: string): number => Number(size.slice(0, -2)) * unitMiB[size.slice(-2)]!

/** The same of a run as a whole. */
export function runLimitsOf({ timeout, priority, concurrency }: PipelineFile): Partial<z.input<typeof PipelineSpec>> {
  return {
    ...(timeout && { timeoutSeconds: toSeconds(timeout) }),
    ...(priority !== undefined && { priority }),
    ...(concurrency && { concurrency: groupOf(concurrency) }),
  }
}

const groupOf = ({ when_busy: whenBusy, ...group }: NonNullable<PipelineFile['concurrency']>) => ({
  ...group,
  ...(whenBusy && { whenBusy }),
})
