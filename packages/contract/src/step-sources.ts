import { z } from 'zod'
import { defineEndpoints, defineErrors } from './endpoint.ts'
import { CodeFile } from './pipeline-spec.ts'
import { SecretName } from './secret-name.ts'
import { StepSource } from './step-source.ts'

export const stepSourcesErrors = defineErrors({
  'pipelines.step_source_refused': {
    status: 422,
    message: 'The step of another repository cannot be used; nothing was stored.',
    fix: 'Correct what the detail names: the address, the commit, the folder, the secret, or the setting of the server.',
    details: z.object({ reason: z.string() }),
  },
})

export const stepSources = defineEndpoints({
  fetch: {
    method: 'POST',
    path: '/api/v1/step-sources',
    summary: 'Fetch a folder of a git repository at one commit, once, so that pipelines can use it as a step.',
    access: 'pipelines:write',
    body: StepSource.extend({
      /** The secret of the project that holds `user:token`, or a token alone. */
      credentialsSecret: SecretName.optional(),
    }),
    success: {
      status: 200,
      body: z.object({
        source: StepSource,
        /** Everything below the folder, stored, with paths relative to it. */
        files: z.array(CodeFile),
      }),
    },
    errors: ['pipelines.step_source_refused'],
  },
})
