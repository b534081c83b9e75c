import { setTimeout as delay } from 'node:timers/promises'

/** Runs `work` soon after it is called, never twice at once, and starts at least `pauseMs` apart. */
export function throttle(pauseMs: number, work: () => Promise<void>): { call(): void; stop(): Promise<void> } {
  let asked = false
  let stopped = false
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    while (asked && !stopped) {
      asked = false
      await work()
      await delay(pauseMs)
    }
    running = undefined
  }

  return {
    call() {
      asked = true
      running ??= run()
    },
    async stop() {
      stopped = true
      await running
    },
  }
}
