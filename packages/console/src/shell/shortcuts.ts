import type { Places } from './places.ts'
import { pathTo } from './paths.ts'

/** Where `g` and a letter lead: the screen, or the first thing of its kind. */
export const GO_KEYS = {
  l: 'Loop',
  r: 'Experiments',
  p: 'Pipelines',
  m: 'Models',
  y: 'Deployments',
  n: 'Monitors',
} as const
export type GoKey = keyof typeof GO_KEYS

/** Path of the page, or `undefined` while there is no such thing. */
export function pathOfKey(key: GoKey, places: Places | undefined): string | undefined {
  const first = (kind: Parameters<typeof pathTo>[0], [name]: readonly string[] = []) =>
    name === undefined ? undefined : pathTo(kind, name)
  switch (key) {
    case 'l':
      return '/'
    case 'r':
      return '/experiments'
    case 'p':
      return '/pipelines'
    case 'm':
      return first('models', places?.models)
    case 'y':
      return first('deployments', places?.endpoints)
    case 'n':
      return first('monitors', places?.monitors)
  }
}

export const isGoKey = (key: string): key is GoKey => Object.hasOwn(GO_KEYS, key)

/** Whether a key belongs to what is being typed or to a dialog, and not to us. */
export function isTaken({ target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const element = target instanceof HTMLElement ? target : null
  const typing = element?.closest('input, textarea, select, [contenteditable]') ?? null
  return ctrlKey || metaKey || altKey || typing !== null || document.querySelector('[role=dialog]') !== null
}

/** The row before or after the one in focus, of those marked `data-row`. */
export function neighbourRow(step: 1 | -1): HTMLElement | undefined {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const at = rows.findIndex((row) => row === document.activeElement)
  return at < 0 ? rows[step === 1 ? 0 : rows.length - 1] : rows[at + step]
}

/** Presses the box that selects the row in focus. */
export function selectRow(): void {
  document.activeElement?.closest('[role=row]')?.querySelector<HTMLElement>('[data-select]')?.click()
}

/** Presses the button that compares what is selected. */
export function compareSelected(): void {
  document.querySelector<HTMLElement>('[data-compare] button')?.click()
}
