import { z } from 'zod'
import { Name } from './common.ts'
import { defineEndpoints } from './endpoint.ts'

/** Something a project has only so much of: licences, connections, the GPUs of the machine (`gpu`). */
export const Slot = z
  .object({
    name: Name,
    capacity: z.int(),
    /** Steps that have some of it now. */
    heldBy: z.array(z.object({ run: z.string(), step: z.string(), count: z.int() })),
    /** Steps that wait for some of it; who is first comes first. */
    waiting: z.array(z.object({ run: z.string(), step: z.string(), count: z.int() })),
  })
  .meta({ id: 'Slot' })
export type Slot = z.infer<typeof Slot>

const slots = { status: 200, body: z.object({ items: z.array(Slot) }) } as const

/** Part of the group `pipelines`. */
export const slotEndpoints = defineEndpoints({
  listSlots: {
    method: 'GET',
    path: '/api/v1/slots',
    summary: 'List slots: how many there are, who holds them, and who waits.',
    access: 'pipelines:read',
    success: slots,
    errors: [],
  },
  putSlots: {
    method: 'PUT',
    path: '/api/v1/slots',
    summary: 'Say how many there are of the slots that are named; 0 takes one away, the others stay as they are.',
    access: 'pipelines:write',
    body: z.object({ slots: z.record(Name, z.int().min(0).max(1000)) }),
    success: slots,
    errors: [],
  },
})
