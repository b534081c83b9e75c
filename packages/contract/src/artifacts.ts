import { z } from 'zod'
import { Digest } from './common.ts'
import { defineEndpoints } from './endpoint.ts'

/** Content that is stored: its address and its size. */
export const StoredArtifact = z
  .object({ digest: Digest, sizeBytes: z.int().nonnegative() })
  .meta({ id: 'StoredArtifact' })
export type StoredArtifact = z.infer<typeof StoredArtifact>

/** Largest artifact in one request, in bytes. */
export const artifactLimitBytes = 2 * 1024 ** 3

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
    upload: { kind: 'bytes', limitBytes: artifactLimitBytes },
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
      limitBytes: artifactLimitBytes,
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
})
