import type { ModelVersion } from '@evenkeel/contract'
import { DomainError } from '../../platform/errors.ts'
import type { MonitoringDeps } from './deps.ts'

const keptCount = 32

export interface VersionLookup {
  /** A version as it was registered; undefined when the registry does not know it. */
  find(projectId: string, model: string, version: number): Promise<ModelVersion | undefined>
}

/** Looks versions up and keeps the last ones: what monitoring reads of them never changes. */
export function createVersionLookup({ version: look }: Pick<MonitoringDeps, 'version'>): VersionLookup {
  const kept = new Map<string, ModelVersion>()

  return {
    async find(projectId, model, version) {
      const key = `${projectId}/${model}@${version}`
      const found = kept.get(key) ?? (await orUndefined(look(projectId, model, version)))
      if (!found) return undefined
      kept.delete(key)
      kept.set(key, found)
      if (kept.size > keptCount) kept.delete(kept.keys().next().value!)
      return found
    },
  }
}

async function orUndefined(answer: Promise<ModelVersion>): Promise<ModelVersion | undefined> {
  try {
    return await answer
  } catch (error) {
    // Another control plane may have registered what a node served.
    if (error instanceof DomainError && error.code === 'registry.version_not_found') return undefined
    throw error
  }
}
