import type { FileStep, StepSpec } from '@evenkeel/contract'
import type { z } from 'zod'

/** Where a step runs. */
export function placeOf({
  runs_on: runsOn,
  image,
}: Pick<FileStep, 'runs_on' | 'image'>): Pick<z.input<typeof StepSpec>, 'runsOn' | 'image'> {
  return {
    ...(runsOn !== undefined && { runsOn }),
    ...(image !== undefined && { image }),
  }
}
