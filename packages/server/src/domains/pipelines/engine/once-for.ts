/** Computes once what follows from an object alone that never changes: long plans are looked at all the time. */
export function onceFor<P extends object, T>(compute: (of: P) => T): (of: P) => T {
  const known = new WeakMap<P, { readonly value: T }>()
  return (of) => {
    const found = known.get(of) ?? { value: compute(of) }
    known.set(of, found)
    return found.value
  }
}
