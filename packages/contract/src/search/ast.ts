/** What a clause speaks of. */
export type FilterEntity =
  | 'metric'
  | 'param'
  | 'tag'
  | 'attribute'
  | 'dataset'
  | 'metadata'
  | 'span'
  | 'feedback'
  | 'expectation'
  | 'issue'

export type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like' | 'ilike' | 'rlike' | 'in' | 'not in'

/** `metrics.auc > 0.9`, `tags.team IN ('a', 'b')`, `params.seed IS NULL`. */
export type Clause =
  | {
      readonly kind: 'compare'
      readonly entity: FilterEntity
      readonly key: string
      readonly op: Exclude<Comparator, 'in' | 'not in'>
      readonly value: string | number
    }
  | {
      readonly kind: 'among'
      readonly entity: FilterEntity
      readonly key: string
      readonly negated: boolean
      readonly values: readonly string[]
    }
  | { readonly kind: 'missing'; readonly entity: FilterEntity; readonly key: string; readonly negated: boolean }

/**
 * A filter over runs, experiments, models, …: MLflow's language, and beyond it OR, NOT and parentheses. One that lets
 * everything through is an `and` of nothing.
 */
export type Filter =
  | Clause
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }

/** One key of an order: `metrics.auc DESC`. */
export interface OrderKey {
  readonly entity: FilterEntity
  readonly key: string
  readonly descending: boolean
}
