import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DesiredState } from '@evenkeel/contract'
import { z } from 'zod'
import { readText, writeFileSafely } from '../files.ts'

const Kept = z.object({ current: DesiredState, previous: DesiredState.nullable() })

/** The last desired states of one environment that this node has served: what it starts with. */
export type KeptStates = z.infer<typeof Kept>

/** Undefined when there is none. A file that cannot be read counts as none: the stream brings the state again. */
export async function readStates(path: string): Promise<KeptStates | undefined> {
  const text = await readText(path)
  if (text === undefined) return undefined
  try {
    return Kept.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export async function keepStates(path: string, states: KeptStates): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFileSafely(path, JSON.stringify(states))
}
