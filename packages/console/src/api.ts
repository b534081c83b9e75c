import { createClient } from '@evenkeel/client'
import { deployments, governance, lineage, loop, monitoring, pipelines, registry, triggers } from '@evenkeel/contract'

const options = { baseUrl: window.location.origin }

export const api = {
  deployments: createClient(deployments, options),
  governance: createClient(governance, options),
  lineage: createClient(lineage, options),
  loop: createClient(loop, options),
  monitoring: createClient(monitoring, options),
  pipelines: createClient(pipelines, options),
  registry: createClient(registry, options),
  triggers: createClient(triggers, options),
}
