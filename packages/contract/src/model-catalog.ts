import type { StageLabel } from './registry.ts'

/** A model as its catalogue knows it: everything but how it does. Prompts are models too. */
export interface CatalogModel {
  readonly name: string
  readonly description: string
  readonly owner: string
  readonly createdMs: number
  readonly updatedMs: number
  readonly tags: Readonly<Record<string, string>>
  readonly aliases: Readonly<Record<string, number>>
  /** The newest version under each stage label, by version. */
  readonly latest: readonly CatalogVersion[]
}

export interface CatalogVersion {
  readonly model: string
  readonly version: number
  readonly description: string
  /** As it was sent; null when the version came without files of MLflow. */
  readonly source: string | null
  /** Of a run and a logged model of MLflow. */
  readonly runId: string | null
  readonly modelId: string | null
  readonly runLink: string | null
  readonly stageLabel: StageLabel
  readonly tags: Readonly<Record<string, string>>
  readonly aliases: readonly string[]
  readonly createdBy: string
  readonly createdMs: number
  readonly updatedMs: number
}

/** What is asked of a list of models or versions, in the language of searches. */
export interface CatalogSearch {
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly limit: number
  /** The `nextCursor` of the page before, which the same question was asked for. */
  readonly cursor: string | undefined
}
