import type { Db } from '../../platform/db.ts'
import { metricStore } from './metric-store.ts'

/** Names of metrics that are kept in memory; with more, all are forgotten and read again. */
const mostKept = 100_000

/** Metrics by name: their numbers never change, so each is read once. */
export function createMetricKeys(db: Db) {
  const store = metricStore(db)
  const projects = new Map<string, Map<string, number>>()
  let kept = 0

  function keep(projectId: string, rows: readonly { key: string; key_id: number }[]): void {
    if (kept > mostKept) {
      projects.clear()
      kept = 0
    }
    const known = projects.get(projectId) ?? new Map<string, number>()
    for (const { key, key_id } of rows) known.set(key, key_id)
    projects.set(projectId, known)
    kept += rows.length
  }

  async function read(projectId: string, found: Map<string, number>, keys: readonly string[]): Promise<string[]> {
    if (keys.length === 0) return []
    const rows = await store.findKeys(projectId, keys)
    for (const { key, key_id } of rows) found.set(key, key_id)
    keep(projectId, rows)
    return keys.filter((key) => !found.has(key))
  }

  return {
    isKnown: (projectId: string, key: string): boolean => projects.get(projectId)?.has(key) ?? false,

    /** Numbers by name, of these metrics and maybe others; metrics that the project does not have are added. */
    async numbersOf(projectId: string, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
      const known = projects.get(projectId) ?? new Map<string, number>()
      const isUnknown = (key: string) => !known.has(key)
      // Nearly always, and a batch may name a thousand.
      if (!keys.some(isUnknown)) return known
      const found = new Map<string, number>()
      for (const key of keys) if (!isUnknown(key)) found.set(key, known.get(key)!)
      const missing = await read(projectId, found, [...new Set(keys.filter(isUnknown))])
      if (missing.length > 0) {
        await store.addKeys(projectId, missing)
        await read(projectId, found, missing)
      }
      return found
    },
  }
}
