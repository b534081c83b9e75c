/** Values of one input for all rows, flat. */
export interface TrialInput {
  readonly name: string
  /** As the engine calls it, e.g. `float32`. */
  readonly type:
    | 'bool'
    | 'int8'
    | 'int16'
    | 'int32'
    | 'int64'
    | 'uint8'
    | 'uint16'
    | 'uint32'
    | 'uint64'
    | 'float32'
    | 'float64'
    | 'string'
  /** Without the batch. */
  readonly rowShape: readonly number[]
  readonly data: TrialData
}

export type TrialData =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array
  | readonly string[]

/** From the server to the process that runs a model. */
export interface TrialJob {
  readonly modelPath: string
  readonly inputs: readonly TrialInput[]
  readonly rowCount: number
  /** Rows of one run. */
  readonly batchRows: number
  readonly outputs: readonly string[]
}

/** A number that is not finite is null. */
export type Value = number | string | boolean | null

/** Values of one output for all rows, row by row. */
export interface TrialOutput {
  readonly name: string
  readonly values: readonly (readonly Value[])[]
}

export type TrialAnswer =
  | { readonly outputs: readonly TrialOutput[]; readonly loadMs: number; readonly runMs: readonly number[] }
  | { readonly reason: string }
