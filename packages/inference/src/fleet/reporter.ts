import type { Client } from '@evenkeel/client'
import type { ArmCounters, fleet, NodeStatus } from '@evenkeel/contract'
import type { Log } from '../log.ts'

export interface Reporter {
  /** Seconds since the control plane last took a report; since the start before the first. */
  readonly silenceSeconds: number
  /** Reports a last time, so that no count is lost. */
  stop(): Promise<void>
}

interface ReporterParts {
  readonly api: Client<typeof fleet>
  readonly log: Log
  readonly report: () => { node: string; bootId: string; url: string; status: NodeStatus; arms: ArmCounters[] }
}

const everyMs = 1000
const timeoutMs = 5000
const lastTimeoutMs = 1000

/** Reports each second. The control plane may be away for as long as it likes. */
export function startReporter({ api, log, report }: ReporterParts): Reporter {
  let heardAt = performance.now()
  let isAway = false
  let sending: Promise<void> | undefined

  async function send(withinMs: number): Promise<void> {
    try {
      await api.report({ body: report() }, { signal: AbortSignal.timeout(withinMs) })
      heardAt = performance.now()
      if (isAway) log.info('the control plane takes reports again')
      isAway = false
    } catch (error) {
      if (!isAway) log.warn({ err: error }, 'the control plane does not take reports; serving goes on')
      isAway = true
    }
  }

  const timer = setInterval(() => {
    sending ??= send(timeoutMs).finally(() => (sending = undefined))
  }, everyMs)
  return {
    get silenceSeconds() {
      return (performance.now() - heardAt) / 1000
    },
    async stop() {
      clearInterval(timer)
      await sending
      await send(lastTimeoutMs)
    },
  }
}
