import { createClient } from '@evenkeel/client'
import {
  backfills,
  deployments,
  governance,
  lineage,
  loop,
  monitoring,
  pipelines,
  registry,
  releases,
  runtimes,
  stepResults,
  triggers,
} from '@evenkeel/contract'

const options = { baseUrl: window.location.origin }

export const api = {
  backfills: createClient(backfills, options),
  deployments: createClient(deployments, options),
  governance: createClient(governance, options),
  lineage: createClient(lineage, options),
  loop: createClient(loop, options),
  monitoring: createClient(monitoring, options),
  pipelines: createClient(pipelines, options),
  registry: createClient(registry, options),
  releases: createClient(releases, options),
  stepResults: createClient(stepResults, options),
  runtimes: createClient(runtimes, options),
  triggers: createClient(triggers, options),
}
