import type { z } from 'zod'
import type { Access } from '../../endpoint.ts'

export type RpcMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * One RPC of MLflow's REST API, served at `/api/<version>/mlflow/<path>` and the same under `/ajax-api`. Path, query
 * and body are one message, as in its proto files.
 */
export interface Rpc {
  readonly methods: readonly RpcMethod[]
  readonly versions: readonly ('2.0' | '3.0')[]
  /** Below `mlflow/`, e.g. `logged-models/{model_id}`. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  /** Names of fields that hold any JSON value: there, unlike anywhere else in a message, null is a value. */
  readonly keepsNullsOf?: readonly string[]
  readonly request: z.ZodObject
  /** A field that was never set is left out of it. */
  readonly response: z.ZodType
}

export type RpcGroup = Readonly<Record<string, Rpc>>

export const defineRpcs = <const G extends RpcGroup>(group: G): G => group
