import type { ColumnProfile, DatasetVersion, Run } from '@evenkeel/contract'

/** A dataset version that a run reads, as it was pinned when the run was made. */
export interface PinnedInput {
  readonly dataset: string
  readonly version: number
  readonly digest: string
  readonly rowCount: number
  readonly files: readonly { readonly sizeBytes: number }[]
}

/** Where an input of a step comes from. */
export type InputFacts =
  | { readonly from: 'steps'; readonly steps: readonly string[]; readonly output: string }
  | { readonly from: 'dataset'; readonly versions: readonly PinnedInput[] }

/** What the state of a run does not say of a step. */
export interface StepFacts {
  readonly uses: string | null
  readonly env: Readonly<Record<string, string>>
  readonly inputs: readonly InputFacts[]
  /** Whose result it took over. */
  readonly reused: { readonly run: string; readonly step: string } | null
}

/** A run and all that never changes of it. */
export interface RunFacts {
  readonly run: Run
  readonly steps: Readonly<Record<string, StepFacts>>
}

const nothing: StepFacts = { uses: null, env: {}, inputs: [], reused: null }

/** A step that the plan does not know has no inputs to speak of. */
export const stepOf = ({ steps }: RunFacts, key: string): StepFacts => steps[key] ?? nothing

/** A dataset version with what was measured of it. */
export interface DatasetFacts {
  readonly version: DatasetVersion
  readonly columns: readonly ColumnProfile[]
}

export type FindDataset = (dataset: string, version: number) => DatasetFacts | undefined

export const keyOf = ({ dataset, version }: { readonly dataset: string; readonly version: number }) =>
  `${dataset}@${version}`
