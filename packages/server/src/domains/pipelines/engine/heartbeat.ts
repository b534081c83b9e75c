import type { Executor, Handle } from '../executors/executor.ts'

/**
 * Follows the heartbeat file of a job.
 *
 * @param since - what counts for as long as the file has not been touched
 * @returns asks anew: how long it has been silent, the first time that is too long; `undefined` at all other times
 */
export function followHeartbeat(
  executor: Executor,
  handle: Handle,
  since: Date,
  longestMs: number,
): () => Promise<number | undefined> {
  let told = false
  return async () => {
    if (told) return undefined
    const seen = await executor.observe(handle)
    if (seen.state !== 'running') return undefined
    // Of files and of this, the clock is the machine's.
    const silentMs = Date.now() - Math.max(seen.heartbeatAt?.getTime() ?? 0, since.getTime())
    told = silentMs >= longestMs
    return told ? silentMs : undefined
  }
}
