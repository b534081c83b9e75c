import type { Log } from './logging.ts'

export interface Lifecycle {
  /** Registers what to stop; the last one opened is the first one stopped. */
  onStop(name: string, stop: () => unknown): void
  /** Stops everything once, one after the other; what fails is logged and does not keep the rest running. */
  stop(): Promise<void>
  /** Stops on SIGINT and SIGTERM; a second signal ends the process at once. */
  stopOnSignals(): void
}

export function createLifecycle(log: Log): Lifecycle {
  const steps: { name: string; stop: () => unknown }[] = []
  let stopping: Promise<void> | undefined

  async function stopAll(): Promise<void> {
    for (const { name, stop } of steps.toReversed()) {
      try {
        await stop()
      } catch (error) {
        log.error({ err: error, name }, 'could not be stopped')
      }
    }
  }

  const stop = () => (stopping ??= stopAll())

  return {
    onStop: (name, step) => void steps.push({ name, stop: step }),
    stop,
    stopOnSignals() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => {
          if (stopping) process.exit(130)
          void stop()
        })
      }
    },
  }
}
