/** Computes once for each plan what follows from it alone: plans never change, and long ones are looked at all the time. */
export function perPlan<P extends object, T>(compute: (plan: P) => T): (plan: P) => T {
  const known = new WeakMap<P, { readonly value: T }>()
  return (plan) => {
    const found = known.get(plan) ?? { value: compute(plan) }
    known.set(plan, found)
    return found.value
  }
}
