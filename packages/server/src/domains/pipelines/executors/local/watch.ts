import { watch } from 'node:fs'

export interface FolderWatch {
  /** Settles when something in the folder changes, and after a while when nothing does. */
  change(): Promise<void>
  close(): void
}

const idleMs = 1000
/** How often to look where the system cannot tell us, because its watches are used up or it has none. */
const blindMs = 50

/** Watches one folder from now on: what changes between two calls of `change` is not missed. */
export function watchFolder(folder: string, signal: AbortSignal): FolderWatch {
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
  const watcher = tryWatch(folder, wake, beBlind)
  if (!watcher) waitMs = blindMs
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
      watcher?.close()
      signal.removeEventListener('abort', wake)
    },
  }
}

function tryWatch(folder: string, onChange: () => void, onError: () => void) {
  try {
    return watch(folder, onChange).on('error', onError)
  } catch {
    return undefined
  }
}
