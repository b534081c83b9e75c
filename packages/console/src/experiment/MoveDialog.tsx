import { type ExperimentRow, Folder } from '@evenkeel/contract'
import { useState } from 'react'
import { Button, Dialog, ErrorPanel, Stack, TextInput } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { experimentsApi } from './api.ts'

interface MoveDialogProps {
  readonly experiment: ExperimentRow
  readonly onClose: () => void
}

/** Gives an experiment another name or folder. */
export function MoveDialog({ experiment, onClose }: MoveDialogProps) {
  const [name, setName] = useState(experiment.name)
  const [folder, setFolder] = useState(experiment.folder)
  const change = useAction(
    (body: { name?: string; folder?: string }) =>
      experimentsApi.change({ params: { experiment: experiment.id }, body }),
    'The experiment was changed.',
    onClose,
  )
  const problem = Folder.safeParse(folder).error?.issues[0]?.message
  const missing = name.trim() === '' ? 'Give it a name.' : problem && 'The folder is no path.'
  const save = () =>
    change.mutate({
      ...(name !== experiment.name && { name }),
      ...(folder !== experiment.folder && { folder }),
    })
  return (
    <Dialog title="Rename or move" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!missing) save()
        }}
      >
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label="Name"
            description="Clients that log to the old name make a new experiment."
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <TextInput
            label="Folder"
            description="Such as team/project; empty for the top."
            value={folder}
            error={problem}
            onChange={({ currentTarget }) => setFolder(currentTarget.value)}
          />
          {change.error && <ErrorPanel error={change.error} />}
          <div className="ek-row-end">
            <Button kind="primary" busy={change.isPending} disabledReason={missing} onClick={save}>
              Save
            </Button>
          </div>
        </Stack>
      </form>
    </Dialog>
  )
}
