/** What may be bound to a parameter (`$1` or `$name`) of a query. */
export type QueryValue = null | boolean | number | bigint | string | Date | Uint8Array | readonly QueryValue[]

export type QueryParams = readonly QueryValue[] | Readonly<Record<string, QueryValue>>

/** From the server to the child. */
export interface QueryRequest {
  readonly id: number
  readonly sql: string
  readonly params: QueryParams | undefined
  readonly maxRows: number
}

/** Asks the child to give one query up. */
export interface Interrupt {
  readonly interrupt: number
}

/** From the child to the server. */
export type QueryReply =
  | { readonly id: number; readonly rows: readonly object[] }
  | { readonly id: number; readonly tooLarge: true }
  | { readonly id: number; readonly error: string }

/** What the child is started with, as JSON in its only argument. */
export interface EngineSettings {
  /** For what does not fit in memory. */
  readonly scratchFolder: string
  /** The folders below which files may be read and written. */
  readonly folders: readonly string[]
  readonly memoryLimitMb: number
  readonly threads: number
}
