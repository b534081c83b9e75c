import { z } from 'zod'
import { StoredFile } from './artifacts.ts'
import { Name } from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { ModelVersion, oneModel, oneVersion } from './registry.ts'

/** Ways to use a version: the first three ask an endpoint, the others load the files. */
export const SnippetLanguage = z.enum(['curl', 'python', 'node', 'onnxruntime', 'mlflow', 'safetensors'])
export type SnippetLanguage = z.infer<typeof SnippetLanguage>

/** Code that runs as it is. */
export const Snippet = z
  .object({
    language: SnippetLanguage,
    text: z.string(),
    /** What must be installed beside the language itself. */
    needs: z.array(z.string()),
    /** The endpoint that it asks; null when it loads the files. */
    endpoint: Name.nullable(),
  })
  .meta({ id: 'Snippet' })
export type Snippet = z.infer<typeof Snippet>

export const VersionSnippets = z
  .object({
    items: z.array(Snippet),
    /** Where the values in the code come from. */
    sample: z.enum(['golden', 'typical', 'example', 'none']),
    /** Languages without code, and what to do about it. */
    missing: z.array(z.object({ language: SnippetLanguage, why: z.string() })),
  })
  .meta({ id: 'VersionSnippets' })
export type VersionSnippets = z.infer<typeof VersionSnippets>

/** Name of the folder that a version is downloaded as: one on every disk. */
export const folderNameOf = ({ model, version }: { readonly model: string; readonly version: number }): string =>
  `${model.replaceAll(/[^\p{L}\p{N}_.-]/gu, '_').replace(/^[.-]/, '_')}-${version}`

/** A folder of weights: files of safetensors, and what describes the network that they belong to. */
export const NewFolderVersion = z.object({
  /** Stored already; at least one ends in `.safetensors`. Their paths are those below the folder. */
  files: z.array(StoredFile).min(1).max(1000),
  /** Markdown; null takes the `README.md` of the folder, or what the files tell. */
  card: z
    .string()
    .max(1024 ** 2)
    .nullable(),
  ...ModelVersion.pick({ metrics: true, params: true }).shape,
})
export type NewFolderVersion = z.infer<typeof NewFolderVersion>

/** A version to take along, code to use it, and one that is files of any network. */
export const modelFiles = defineEndpoints({
  download: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions/{version}/download',
    summary: 'Read a version as a folder in a tar: model, card, signature, samples, metadata and SHA256SUMS.',
    access: 'registry:read',
    params: oneVersion,
    success: { status: 200, mediaType: 'application/x-tar' },
    errors: ['registry.version_not_found', 'registry.nothing_to_download'],
  },
  registerFolder: {
    method: 'POST',
    path: '/api/v1/models/{model}/versions/from-files',
    summary: 'Register stored files of safetensors as a version: kept, described and downloaded, but not served.',
    access: 'registry:write',
    params: oneModel,
    body: NewFolderVersion,
    success: { status: 201, body: ModelVersion },
    errors: ['registry.bad_folder', 'artifacts.bad_path', 'artifacts.path_clash'],
  },
  snippets: {
    method: 'GET',
    path: '/api/v1/models/{model}/versions/{version}/snippets',
    summary: 'Read code that uses a version, with a sample that it was proved on.',
    access: 'registry:read',
    params: oneVersion,
    success: { status: 200, body: VersionSnippets },
    errors: ['registry.version_not_found'],
  },
})
