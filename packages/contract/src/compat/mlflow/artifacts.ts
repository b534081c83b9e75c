import { z } from 'zod'
import { defineRpcs } from './rpc.ts'
import { int32, repeated, required } from './scalars.ts'

/** `is_dir` is always there, since clients index it; a folder has no size. */
export const MlflowFile = z
  .object({ path: z.string(), is_dir: z.boolean(), file_size: z.number().optional() })
  .meta({ id: 'MlflowFile' })
export type MlflowFile = z.infer<typeof MlflowFile>

const listing = z.object({ root_uri: z.string(), files: z.array(MlflowFile) })
const read = { methods: ['GET'], versions: ['2.0'], access: 'artifacts:read' } as const

/** Files of a run and of a logged model, by paths below its root. */
export const mlflowArtifacts = defineRpcs({
  listArtifacts: {
    ...read,
    path: 'artifacts/list',
    summary: 'List what lies in a folder of a run.',
    request: z.object({ run_id: required, path: z.string().default('') }),
    response: listing,
  },
  listLoggedModelArtifacts: {
    ...read,
    path: 'logged-models/{model_id}/artifacts/directories',
    summary: 'List what lies in a folder of a logged model.',
    request: z.object({ model_id: required, artifact_directory_path: z.string().default('') }),
    response: listing,
  },
})

/** Messages of the artifact proxy, whose routes end in a path and so are no RPCs. */
export const mlflowProxy = {
  list: z.object({ path: z.string().default('') }),
  /** `path` is where the file lies on the client's machine: its last part counts. */
  createUpload: z.object({ path: required, num_parts: int32.default(1) }),
  completeUpload: z.object({
    path: required,
    upload_id: required,
    parts: repeated(z.object({ part_number: int32, etag: z.string().nullish() })),
  }),
  abortUpload: z.object({ path: required, upload_id: required }),
  uploadPart: z.object({ upload_id: required, number: int32 }),
  runFile: z.object({ run_id: required, path: required }),
  versionFile: z.object({ name: required, version: required, path: required }),
  modelFile: z.object({ model_id: required, artifact_file_path: required }),
} as const
