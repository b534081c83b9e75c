import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@evenkeel/client'
import type { Ack, fleet } from '@evenkeel/contract'
import type { Log } from '../log.ts'

/** Tells the control plane what became of a state. Never throws and never waits: serving does not depend on it. */
export type Acknowledge = (ack: Ack) => void

const attempts = 6

/** Sends answers in their order. An answer that is lost is given again when the stream brings the state again. */
export function createAcknowledger(api: Client<typeof fleet>, log: Log): Acknowledge {
  let last: Promise<void> = Promise.resolve()

  async function send(ack: Ack): Promise<void> {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      try {
        await api.acknowledge({ body: ack })
        return
      } catch (error) {
        if (attempt === attempts)
          log.warn({ err: error, stage: ack.stage }, 'the control plane did not take an acknowledgement')
        else await sleep(100 * 2 ** attempt * (0.5 + Math.random() / 2))
      }
    }
  }

  return (ack) => {
    last = last.then(() => send(ack))
  }
}
