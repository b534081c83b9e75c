import type { z } from 'zod'

/** What one operation needs from the caller: a permission, or nothing at all. */
export type Access = 'public' | `${string}:${'read' | 'write' | 'admin'}`

/** A body that is not JSON: a plain stream of bytes, or a multipart form of text fields and one file named `file`. */
export interface Upload {
  readonly kind: 'bytes' | 'multipart'
  /** Largest accepted body, in bytes; more is answered with 413. */
  readonly limitBytes: number
  /** The text fields of a multipart form. */
  readonly fields?: z.core.$ZodObject
}

export interface JsonReply {
  readonly status: 200 | 201 | 202
  readonly body: z.core.$ZodType
}

/** Server-sent events: each event's `data` is JSON of this schema. Resumes by `Last-Event-ID` or `?lastEventId=`. */
export interface EventStream {
  readonly status: 200
  readonly events: z.core.$ZodType
}

/** Bytes of a known length; `Range` and `If-None-Match` are honoured. */
export interface Download {
  readonly status: 200
  readonly mediaType: string
}

/** One HTTP operation. The server, clients, CLI, console and OpenAPI document all read this value. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path template, e.g. `/api/v1/models/{model}`. */
  readonly path: `/${string}`
  readonly summary: string
  readonly access: Access
  readonly params?: z.core.$ZodObject
  readonly query?: z.core.$ZodObject
  readonly body?: z.core.$ZodType
  /** Largest accepted JSON body, in bytes; 8 MiB when absent. */
  readonly bodyLimitBytes?: number
  readonly upload?: Upload
  readonly success: JsonReply | EventStream | Download
  readonly errors: readonly ErrorCode[]
}

/** `domain.what_went_wrong` */
export type ErrorCode = `${string}.${string}`

export type EndpointGroup = Readonly<Record<string, Endpoint>>

// What a page does not use need not be loaded: bundlers drop it only where they are told that nothing else happens.
export const defineEndpoints = /* @__NO_SIDE_EFFECTS__ */ <const G extends EndpointGroup>(group: G): G => group

export interface ErrorSpec {
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 416 | 422 | 429 | 501 | 503
  /** One sentence: what went wrong. */
  readonly message: string
  /** One sentence or command: what to do next. */
  readonly fix: string
  readonly details: z.core.$ZodType
}
export type ErrorCatalogue = Readonly<Record<ErrorCode, ErrorSpec>>

export const defineErrors = /* @__NO_SIDE_EFFECTS__ */ <const C extends ErrorCatalogue>(catalogue: C): C => catalogue

/** `domain.what_happened` */
export type Topic = `${string}.${string}`

/** Facts a domain announces: delivered to subscribers, webhooks and the live console. */
export type EventCatalogue = Readonly<Record<Topic, z.core.$ZodType>>

export const defineEvents = /* @__NO_SIDE_EFFECTS__ */ <const C extends EventCatalogue>(catalogue: C): C => catalogue

type Part<E, K extends 'params' | 'query' | 'body', Side extends 'input' | 'output'> = E extends {
  readonly [P in K]: infer S extends z.core.$ZodType
}
  ? { readonly [P in K]: Side extends 'input' ? z.input<S> : z.output<S> }
  : unknown

type Parts<E, Side extends 'input' | 'output'> = Part<E, 'params', Side> &
  Part<E, 'query', Side> &
  Part<E, 'body', Side>

/** What a client passes. */
export type RequestOf<E extends Endpoint> = Parts<E, 'input'>
/** What a handler receives. */
export type ParsedRequestOf<E extends Endpoint> = Parts<E, 'output'>

/** The parsed text fields of a multipart upload; an empty object otherwise. */
export type FieldsOf<E extends Endpoint, Side extends 'input' | 'output'> = E extends {
  readonly upload: { readonly fields: infer S extends z.core.$ZodType }
}
  ? Side extends 'input'
    ? z.input<S>
    : z.output<S>
  : Record<never, never>

/** What a JSON handler returns. */
export type ReplyOf<E extends Endpoint> = E['success'] extends { readonly body: infer S extends z.core.$ZodType }
  ? z.input<S>
  : never
/** What a client gets back from a JSON endpoint. */
export type ResultOf<E extends Endpoint> = E['success'] extends { readonly body: infer S extends z.core.$ZodType }
  ? z.output<S>
  : never
/** The data of one event of a stream. */
export type EventOf<E extends Endpoint, Side extends 'input' | 'output'> = E['success'] extends {
  readonly events: infer S extends z.core.$ZodType
}
  ? Side extends 'input'
    ? z.input<S>
    : z.output<S>
  : never
