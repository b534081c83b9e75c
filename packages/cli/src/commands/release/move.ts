import { plural } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline as pump } from 'node:stream/promises'
import { uploadContents } from '../../pipeline/upload.ts'
import { withBundle } from '../../release/bundle.ts'
import { packTar } from '../../release/tar.ts'
import { type CommonOptions, connect, type Connection, outputOf } from '../common.ts'
import { findRelease, nameOf } from './releases.ts'

interface ExportOptions extends CommonOptions {
  readonly output: string
}

/** Writes a bundle: a `.tar`, or else a folder that is not there yet. */
export async function exportOne(id: string, options: ExportOptions): Promise<number> {
  const connection = await connect(options)
  const { spec, ...release } = await findRelease(connection, id)
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-release-'))
  try {
    await writeFile(join(folder, 'release.json'), `${JSON.stringify(release.document, null, 2)}\n`)
    await writeFile(join(folder, 'spec.json'), `${JSON.stringify(spec, null, 2)}\n`)
    const digests = [...new Set(release.document.files.map(({ digest }) => digest))].toSorted()
    const names = await downloadAll(connection, digests, folder)
    await place(folder, ['release.json', 'spec.json', ...names], options.output)
    outputOf(options).result({ output: options.output, release }, () => [
      `${nameOf(release)} is in ${options.output}: ${plural(names.length, 'file')} of code`,
      `next   evenkeel release verify ${options.output}`,
    ])
    return exitCodes.ok
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function downloadAll({ artifacts }: Connection, digests: readonly string[], folder: string): Promise<string[]> {
  await mkdir(join(folder, 'code'))
  const names = digests.map((digest) => `code/${digest.slice('sha256:'.length)}`)
  for (const [at, digest] of digests.entries()) {
    const { stream } = await artifacts.download({ params: { digest } })
    await pump(
      Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]),
      createWriteStream(join(folder, names[at]!)),
    )
  }
  return names
}

async function place(folder: string, names: readonly string[], output: string): Promise<void> {
  if (output.endsWith('.tar')) {
    await packTar(folder, names, `${output}.unfinished`)
    await rename(`${output}.unfinished`, output)
    return
  }
  await mkdir(join(output, 'code'), { recursive: true })
  for (const name of names) await writeFile(join(output, name), await readFile(join(folder, name)))
}

/** Sends a bundle to a server, which takes it when it trusts the key that signed it. */
export async function importOne(path: string, options: CommonOptions): Promise<number> {
  const connection = await connect(options)
  return withBundle(path, async ({ document, spec, files, folder }) => {
    if (folder === undefined) throw noCode(path)
    const contents = new Map(
      [...(files ?? [])].map(([name]) => [`sha256:${name}`, { path: join(folder, name), sizeBytes: 0 }]),
    )
    await uploadContents(connection.artifacts, contents, new Set())
    const { pipeline } = document
    const { release, warnings } = await connection.releases.importOne({
      params: { pipeline },
      body: { document, spec },
    })
    outputOf(options).result({ release, warnings }, () => [
      `${nameOf(release)} is here; it was released as version ${document.version} by ${document.releasedBy}`,
      ...warnings.map((warning) => `  note   ${warning}`),
      `next   evenkeel promote-pipeline ${pipeline} --to staging --version ${release.version}`,
    ])
    return exitCodes.ok
  })
}

const noCode = (path: string) =>
  new CliError({
    code: 'cli.no_release',
    message: `${path} is no bundle`,
    why: 'it is the document alone, without the spec and the code',
    fix: 'evenkeel release export NAME@VERSION --output bundle.tar   makes a bundle',
    exitCode: exitCodes.usage,
  })

interface TrustOptions extends CommonOptions {
  readonly name: string
}

/** Lets an admin say whose releases are taken. */
export async function trust(file: string, options: TrustOptions): Promise<number> {
  const { releases } = await connect(options)
  const key = await releases.trust({ body: { publicKey: await readFile(file, 'utf8'), name: options.name } })
  outputOf(options).result(key, () => `releases of ${key.name} (key ${key.id}) are taken from now on`)
  return exitCodes.ok
}

/** Prints the public keys that are trusted; the one of the server comes first. */
export async function keys(options: CommonOptions): Promise<number> {
  const { releases } = await connect(options)
  const { items } = await releases.keys()
  outputOf(options).result({ items }, () =>
    items.flatMap(({ id, name, own, publicKey }) => [`# ${id}  ${name}${own ? ' (own)' : ''}`, publicKey.trim()]),
  )
  return exitCodes.ok
}
