import { notifications } from '@mantine/notifications'

/** Says that something was done; it goes away by itself. */
export function notifyDone(message: string): void {
  notifications.show({ message, color: 'keel', autoClose: 5000, withBorder: true })
}
