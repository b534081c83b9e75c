/** Where `g` and a letter lead. */
export const GO_KEYS = {
  l: { screen: 'Loop', href: '/' },
  r: { screen: 'Experiments', href: '/experiments' },
  p: { screen: 'Pipelines', href: '/pipelines' },
  m: { screen: 'Models', href: '/models' },
  y: { screen: 'Deployments', href: '/deployments' },
  n: { screen: 'Monitors', href: '/monitors' },
} as const
export type GoKey = keyof typeof GO_KEYS

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
