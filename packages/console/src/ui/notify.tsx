import { lazy, type ReactNode, Suspense, useSyncExternalStore } from 'react'
import { Button } from './Button.tsx'

/** Loaded with the first notice: no page begins with one. */
const load = () => import('./Notices.tsx')
const Notices = lazy(async () => ({ default: (await load()).Notices }))

const listeners = new Set<() => void>()
let count = 0

function follow(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Where notices appear, from the first one on. */
export function NoticeArea() {
  const isWanted = useSyncExternalStore(follow, () => count > 0)
  return isWanted ? (
    <Suspense>
      <Notices />
    </Suspense>
  ) : null
}

/** Says that something was done; it goes away by itself. */
export function notifyDone(message: string): void {
  show(nextId(), message, 5000)
}

/** Says that something was done, and offers to take it back for a while. */
export function notifyUndo(message: string, undo: () => void): void {
  const id = nextId()
  const takeBack = () => {
    void load().then(({ hide }) => hide(id))
    undo()
  }
  show(
    id,
    <div className="ek-row">
      <span>{message}</span>
      <Button kind="quiet" onClick={takeBack}>
        Undo
      </Button>
    </div>,
    12_000,
  )
}

const nextId = () => `notice-${(count += 1)}`

function show(id: string, message: ReactNode, autoClose: number): void {
  for (const listener of listeners) listener()
  const look = { color: 'keel', withBorder: true, closeButtonProps: { 'aria-label': 'Close' } }
  void load().then((area) => area.show({ ...look, id, message, autoClose }))
}
