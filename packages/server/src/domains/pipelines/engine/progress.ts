import { z } from 'zod'
import type { Executor, Handle } from '../executors/executor.ts'

const Line = z.object({ progress: z.number().min(0).max(1), says: z.string().max(500).default('') })

export interface Progress {
  readonly share: number
  readonly says: string
}

const chunkBytes = 256 * 1024

/**
 * Follows what a step appends to its metrics file.
 *
 * @returns reads on from where it stopped: the newest progress in the complete lines that came since, or `undefined`
 */
export function followProgress(executor: Executor, handle: Handle): () => Promise<Progress | undefined> {
  let offset = 0
  return async () => {
    let newest: Progress | undefined
    for (;;) {
      const bytes = await executor.read(handle, 'metrics.jsonl', offset, chunkBytes)
      const complete = bytes.lastIndexOf('\n') + 1
      // A line that fills the whole chunk is no line of ours; it is passed over.
      const read = complete > 0 || bytes.length < chunkBytes ? complete : bytes.length
      if (read === 0) return newest
      offset += read
      newest = newestProgress(bytes.toString('utf8', 0, complete)) ?? newest
    }
  }
}

/** The last line that speaks of progress; metrics and broken lines are not ours to judge. */
export function newestProgress(text: string): Progress | undefined {
  const found = text
    .split('\n')
    .map(parseLine)
    .findLast((line) => line !== undefined)
  return found && { share: found.progress, says: found.says }
}

function parseLine(line: string): z.output<typeof Line> | undefined {
  if (!line.includes('"progress"')) return undefined
  try {
    return Line.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
