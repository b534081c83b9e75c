import { isFolder, type ModelVersion } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { FolderFile } from './tar.ts'

/** A file that a client of MLflow logged. */
export interface LoggedFile {
  /** Below the folder of the model. */
  readonly path: string
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * What the folder of a version holds: `model.onnx`, what MLflow logged under `mlflow/` or what was registered as a folder
 * under `files/`, the card as the `README.md` of
 * Hugging Face, signature, samples, everything that is known in `version.json`, and last the digests of all.
 *
 * @param request - one sample as a request of the Open Inference Protocol
 */
export async function folderOf(
  blobs: BlobStore,
  version: ModelVersion,
  { logged, request }: { readonly logged: readonly LoggedFile[]; readonly request: string | null },
): Promise<readonly FolderFile[]> {
  const { artifact, golden, signature, card, ...rest } = version
  const blob = (path: string, digest: string, sizeBytes: number): FolderFile => ({
    path,
    digest,
    sizeBytes,
    open: (range) => blobs.open(digest, range),
  })
  const files = [
    ...(artifact ? [blob('model.onnx', artifact.digest, artifact.sizeBytes)] : []),
    ...logged.map(({ path, digest, sizeBytes }) => blob(`${loggedFolderOf(version)}/${path}`, digest, sizeBytes)),
    ...(golden === null ? [] : [blob('golden.json', golden, (await blobs.stat(golden)).sizeBytes)]),
    ...(signature ? [textFile('signature.json', jsonText(signature))] : []),
    ...(request === null ? [] : [textFile('request.json', request)]),
    textFile('README.md', card),
    textFile('version.json', jsonText({ ...rest, artifact, golden, signature })),
  ]
  return [...files, textFile('SHA256SUMS', files.map(sumLine).join(''))]
}

/** Where the files lie in a download that are no ONNX. */
export const loggedFolderOf = (version: Pick<ModelVersion, 'origin'>): string =>
  isFolder(version) ? 'files' : 'mlflow'

/** As `sha256sum --check` reads it. */
const sumLine = ({ path, digest }: FolderFile) => `${digest.slice('sha256:'.length)}  ${path}\n`

const jsonText = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

function textFile(path: string, text: string): FolderFile {
  const bytes = Buffer.from(text)
  return {
    path,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    sizeBytes: bytes.length,
    open: (range) => Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes]),
  }
}
