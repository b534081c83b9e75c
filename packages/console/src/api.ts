import { createClient } from '@evenkeel/client'
import { deployments, governance, loop, monitoring, pipelines, registry, runtimes, triggers } from '@evenkeel/contract'

const options = { baseUrl: window.location.origin }

export const api = {
  deployments: createClient(deployments, options),
  governance: createClient(governance, options),
  loop: createClient(loop, options),
  monitoring: createClient(monitoring, options),
  pipelines: createClient(pipelines, options),
  registry: createClient(registry, options),
  runtimes: createClient(runtimes, options),
  triggers: createClient(triggers, options),
}
