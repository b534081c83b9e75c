/** Ids that are no numbers are of no experiment. */
export const experimentNumbers = (ids: readonly string[]): number[] => [
  ...new Set(ids.filter((id) => /^\d{1,15}$/.test(id)).map(Number)),
]
