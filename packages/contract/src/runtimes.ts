import { z } from 'zod'
import { Digest, Timestamp } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'

export const RuntimeKind = z.enum(['python', 'node'])
export type RuntimeKind = z.infer<typeof RuntimeKind>

/** `3.12` or `3.12.4`. */
export const PythonVersion = z
  .string()
  .regex(/^3\.\d{1,2}(\.\d{1,2})?$/, { error: 'write a version of Python as in "3.12" or "3.12.4"' })

/** What an attempt ran with. `host`: what lies on the machine, which nobody has pinned. */
export const AttemptRuntime = z.object({
  kind: z.enum(['host', ...RuntimeKind.options]),
  /** Of the environment; null on the host. */
  digest: Digest.nullable(),
  /** What built it, as in `uv 0.9.1`. */
  tool: z.string().nullable(),
  /** Of Python or Node, as it really was; null until the environment is ready. */
  version: z.string().nullable(),
})
export type AttemptRuntime = z.infer<typeof AttemptRuntime>

export const RuntimeState = z.enum(['building', 'ready', 'failed'])
export type RuntimeState = z.infer<typeof RuntimeState>

/** A software environment on the server that answers: built once, shared by all steps with the same lock file. */
export const Runtime = z
  .object({
    /** Of all that it was built from: lock file, manifest, version, platform, tool. */
    digest: Digest,
    kind: RuntimeKind,
    state: RuntimeState,
    /** The version that was asked for. */
    wanted: z.string().nullable(),
    /** The version that it has; null until it is ready. */
    version: z.string().nullable(),
    tool: z.string(),
    lock: z.object({ path: z.string(), digest: Digest }),
    /** Null until it is ready. */
    sizeBytes: z.int().nullable(),
    packageCount: z.int().nullable(),
    /** When its building began, and how long it took. */
    createdAt: Timestamp,
    buildMs: z.number().nullable(),
    lastUsedAt: Timestamp.nullable(),
    /** Attempts that run with it, or wait for it. */
    useCount: z.int(),
    /** Why it failed. */
    reason: z.string().nullable(),
  })
  .meta({ id: 'Runtime' })
export type Runtime = z.infer<typeof Runtime>

export const RuntimePackage = z.object({ name: z.string(), version: z.string() })
export type RuntimePackage = z.infer<typeof RuntimePackage>

export const runtimesErrors = defineErrors({
  'runtimes.not_found': {
    status: 404,
    message: 'No such environment on this server.',
    fix: 'List them with: evenkeel runtimes list.',
    details: z.object({ runtime: z.string() }),
  },
  'runtimes.in_use': {
    status: 409,
    message: 'The environment is in use.',
    fix: 'Wait until the steps that use it have ended, or cancel their runs.',
    details: z.object({ runtime: z.string(), useCount: z.int() }),
  },
})

/** Its digest, or a start of the 64 digits that only one has. */
const one = z.object({
  runtime: z.string().regex(/^(sha256:)?[0-9a-f]{4,64}$/, { error: 'write 4 to 64 hexadecimal digits of its digest' }),
})

export const runtimes = defineEndpoints({
  list: {
    method: 'GET',
    path: '/api/v1/runtimes',
    summary: 'List the software environments of this server, most recently used first.',
    access: 'pipelines:read',
    success: {
      status: 200,
      body: z.object({
        items: z.array(Runtime),
        /** What they may take together before the least recently used ones are removed. */
        limitBytes: z.int(),
      }),
    },
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/api/v1/runtimes/{runtime}',
    summary: 'Read an environment, its packages and the end of the log of its building.',
    access: 'pipelines:read',
    params: one,
    success: { status: 200, body: Runtime.extend({ packages: z.array(RuntimePackage), log: z.string() }) },
    errors: ['runtimes.not_found'],
  },
  remove: {
    method: 'DELETE',
    path: '/api/v1/runtimes/{runtime}',
    summary: 'Remove an environment that nobody uses; the next step that needs it builds it again.',
    access: 'pipelines:write',
    params: one,
    success: { status: 200, body: Runtime },
    errors: ['runtimes.not_found', 'runtimes.in_use'],
  },
  prune: {
    method: 'POST',
    path: '/api/v1/runtimes/prune',
    summary: 'Remove the environments that nobody uses and nobody has used for a while.',
    access: 'pipelines:write',
    body: z.object({ olderThanSeconds: z.int().nonnegative() }),
    success: { status: 200, body: z.object({ removed: z.array(Runtime) }) },
    errors: [],
  },
})
