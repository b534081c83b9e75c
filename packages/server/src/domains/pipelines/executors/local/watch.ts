import { watch as watchFiles } from 'node:fs'

export interface Watch {
  /** Settles when something changes, and after a while when nothing does. */
  change(): Promise<void>
  close(): void
}

const idleMs = 1000
/** How often to look where nobody can tell us. */
const blindMs = 50

/** Watches one folder from now on: what changes between two calls of `change` is not missed. */
export const watchFolder = (folder: string, signal: AbortSignal): Watch =>
  watch(signal, (wake, beBlind) => {
    const watcher = tryWatch(folder, wake, beBlind)
    // The system has none, or they are used up.
    if (!watcher) beBlind()
    return () => watcher?.close()
  })

/** Waits for the end of a process. Whether somebody has told it or nobody can: from then on one has to look. */
export const watchProcess = (gone: Promise<void>, signal: AbortSignal): Watch =>
  watch(signal, (_, beBlind) => {
    void gone.then(beBlind)
    return () => {}
  })

function watch(signal: AbortSignal, subscribe: (wake: () => void, beBlind: () => void) => () => void): Watch {
  let next = Promise.withResolvers<void>()
  let waitMs = idleMs
  const wake = () => {
    next.resolve()
    next = Promise.withResolvers()
  }
  const beBlind = () => {
    waitMs = blindMs
    wake()
  }
  const unsubscribe = subscribe(wake, beBlind)
  signal.addEventListener('abort', wake, { once: true })
  let changed = next.promise

  return {
    async change() {
      const timer = setTimeout(wake, waitMs)
      await changed
      clearTimeout(timer)
      changed = next.promise
    },
    close() {
      unsubscribe()
      signal.removeEventListener('abort', wake)
    },
  }
}

function tryWatch(folder: string, onChange: () => void, onError: () => void) {
  try {
    return watchFiles(folder, onChange).on('error', onError)
  } catch {
    return undefined
  }
}
