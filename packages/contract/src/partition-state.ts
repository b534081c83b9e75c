import { z } from 'zod'

/** `skipped`: there is no data for it. `cancelled`: its run was cancelled, or the backfill before it had one. */
export const PartitionState = z.enum(['pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled'])
export type PartitionState = z.infer<typeof PartitionState>
