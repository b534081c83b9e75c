import type { FileStep, StepSpec } from '@evenkeel/contract'
import type { z } from 'zod'

/** Where a step runs, and what it may use there. */
export function placeOf({
  runs_on: runsOn,
  resources,
  image,
}: Pick<FileStep, 'runs_on' | 'resources' | 'image'>): Pick<
  z.input<typeof StepSpec>,
  'runsOn' | 'resources' | 'image'
> {
  return {
    ...(runsOn !== undefined && { runsOn }),
    ...(resources && { resources: limitsOf(resources) }),
    ...(image !== undefined && { image }),
  }
}

function limitsOf({ cpu, memory, gpu }: NonNullable<FileStep['resources']>) {
  return {
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memoryMiB: toMiB(memory) }),
    ...(gpu !== undefined && { gpu }),
  }
}

const unitMiB: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024, Ti: 1024 ** 2 }

/** @param memory - as in `512Mi` or `16Gi` */
const toMiB = (memory: string): number => Number(memory.slice(0, -2)) * unitMiB[memory.slice(-2)]!
