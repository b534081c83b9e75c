import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { Dialog, Kbd, Switch } from '../ui/index.ts'
import css from './Keys.module.css'
import { openPalette } from './palette-state.ts'
import { compareSelected, GO_KEYS, type GoKey, isGoKey, isTaken, neighbourRow, selectRow } from './shortcuts.ts'

/** After `g`, so long is waited for the letter. */
const GO_WAIT_MS = 1500
const OFF_KEY = 'evenkeel-keys'

const SHEET = [
  ...Object.entries(GO_KEYS).map(([key, { screen }]) => ({ keys: ['g', key], does: `Go to ${screen}` })),
  { keys: ['j'], does: 'Next row' },
  { keys: ['k'], does: 'Row before' },
  { keys: ['Enter'], does: 'Open the row' },
  { keys: ['x'], does: 'Select the row' },
  { keys: ['c'], does: 'Compare the selected' },
  { keys: ['/'], does: 'Search in this screen' },
  { keys: ['⌘', 'K'], does: 'Find anything (Ctrl K)' },
  { keys: ['?'], does: 'This sheet' },
]

/** The keys of the console and the sheet that lists them. */
export function Keys() {
  const [sheet, setSheet] = useState(false)
  const [enabled, setEnabled] = useState(() => localStorage.getItem(OFF_KEY) !== 'off')
  useKeys(enabled, () => setSheet(true))
  const change = (next: boolean) => {
    localStorage.setItem(OFF_KEY, next ? 'on' : 'off')
    setEnabled(next)
  }

  return (
    <Dialog title="Keys" opened={sheet} onClose={() => setSheet(false)}>
      <dl className={css['sheet']}>
        {SHEET.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} size="xs">
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <Switch
        mt="md"
        label="Single-key shortcuts"
        description="⌘K works in any case."
        checked={enabled}
        onChange={({ currentTarget }) => change(currentTarget.checked)}
      />
    </Dialog>
  )
}

function useKeys(enabled: boolean, showSheet: () => void): void {
  const { history } = useRouter()
  const goUntilMs = useRef(0)

  useEffect(() => {
    const single: Record<string, () => void> = {
      g: () => (goUntilMs.current = Date.now() + GO_WAIT_MS),
      j: () => neighbourRow(1)?.focus(),
      k: () => neighbourRow(-1)?.focus(),
      x: selectRow,
      c: compareSelected,
      '/': () => (document.querySelector<HTMLElement>('[data-search]') ?? { focus: openPalette }).focus(),
      '?': showSheet,
    }
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key === 'k') {
        event.preventDefault()
        return openPalette()
      }
      if (!enabled || isTaken(event)) return
      const going = Date.now() < goUntilMs.current && isGoKey(event.key)
      goUntilMs.current = 0
      if (!going && !Object.hasOwn(single, event.key)) return
      event.preventDefault()
      if (going) history.push(GO_KEYS[event.key as GoKey].href)
      else single[event.key]!()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  })
}
