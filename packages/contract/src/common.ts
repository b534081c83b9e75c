import { z } from 'zod'

/** A name a person gives to a thing: letters, digits, `_`, `-`, `.`; never a path. */
export const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, {
  error: 'use letters, digits, "_", "-" or ".", start with a letter or digit, at most 128 characters',
})
/** A name of a model: any text that an address like `models:/name/version` can hold, so without `/` and `:`. */
export const ModelName = z.string().regex(/^(?!\s*$)(?!\.{1,2}$)[^/:]{1,250}$/, {
  error: 'use any text without "/" and ":", at most 250 characters',
})
/** Content address: `sha256:` and 64 hex digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)
/** A moment of wall-clock time, ISO 8601 in UTC. */
export const Timestamp = z.iso.datetime()
/** A moment of event time: when the thing happened in the world, not when we heard of it. ISO 8601 in UTC. */
export const EventTime = z.iso.datetime()

/** Most items of a page. */
const mostItems = 500
const limit = z.coerce.number<number>().int().min(1).max(mostItems)

export const PageQuery = z.object({
  limit: limit.default(50),
  /** The `nextCursor` of the page before. */
  cursor: z.string().max(500).optional(),
})

/** Asks for things in the order of their names. Such lists once came whole, so whoever names no limit gets all that fits. */
export const NamedQuery = PageQuery.extend({
  limit: limit.default(mostItems),
  /** Part of a name, capitals or not. */
  text: z.string().max(200).optional(),
})

/** One page of a list; `nextCursor` is null on the last page. */
export const pageOf = <S extends z.core.$ZodType>(item: S) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

/** What every event carries: where it happened, and the id of the object it speaks of (for the live feed). */
export const EventBase = z.object({ projectId: z.string(), subject: z.string() })

/** A histogram over fixed edges: `counts[i]` lies in [edges[i], edges[i + 1]); the last bin is closed on both sides. */
export const Histogram = z.object({ edges: z.array(z.number()), counts: z.array(z.number().nonnegative()) })
export type Histogram = z.infer<typeof Histogram>

/** Counts of the most frequent categories; the rest is in `otherCount`. */
export const CategoryCounts = z.object({
  values: z.array(z.string()),
  counts: z.array(z.number().nonnegative()),
  otherCount: z.number().nonnegative(),
})
export type CategoryCounts = z.infer<typeof CategoryCounts>
