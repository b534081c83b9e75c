import { fileUrl, createSource } from '../../import/source/index.ts'
import { type SourceHttp, SourceRefusal } from '../../import/source/http.ts'
import { loggedModelsPage } from '../../import/source/messages.ts'
import { registryOf } from './registry.ts'
import { trackingOf } from './tracking.ts'

/** An MLflow server that is exported to: read as an import reads one, and written over its public API. */
export function createTarget(http: SourceHttp) {
  return {
    ...createSource(http),
    tracking: trackingOf(http),
    registry: registryOf(http),

    /** Whether it keeps logged models, as MLflow 3 does. */
    async keepsLoggedModels(): Promise<boolean> {
      try {
        await http.post('/api/2.0/mlflow/logged-models/search', { experiment_ids: ['0'] }, loggedModelsPage)
        return true
      } catch (error) {
        if (error instanceof SourceRefusal && [404, 405].includes(error.status)) return false
        throw error
      }
    },

    putFile: (
      at: { readonly folder: string; readonly path: string },
      file: () => Promise<ReadableStream<Uint8Array>>,
      sizeBytes: number,
    ) => http.put(fileUrl(at.folder, at.path), file, sizeBytes),
  }
}

export type Target = ReturnType<typeof createTarget>
