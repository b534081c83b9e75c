import { type NotificationData, Notifications, notifications } from '@mantine/notifications'

/** Where notices appear. */
export function Notices() {
  return <Notifications position="bottom-right" />
}

export const show = (notice: NotificationData): unknown => notifications.show(notice)

export const hide = (id: string): unknown => notifications.hide(id)
