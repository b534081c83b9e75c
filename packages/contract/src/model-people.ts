import { z } from 'zod'
import { ModelName, PageQuery, pageOf, Timestamp } from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { Model, ModelOwner, oneModel, oneVersion } from './registry.ts'

/** Longest comment, in characters. */
export const longestComment = 10_000

export const ModelComment = z
  .object({
    id: z.uuid(),
    model: ModelName,
    version: z.int(),
    /** Markdown. */
    text: z.string(),
    author: z.string(),
    createdAt: Timestamp,
    /** Null as long as it stands as it was written. */
    editedAt: Timestamp.nullable(),
    /** What whoever asks may do with it. */
    mayEdit: z.boolean(),
    mayDelete: z.boolean(),
  })
  .meta({ id: 'ModelComment' })
export type ModelComment = z.infer<typeof ModelComment>

/** Something that happened to a model. */
const HistoryKind = z.enum([
  'registered',
  'gate',
  'override',
  'alias',
  'stage',
  'approval',
  'deployment',
  'rollback',
  'card',
])

export const HistoryEntry = z
  .object({
    id: z.string(),
    kind: HistoryKind,
    at: Timestamp,
    /** Null when no person did it. */
    by: z.string().nullable(),
    version: z.int().nullable(),
    /** One sentence without a full stop. */
    what: z.string(),
    /** Empty when nobody said. */
    why: z.string(),
  })
  .meta({ id: 'HistoryEntry' })
export type HistoryEntry = z.infer<typeof HistoryEntry>

const text = z.string().trim().min(1).max(longestComment)
const oneComment = oneVersion.extend({ comment: z.uuid() })

/** Who stands for a model, what people say about it, and what they did. */
export const modelPeople = defineEndpoints({
  setOwners: {
    method: 'PUT',
    path: '/api/v1/models/{model}/owners',
    summary: 'Say who owns a model: users, teams, or nobody.',
    access: 'registry:write',
    params: oneModel,
    body: z.object({ owners: z.array(ModelOwner).max(50) }),
    success: { status: 200, body: Model },
    errors: ['registry.model_not_found', 'registry.unknown_owner'],
  },
  listComments: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions/{version}/comments',
    summary: 'List the comments on a version, newest first.',
    access: 'registry:read',
    params: oneVersion,
    query: PageQuery,
    success: { status: 200, body: pageOf(ModelComment) },
    errors: ['registry.version_not_found'],
  },
  addComment: {
    method: 'POST',
    path: '/api/v1/models/{model}/versions/{version}/comments',
    summary: 'Comment on a version, in Markdown.',
    access: 'registry:read',
    params: oneVersion,
    body: z.object({ text }),
    success: { status: 201, body: ModelComment },
    errors: ['registry.version_not_found'],
  },
  editComment: {
    method: 'PUT',
    path: '/api/v1/models/{model}/versions/{version}/comments/{comment}',
    summary: 'Change a comment of your own.',
    access: 'registry:read',
    params: oneComment,
    body: z.object({ text }),
    success: { status: 200, body: ModelComment },
    errors: ['registry.comment_not_found', 'registry.not_yours'],
  },
  deleteComment: {
    method: 'DELETE',
    path: '/api/v1/models/{model}/versions/{version}/comments/{comment}',
    summary: 'Delete a comment of your own; an administrator may delete any.',
    access: 'registry:read',
    params: oneComment,
    success: { status: 200, body: z.object({ deleted: z.int() }) },
    errors: ['registry.comment_not_found', 'registry.not_yours'],
  },
  history: {
    method: 'GET',
    path: '/api/v1/models/{model}/history',
    summary: 'List everything that happened to a model, newest first, with who and why.',
    access: 'registry:read',
    params: oneModel,
    query: PageQuery.extend({ version: z.coerce.number<number>().int().positive().optional() }),
    success: { status: 200, body: pageOf(HistoryEntry) },
    errors: ['registry.model_not_found'],
  },
})
