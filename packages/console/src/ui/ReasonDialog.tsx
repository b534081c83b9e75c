import { Stack, Text, Textarea } from '@mantine/core'
import { type ReactNode, useId, useState } from 'react'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'
import { ErrorPanel } from './ErrorPanel.tsx'

interface ReasonDialogProps {
  readonly title: string
  /** What will happen, in words. */
  readonly children: ReactNode
  /** What else is asked, below the words. */
  readonly more?: ReactNode
  readonly confirm: string
  /** The button that leaves everything as it is. */
  readonly dismiss?: string
  readonly danger?: boolean
  /** Shortest reason the server accepts, in characters. */
  readonly minLength?: number
  readonly busy: boolean
  readonly error: Error | null
  readonly onConfirm: (reason: string) => void
  readonly onClose: () => void
}

/** Asks why before something is done that others will want to understand later. */
export function ReasonDialog({ minLength = 3, dismiss = 'Cancel', ...props }: ReasonDialogProps) {
  const [reason, setReason] = useState('')
  const form = useId()
  const missing = minLength - reason.trim().length
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault()
          if (missing <= 0) props.onConfirm(reason.trim())
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{props.children}</Text>
          {props.more}
          <Textarea
            data-autofocus
            label="Reason"
            description="It is kept in the audit log."
            autosize
            minRows={2}
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          {props.error && <ErrorPanel error={props.error} />}
          <div className="ek-row-end">
            <Button onClick={props.onClose}>{dismiss}</Button>
            <Button
              kind={props.danger ? 'danger' : 'primary'}
              busy={props.busy}
              disabledReason={missing > 0 ? `Give a reason of at least ${minLength} characters.` : undefined}
              onClick={() => props.onConfirm(reason.trim())}
            >
              {props.confirm}
            </Button>
          </div>
        </Stack>
      </form>
    </Dialog>
  )
}
