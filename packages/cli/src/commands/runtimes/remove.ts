import type { Runtime } from '@evenkeel/contract'
import { bytesText } from '../../bytes-text.ts'
import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { digitsOf } from './words.ts'

export async function remove(runtime: string, options: CommonOptions): Promise<number> {
  const { runtimes } = await connect(options)
  const removed = await runtimes.remove({ params: { runtime } })
  outputOf(options).result(removed, () => [lineOf(removed)])
  return exitCodes.ok
}

interface PruneOptions extends CommonOptions {
  /** In seconds. */
  readonly olderThan: number
}

export async function prune({ olderThan, ...options }: PruneOptions): Promise<number> {
  const { runtimes } = await connect(options)
  const pruned = await runtimes.prune({ body: { olderThanSeconds: olderThan } })
  outputOf(options).result(pruned, () =>
    pruned.removed.length > 0 ? pruned.removed.map(lineOf) : ['nothing is that old, or it is in use'],
  )
  return exitCodes.ok
}

const lineOf = (one: Runtime): string =>
  `${digitsOf(one)} is removed${one.sizeBytes === null ? '' : `: ${bytesText(one.sizeBytes)}`}`
