import { z } from 'zod'

/** What tells targets apart, as in `{ gpu: a100, zone: eu }`. */
export const TargetLabels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$/), z.string().min(1).max(100))
  .refine((labels) => Object.keys(labels).length <= 20, { error: 'holds 20 labels at most' })
export type TargetLabels = z.infer<typeof TargetLabels>

/** `gpu=a100, zone=eu`. */
export const labelText = (labels: TargetLabels): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ')
