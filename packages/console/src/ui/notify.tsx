import { notifications } from '@mantine/notifications'
import { Button } from './Button.tsx'

const look = { color: 'keel', withBorder: true, closeButtonProps: { 'aria-label': 'Close' } }

/** Says that something was done; it goes away by itself. */
export function notifyDone(message: string): void {
  notifications.show({ ...look, message, autoClose: 5000 })
}

/** Says that something was done, and offers to take it back for a while. */
export function notifyUndo(message: string, undo: () => void): void {
  const id = notifications.show({
    ...look,
    autoClose: 12_000,
    message: (
      <div className="ek-row">
        <span>{message}</span>
        <Button
          kind="quiet"
          onClick={() => {
            notifications.hide(id)
            undo()
          }}
        >
          Undo
        </Button>
      </div>
    ),
  })
}
