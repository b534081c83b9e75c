import { z } from 'zod'
import { PageQuery, pageOf, Timestamp } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'

/** Hours that content stays after it was last stored or referred to, at least and at most. */
export const collectionGraceHours = { least: 1, most: 24 * 365 } as const

/** Contents and what they take together. */
const Amount = z.object({ blobs: z.int(), sizeBytes: z.int() })

export const CollectionState = z.enum(['queued', 'running', 'succeeded', 'failed'])
export type CollectionState = z.infer<typeof CollectionState>

/** What it is at: looks up what is needed, lists what is stored, looks up again, deletes. */
export const CollectionPhase = z.enum(['marking', 'listing', 'sweeping'])
export type CollectionPhase = z.infer<typeof CollectionPhase>

/** What a collection of garbage found and deleted; a running one, so far. */
export const CollectionCounts = z.object({
  stored: Amount,
  /** What somebody needs. A content that several need counts once. */
  kept: Amount,
  /** What nobody needs, and was stored or referred to too shortly before. */
  young: Amount,
  /** What was deleted; of a dry run, what would be. */
  freed: Amount,
  /** Files and parts of uploads that ended half-way; `freed` does not count them. */
  unfinished: z.object({ count: z.int(), sizeBytes: z.int() }),
  /** By who needs it, the largest first. `missing` counts contents that are needed and not stored. */
  held: z.array(z.object({ domain: z.string(), ...Amount.shape, missing: z.int() })),
})
export type CollectionCounts = z.infer<typeof CollectionCounts>

export const Collection = z
  .object({
    id: z.string(),
    state: CollectionState,
    /** Null before it begins and after it ended. */
    phase: CollectionPhase.nullable(),
    dryRun: z.boolean(),
    graceHours: z.number(),
    /** The name of a user, or `system` for the nightly one. */
    startedBy: z.string(),
    createdAt: Timestamp,
    endedAt: Timestamp.nullable(),
    ...CollectionCounts.shape,
    /** Why it failed. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'Collection' })
export type Collection = z.infer<typeof Collection>

export const storageErrors = defineErrors({
  'storage.collection_not_found': {
    status: 404,
    message: 'No such collection of garbage.',
    fix: 'List them with: evenkeel gc --history.',
    details: z.object({ collection: z.string() }),
  },
  'storage.collecting': {
    status: 409,
    message: 'Garbage is being collected already.',
    fix: 'Wait until it has ended: evenkeel gc --history.',
    details: z.object({ collection: z.string() }),
  },
})

const access = 'storage:admin'

/** What lies in the blob store, and what goes because nobody needs it. All projects share it. */
export const storage = defineEndpoints({
  collect: {
    method: 'POST',
    path: '/api/v1/storage/collections',
    summary: 'Delete stored content that nothing refers to, in the background; a dry run only says what that would be.',
    access,
    body: z.object({
      dryRun: z.boolean().default(false),
      /** That of the server when absent. */
      graceHours: z.number().min(collectionGraceHours.least).max(collectionGraceHours.most).optional(),
    }),
    success: { status: 202, body: Collection },
    errors: ['storage.collecting'],
  },
  list: {
    method: 'GET',
    path: '/api/v1/storage/collections',
    summary: 'List collections, newest first.',
    access,
    query: PageQuery,
    success: { status: 200, body: pageOf(Collection) },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/storage/collections/{collection}',
    summary: 'Read a collection, how far it is and what it found.',
    access,
    params: z.object({ collection: z.string().max(64) }),
    success: { status: 200, body: Collection },
    errors: ['storage.collection_not_found'],
  },
})
