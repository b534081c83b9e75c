import { useSyncExternalStore } from 'react'

/** Whether anyone asked for the palette yet, and who to tell when it opens again. */
let wanted = false
const listeners = new Set<() => void>()
let open: (() => void) | undefined

/** Opens the palette; the first time it is loaded, and opens when it is there. */
export function openPalette(): void {
  wanted = true
  for (const listener of listeners) listener()
  open?.()
}

/** The palette says how it is opened. */
export function setPaletteOpener(opener: () => void): void {
  open = opener
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const usePaletteWanted = (): boolean => useSyncExternalStore(subscribe, () => wanted)
