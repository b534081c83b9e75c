/**
 * Exponential moving average, freed of the pull towards its start (Kingma and Ba, Adam, 2015, section 3).
 *
 * @param values - gaps are null, and stay
 * @param weight - of what came before, 0 to below 1; 0 changes nothing
 */
export function smoothed(values: readonly (number | null)[], weight: number): (number | null)[] {
  let average = 0
  let debt = 1
  return values.map((value) => {
    if (value === null) return null
    average = weight * average + (1 - weight) * value
    debt *= weight
    return average / (1 - debt)
  })
}
