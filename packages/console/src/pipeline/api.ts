import { createClient } from '@evenkeel/client'
import { releases, runtimes, stepResults, triggers } from '@evenkeel/contract'
import { clientOptions } from '../api.ts'

export const pipelineApi = {
  releases: createClient(releases, clientOptions),
  runtimes: createClient(runtimes, clientOptions),
  stepResults: createClient(stepResults, clientOptions),
  triggers: createClient(triggers, clientOptions),
}
