import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@evenkeel/client'
import type { DesiredState, fleet } from '@evenkeel/contract'
import type { Log } from '../log.ts'
import type { Environment } from './environment.ts'

export interface FleetFollower {
  stop(): Promise<void>
}

interface FollowerParts {
  readonly api: Client<typeof fleet>
  readonly environment: Environment
  readonly node: string
  readonly log: Log
}

/** Follows the desired state of one environment for ever. A newer state overtakes one that is still being loaded. */
export function followFleet({ api, environment, node, log }: FollowerParts): FleetFollower {
  const end = new AbortController()
  let overtaken = new AbortController()
  let next: DesiredState | undefined
  let working = false
  let work: Promise<void> = Promise.resolve()

  async function applyAll(): Promise<void> {
    working = true
    for (let state = next; state && !end.signal.aborted; state = next) {
      next = undefined
      overtaken = new AbortController()
      await environment.apply(state, AbortSignal.any([end.signal, overtaken.signal]))
    }
    working = false
  }

  async function read(): Promise<void> {
    const request = { params: { environment: environment.name }, query: { node } }
    for await (const { data } of api.follow(request, { signal: end.signal })) {
      next = data
      overtaken.abort()
      if (!working) work = applyAll()
    }
  }

  async function readForever(): Promise<void> {
    while (!end.signal.aborted) {
      await read().catch((error: unknown) =>
        log.warn({ err: error }, 'the control plane refused the stream of desired states; trying again'),
      )
      await sleep(1000 + Math.random() * 1000, undefined, { signal: end.signal }).catch(() => undefined)
    }
  }

  const reading = readForever()
  return {
    async stop() {
      end.abort()
      await reading
      await work
    },
  }
}
