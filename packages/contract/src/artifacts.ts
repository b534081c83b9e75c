import { z } from 'zod'
import { Digest, PageQuery, pageOf } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'

/** Content that is stored: its address and its size. */
export const StoredArtifact = z
  .object({ digest: Digest, sizeBytes: z.int().nonnegative() })
  .meta({ id: 'StoredArtifact' })
export type StoredArtifact = z.infer<typeof StoredArtifact>

/** A file under its name. */
export const StoredFile = z.object({ path: z.string(), ...StoredArtifact.shape }).meta({ id: 'StoredFile' })
export type StoredFile = z.infer<typeof StoredFile>

/** What lies directly in a folder: a file, or a folder, which has no content of its own. */
export const FileEntry = z
  .object({
    name: z.string(),
    isFolder: z.boolean(),
    digest: Digest.nullable(),
    sizeBytes: z.int().nonnegative().nullable(),
  })
  .meta({ id: 'FileEntry' })
export type FileEntry = z.infer<typeof FileEntry>

/** Largest file in one request, in bytes. */
export const fileLimitBytes = 5 * 1024 ** 4

export const artifactErrors = defineErrors({
  'artifacts.file_not_found': {
    status: 404,
    message: 'No such file.',
    fix: 'List the folder to find one.',
    details: z.object({ path: z.string() }),
  },
  'artifacts.bad_path': {
    status: 422,
    message: 'The path is not one that a file can have; nothing was stored.',
    fix: 'Join names by "/", up to 1024 bytes, without "..", "#", backslashes and control characters.',
    details: z.object({ path: z.string() }),
  },
  'artifacts.path_clash': {
    status: 409,
    message: 'A path cannot be a file and a folder at once.',
    fix: 'Take another path, or delete what is in the way.',
    details: z.object({ path: z.string() }),
  },
  'artifacts.upload_not_found': {
    status: 404,
    message: 'No such upload is under way: it was never begun, ended, or waited too long.',
    fix: 'Begin it again.',
    details: z.object({}),
  },
  'artifacts.bad_part': {
    status: 422,
    message: 'A part is not one of this upload.',
    fix: 'Send what the detail names, and complete the upload again.',
    details: z.object({}),
  },
})

const path = z.object({ path: z.string().min(1) })

const uploadErrors = ['platform.digest_mismatch', 'platform.disk_full'] as const

export const artifacts = defineEndpoints({
  upload: {
    method: 'PUT',
    path: '/api/v1/artifacts',
    summary: 'Store bytes under their sha256; the same bytes are stored once.',
    access: 'artifacts:write',
    query: z.object({
      /** Refuse the upload when its bytes have another digest. */
      digest: Digest.optional(),
    }),
    upload: { kind: 'bytes', limitBytes: fileLimitBytes },
    success: { status: 201, body: StoredArtifact },
    errors: uploadErrors,
  },
  uploadForm: {
    method: 'POST',
    path: '/api/v1/artifacts/form',
    summary: 'Store one file of a form under its sha256.',
    access: 'artifacts:write',
    upload: {
      kind: 'multipart',
      limitBytes: fileLimitBytes,
      fields: z.object({ digest: Digest.optional() }),
    },
    success: { status: 201, body: z.object({ ...StoredArtifact.shape, fileName: z.string() }) },
    errors: uploadErrors,
  },
  download: {
    method: 'GET',
    path: '/api/v1/artifacts/{digest}',
    summary: 'Read stored bytes, whole or in ranges.',
    access: 'artifacts:read',
    params: z.object({ digest: Digest }),
    success: { status: 200, mediaType: 'application/octet-stream' },
    errors: ['platform.blob_not_found'],
  },
  listFiles: {
    method: 'GET',
    path: '/api/v1/files',
    summary: 'List what lies directly in a folder.',
    access: 'artifacts:read',
    query: PageQuery.extend({
      folder: z.string().default(''),
      /** The `nextCursor` of the page before. */
      cursor: z.string().max(1100).optional(),
    }),
    success: { status: 200, body: pageOf(FileEntry) },
    errors: ['artifacts.bad_path'],
  },
  putFile: {
    method: 'PUT',
    path: '/api/v1/files',
    summary: 'Store a file under a path, in place of one that has it.',
    access: 'artifacts:write',
    query: path,
    upload: { kind: 'bytes', limitBytes: fileLimitBytes },
    success: { status: 201, body: StoredFile },
    errors: ['artifacts.bad_path', 'artifacts.path_clash', 'platform.disk_full'],
  },
  readFile: {
    method: 'GET',
    path: '/api/v1/files/content',
    summary: 'Read a file, whole or in ranges.',
    access: 'artifacts:read',
    query: path,
    success: { status: 200, mediaType: 'application/octet-stream' },
    errors: ['artifacts.bad_path', 'artifacts.file_not_found'],
  },
  deleteFiles: {
    method: 'DELETE',
    path: '/api/v1/files',
    summary: 'Delete a file, or a folder with all that lies in it.',
    access: 'artifacts:write',
    query: path,
    success: { status: 200, body: z.object({ deleted: z.int() }) },
    errors: ['artifacts.bad_path'],
  },
})
