/** What a pickle would make, as far as it must be known to say what it is. Nothing is ever made. */
export type Value = string | number | boolean | null | Items | Dictionary | Import | Made | Opaque

/** A tuple, list or set; only the first items of a list are kept. */
export interface Items {
  readonly kind: 'tuple' | 'list' | 'set'
  readonly items: Value[]
}

/** Only the first entries are kept, and of these only those with a text as key. */
export interface Dictionary {
  readonly kind: 'dict'
  /** Whether all entries are kept. */
  isWhole: boolean
  readonly entries: Map<string, Value>
}

/** A class or function, by its name. */
export interface Import {
  readonly kind: 'import'
  readonly module: string
  readonly name: string
}

/** What a call would give. */
export interface Made {
  readonly kind: 'made'
  readonly by: Import
  readonly args: Value
  state: Value
}

/** Bytes, long texts, huge numbers: their content says nothing. */
export interface Opaque {
  readonly kind: 'opaque'
}

export const opaque: Opaque = { kind: 'opaque' }

export const isKind = <K extends 'tuple' | 'list' | 'dict' | 'import' | 'made'>(
  value: Value | undefined,
  ...kinds: readonly K[]
): value is Extract<Value, { kind: K }> | (K extends 'tuple' | 'list' ? Items : never) =>
  typeof value === 'object' && value !== null && (kinds as readonly string[]).includes(value.kind)

/** Full name, as in `sklearn.pipeline.Pipeline`. */
export const nameOf = ({ module, name }: Import): string => `${module}.${name}`

/** The attributes of what is made: its state, or the first half of a state with slots. */
export function attributesOf(value: Value | undefined): ReadonlyMap<string, Value> {
  const state = isKind(value, 'made') ? value.state : value
  if (isKind(state, 'dict')) return state.entries
  const [first] = isKind(state, 'tuple') ? state.items : []
  return isKind(first, 'dict') ? first.entries : new Map()
}

/** The items of a tuple or list; none for what is neither. */
export const itemsOf = (value: Value | undefined): readonly Value[] =>
  isKind(value, 'tuple', 'list') ? value.items : []
