import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Handle, Usage } from './executor.ts'

/** What the shell of the launcher says of all that it waited for: user and system time, in its second line. */
async function cpuSecondsOf(home: string): Promise<number | null> {
  const text = await readFile(join(home, 'control/usage'), 'utf8').catch(() => '')
  const times = [...text.matchAll(/(\d+)m([\d.,]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds!.replace(',', '.')),
  )
  return times.length === 4 ? times[2]! + times[3]! : null
}

/**
 * What a job used, by the files it left.
 *
 * @param memoryFile - below `control`: `peak-memory`, which this host wrote, or `cgroup-peak` of a container of its own
 */
export async function usageOf(home: Handle, memoryFile: 'peak-memory' | 'cgroup-peak' | undefined): Promise<Usage> {
  const text = memoryFile && (await readFile(join(home, 'control', memoryFile), 'utf8').catch(() => ''))
  const bytes = Number.parseInt(text ?? '')
  return { cpuSeconds: await cpuSecondsOf(home), peakMemoryBytes: bytes > 0 ? bytes : null }
}

/** Looks what a process and all that it started hold now, and writes down the most there was. Linux only. */
export async function noteMemory(home: Handle, leader: number): Promise<void> {
  const bytes = await residentBytes(await childrenOf(leader))
  if (bytes === 0) return
  const file = join(home, 'control/peak-memory')
  const before = Number.parseInt(await readFile(file, 'utf8').catch(() => '0'))
  if (bytes > before) await writeFile(file, `${bytes}\n`)
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const own = text.split(' ').filter(Boolean).map(Number)
  const below = await Promise.all(own.map(childrenOf))
  return [...own, ...below.flat()]
}

/** Pages that several share are counted once for each. */
async function residentBytes(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')))
  return texts.reduce((sum, text) => sum + Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024, 0)
}
