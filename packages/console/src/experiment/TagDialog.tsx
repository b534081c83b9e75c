import { useState } from 'react'
import { Button, Dialog, ErrorPanel, formatCount, Stack, TextInput } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { trackedRunsApi } from './api.ts'

interface TagDialogProps {
  readonly runs: readonly string[]
  readonly onClose: () => void
}

/** Gives all of these runs a tag, or takes one away. */
export function TagDialog({ runs, onClose }: TagDialogProps) {
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const change = useAction(
    (body: { setTags?: Record<string, string>; deleteTags?: string[] }) =>
      trackedRunsApi.change({ body: { runs: [...runs], ...body } }),
    `${formatCount(runs.length)} changed.`,
    onClose,
  )
  const missing = key === '' ? 'Give the tag a name.' : undefined
  const name = key.trim()
  return (
    <Dialog title={runs.length === 1 ? 'Tag the run' : `Tag ${formatCount(runs.length)} runs`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!missing) change.mutate({ setTags: { [name]: value } })
        }}
      >
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label="Tag"
            maxLength={250}
            value={key}
            onChange={({ currentTarget }) => setKey(currentTarget.value)}
          />
          <TextInput label="Value" value={value} onChange={({ currentTarget }) => setValue(currentTarget.value)} />
          {change.error && <ErrorPanel error={change.error} />}
          <div className="ek-row-end">
            <Button disabledReason={missing} onClick={() => change.mutate({ deleteTags: [name] })}>
              Take the tag away
            </Button>
            <Button
              kind="primary"
              busy={change.isPending}
              disabledReason={missing}
              onClick={() => change.mutate({ setTags: { [name]: value } })}
            >
              Set the tag
            </Button>
          </div>
        </Stack>
      </form>
    </Dialog>
  )
}
