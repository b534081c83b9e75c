import type { Rpc, RpcGroup } from '@evenkeel/contract/mlflow'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Caller } from '../../platform/auth.ts'
import { refuseUnstorable } from '../../platform/http/json-body.ts'
import { bodyLimitBytes, requireJson } from './body.ts'
import { refusalOf } from './refusals.ts'

/** An answer that is JSON text already: large ones are not built as objects first. */
export interface Encoded {
  readonly json: string
}

export const encoded = (json: string): Encoded => new EncodedJson(json)

class EncodedJson implements Encoded {
  readonly json: string
  constructor(json: string) {
    this.json = json
  }
}

/** One handler per RPC; a missing, extra or mistyped one is a compile error. */
export type RpcHandlers<G extends RpcGroup> = {
  readonly [K in keyof G]: (
    request: z.output<G[K]['request']>,
    caller: Caller,
  ) => Promise<z.input<G[K]['response']> | Encoded>
}

/** Asked before each handler of a group: lets the message through, or throws. */
export type Guard = (caller: Caller, rpc: Rpc, message: object) => Promise<void>

type LooseHandler = (request: object, caller: Caller) => Promise<unknown>

/** Mounts a group under both prefixes of MLflow: `/api` is the client's, `/ajax-api` that of its pages. */
export function mountRpcs<G extends RpcGroup>(
  scope: FastifyInstance,
  group: G,
  handlers: RpcHandlers<G>,
  guard?: Guard,
): void {
  for (const [name, rpc] of Object.entries(group)) {
    // `Object.entries` forgets which handler belongs to which RPC; `RpcHandlers<G>` has checked it above.
    const handle = handlers[name] as unknown as LooseHandler
    for (const url of urlsOf(rpc)) scope.route(routeOf(scope, rpc, url, guarded(rpc, handle, guard)))
  }
}

const guarded =
  (rpc: Rpc, handle: LooseHandler, guard: Guard | undefined): LooseHandler =>
  async (message, caller) => {
    await guard?.(caller, rpc, message)
    return handle(message, caller)
  }

const urlsOf = ({ versions, path }: Rpc): readonly string[] =>
  versions.flatMap((version) =>
    ['/api', '/ajax-api'].map((prefix) => `${prefix}/${version}/mlflow/${path.replace(/\{(\w+)\}/g, ':$1')}`),
  )

const routeOf = (app: FastifyInstance, rpc: Rpc, url: string, handle: LooseHandler) => ({
  method: [...rpc.methods],
  url,
  bodyLimit: bodyLimitBytes,
  config: { keepsNullsOf: rpc.keepsNullsOf },
  exposeHeadRoute: false,
  onRequest: async (request: FastifyRequest) => {
    request.caller = await app.admit(request, rpc.access)
    requireJson(request)
  },
  handler: async (request: FastifyRequest, reply: FastifyReply) => {
    const result = await handle(readMessage(rpc.request, request), request.caller)
    const text = result instanceof EncodedJson ? result.json : JSON.stringify(result)
    return reply.type('application/json').send(text)
  },
})

/** Path, query and body as one message. @throws DomainError with MLflow's sentence for what is missing or wrong */
export function readMessage<S extends z.ZodObject>(
  schema: S,
  { params, query, body }: { readonly params: unknown; readonly query: unknown; readonly body?: unknown },
): z.output<S> {
  refuseUnstorable('params', params)
  refuseUnstorable('query', query)
  const sent = normalised({ ...(query as object), ...(body as object | undefined), ...(params as object) })
  const result = z.safeParse(schema, sent)
  if (result.success) return result.data
  throw refusalOf(result.error.issues[0]!, sent)
}

/** Old clients call the id of a run `run_uuid`. */
const normalised = (sent: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  sent['run_id'] || !sent['run_uuid'] ? sent : { ...sent, run_id: sent['run_uuid'] }
