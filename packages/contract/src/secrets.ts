import { z } from 'zod'
import { Timestamp } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'
import { SecretName } from './secret-name.ts'

/** A secret of the project. Its value is never answered. */
export const Secret = z.object({
  name: SecretName,
  /** Changes with every value; part of what the result of a step depends on. */
  version: z.string(),
  updatedBy: z.string(),
  updatedAt: Timestamp,
})
export type Secret = z.infer<typeof Secret>

/** Shorter values occur by accident, so they are not replaced in what steps write. */
export const shortestMaskedLength = 8

export const secretsErrors = defineErrors({
  'pipelines.secret_not_found': {
    status: 404,
    message: 'No such secret.',
    fix: 'List them with: evenkeel secret list. Set one with: evenkeel secret set NAME.',
    details: z.object({ secret: z.string() }),
  },
  'pipelines.secret_missing': {
    status: 422,
    message: 'A step needs a secret that the project does not have; no run was started.',
    fix: 'Set it with: evenkeel secret set NAME. Then start the run again.',
    details: z.object({ step: z.string(), secret: z.string() }),
  },
  'pipelines.secret_key_differs': {
    status: 409,
    message: 'This server has another key for secrets than the one that keeps those of the database.',
    fix: 'Copy keys/secrets.key from the data folder of the first server to that of this one, and start it again.',
    details: z.object({ keyId: z.string(), expectedKeyId: z.string() }),
  },
})

const one = z.object({ secret: SecretName })

export const secrets = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/secrets',
    summary: 'List the secrets of the project by name, without their values.',
    access: 'pipelines:read',
    success: { status: 200, body: z.object({ items: z.array(Secret) }) },
    errors: [],
  },
  put: {
    method: 'PUT',
    path: '/api/v1/secrets/{secret}',
    summary: 'Set a secret; steps that name it get the new value from their next attempt on.',
    access: 'pipelines:write',
    params: one,
    body: z.object({
      value: z
        .string()
        .min(1)
        .max(65_536)
        .refine((value) => !value.includes('\0') && value.isWellFormed(), { error: 'must be text without NUL' }),
    }),
    success: { status: 200, body: Secret },
    errors: ['pipelines.secret_key_differs'],
  },
  remove: {
    method: 'DELETE',
    path: '/api/v1/secrets/{secret}',
    summary: 'Delete a secret; its values stay sealed, so that logs of earlier runs can still be masked.',
    access: 'pipelines:write',
    params: one,
    success: { status: 200, body: Secret },
    errors: ['pipelines.secret_not_found'],
  },
})
