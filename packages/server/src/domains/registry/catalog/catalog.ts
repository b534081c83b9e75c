import { createChanging } from './changing.ts'
import { createImports } from './imports.ts'
import { createLabels } from './labels.ts'
import { createModels, type ModelsDeps } from './models.ts'
import { createProtection, type ProtectionNeeds } from './protection.ts'
import { searchModels, searchVersions } from './search.ts'
import { createVersions, type VersionsDeps } from './versions.ts'

/** What the catalogue needs from the rest of the platform. */
export type CatalogDeps = ProtectionNeeds & Omit<ModelsDeps & VersionsDeps, 'changing' | 'protection'>

/** The registry as clients of MLflow know it: any kind of model, and what people say about it. */
export function createCatalog(deps: CatalogDeps) {
  const parts = { ...deps, changing: createChanging(deps), protection: createProtection(deps) }
  const { setStage, ...aliases } = createLabels(parts)
  return {
    registeredModels: { ...createModels(parts), ...aliases, search: searchModels(deps.db) },
    modelImports: createImports(parts),
    modelVersions: { ...createVersions(parts), setStage, search: searchVersions(deps.db) },
  }
}
