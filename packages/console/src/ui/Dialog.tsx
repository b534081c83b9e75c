import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'

interface DialogProps {
  readonly title: string
  readonly opened?: boolean
  /** Room for a table. */
  readonly wide?: boolean
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A question in front of the page; Escape leaves it. */
export function Dialog({ title, opened = true, wide = false, onClose, children }: DialogProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={wide ? 'xl' : 'md'}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {children}
    </Modal>
  )
}
