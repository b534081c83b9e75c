/** `{ a: '1' }` as the list of key and value that MLflow's messages carry. */
export const pairsOf = (tags: Readonly<Record<string, string>>): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }))

/** What is answered when there is nothing to say. */
export async function done(work: Promise<unknown>): Promise<Record<string, never>> {
  await work
  return {}
}
