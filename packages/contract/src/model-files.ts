import { z } from 'zod'
import { Name } from './common.ts'
import { defineEndpoints } from './endpoint.ts'
import { oneVersion } from './registry.ts'

/** Ways to use a version: the first three ask an endpoint, the others load the files. */
export const SnippetLanguage = z.enum(['curl', 'python', 'node', 'onnxruntime', 'mlflow'])
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

/** A version to take along, and code to use it. */
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
