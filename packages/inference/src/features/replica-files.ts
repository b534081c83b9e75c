import { createReadStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type FeatureUpdate, FeatureViewSpec, Tile } from '@evenkeel/contract'
import { z } from 'zod'
import { isErrno, writeFileSafely } from '../files.ts'
import type { ViewReplica } from './replica.ts'

const Head = z.object({ view: z.string(), version: z.int(), sequence: z.int(), spec: FeatureViewSpec })

const fileOf = (folder: string, view: string) => join(folder, `${view}.jsonl`)

/** Saves a replica as JSON lines: the definition, then a line per key. Gives way to requests between keys. */
export async function saveReplica(folder: string, replica: ViewReplica): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFileSafely(fileOf(folder, replica.view), linesOf(replica))
}

async function* linesOf(replica: ViewReplica): AsyncGenerator<string> {
  const { view, version, sequence, spec } = replica
  yield `${JSON.stringify({ view, version, sequence, spec } satisfies z.infer<typeof Head>)}\n`
  for (const tile of replica.tiles()) {
    yield `${JSON.stringify(tile)}\n`
    await nextTurn()
  }
}

/** The replica as it was saved, as a snapshot; undefined when there is none or it cannot be read. */
export async function loadReplica(folder: string, view: string): Promise<FeatureUpdate | undefined> {
  try {
    const lines = createInterface({ input: createReadStream(fileOf(folder, view)), crlfDelay: Infinity })
    let head: z.infer<typeof Head> | undefined
    const tiles: Tile[] = []
    for await (const line of lines) {
      if (head) tiles.push(Tile.parse(JSON.parse(line)))
      else head = Head.parse(JSON.parse(line))
    }
    return head && { kind: 'snapshot', ...head, tiles }
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError || error instanceof z.ZodError) return undefined
    throw error
  }
}
