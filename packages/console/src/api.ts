import { createClient } from '@evenkeel/client'
import { deployments, governance, loop, monitoring, pipelines, registry } from '@evenkeel/contract'

export const clientOptions = { baseUrl: window.location.origin }

/** What the first screen may ask; pages that are loaded later bring clients of their own. */
export const api = {
  deployments: createClient(deployments, clientOptions),
  governance: createClient(governance, clientOptions),
  loop: createClient(loop, clientOptions),
  monitoring: createClient(monitoring, clientOptions),
  pipelines: createClient(pipelines, clientOptions),
  registry: createClient(registry, clientOptions),
}
