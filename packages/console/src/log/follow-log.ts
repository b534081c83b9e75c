import type { pipelines, ResultOf } from '@evenkeel/contract'

export type LogPage = ResultOf<(typeof pipelines)['readLog']>

interface FollowOptions {
  readonly read: (offset: number, signal: AbortSignal) => Promise<LogPage>
  /** What was read since the last time, or why it could not be. */
  readonly tell: (news: LogPage | Error) => void
  /** Ends when it is time to look again. */
  readonly wait: (ms: number) => Promise<void>
  readonly signal: AbortSignal
}

const LOOK_AGAIN_MS = 1000
const AFTER_FAULT_MS = 5000

/** Reads a log to its end and then what is added, until nothing more will come. */
export async function followLog({ read, tell, wait, signal }: FollowOptions): Promise<void> {
  let offset = 0
  while (!signal.aborted) {
    const page = await read(offset, signal).catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    )
    if (signal.aborted) return
    tell(page)
    if (page instanceof Error) {
      await wait(AFTER_FAULT_MS)
      continue
    }
    if (page.ended) return
    offset = page.nextOffset
    if (page.text === '') await wait(LOOK_AGAIN_MS)
  }
}
