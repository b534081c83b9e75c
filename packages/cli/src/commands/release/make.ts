import { plural } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { nameOf, releasedFrom } from './releases.ts'

interface MakeOptions extends CommonOptions {
  readonly version?: number
  readonly notes?: string
  readonly allowDirty?: boolean
}

/** Makes an immutable, signed release of a version. */
export async function make(pipeline: string, options: MakeOptions): Promise<number> {
  const { releases } = await connect(options)
  const { version, notes = '', allowDirty = false } = options
  const body = { notes, allowDirty, ...(version !== undefined && { version }) }
  const release = await releases.create({ params: { pipeline }, body })
  const { document } = release
  outputOf(options).result(release, () => [
    `${nameOf(release)} is released: ${plural(document.steps.length, 'step')}, ${plural(document.files.length, 'file')}, ${releasedFrom(document)}`,
    `  spec     ${document.specDigest}`,
    `  signed   with the key ${document.keyId}, by ${document.releasedBy}`,
    `next   evenkeel promote-pipeline ${pipeline} --to staging --version ${release.version} --smoke`,
  ])
  return exitCodes.ok
}
