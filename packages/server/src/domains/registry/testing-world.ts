import { createClient } from '@evenkeel/client'
import { type NewModelVersion, registry as endpoints } from '@evenkeel/contract'
import type { Platform } from '../../platform/server.ts'
import { startWorld } from '../../testing.ts'
import { registryRoutes } from './routes.ts'
import { createRegistry, type Registry, type RegistryDeps } from './service.ts'
import { newVersion, onnxOf, quietNeighbours } from './testing.ts'

/** A server with a registry; `deps` says what its neighbours answer where they shall not be quiet. */
export async function startRegistry(deps: (platform: Platform) => Partial<RegistryDeps> = () => ({})) {
  let registry: Registry | undefined
  const world = await startWorld({
    domains: (platform) => {
      const { db, blobs } = platform
      registry = createRegistry({ ...quietNeighbours, db, blobs, now: () => new Date(), ...deps(platform) })
      const created = registry
      return [{ routes: (app) => registryRoutes(app, created), subscriptions: created.subscriptions }]
    },
  })
  const put = (bytes: string | Uint8Array) => world.platform.blobs.put(Buffer.from(bytes))

  return {
    ...world,
    registry: registry!,
    put,

    /** A version whose file differs by its note and takes `hour`. */
    async register(model: string, note: string, changes: Partial<NewModelVersion> = {}) {
      const artifact = await put(
        onnxOf([{ name: 'hour', type: 1, shape: ['N', 1] }], [{ name: 'probability', type: 1, shape: ['N', 1] }], note),
      )
      const body = newVersion(artifact, changes)
      return createClient(endpoints, world.clientOptions()).register({ params: { model }, body })
    },
  }
}

export type RegistryWorld = Awaited<ReturnType<typeof startRegistry>>
