import type { ModelOwner } from '@evenkeel/contract'
import { useState } from 'react'
import { Button, Dialog, ErrorPanel, Stack, TextInput } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { modelPeopleApi } from './api.ts'
import { ownersIn, ownerText } from './owner-text.ts'

interface OwnersProps {
  readonly model: string
  readonly owners: readonly ModelOwner[]
}

/** Who stands for a model, and a way to say who does. */
export function Owners({ model, owners }: OwnersProps) {
  const [open, setOpen] = useState(false)
  const names = owners.map(({ kind, name }) => (kind === 'team' ? `team ${name}` : name))
  return (
    <>
      {names.length === 0 ? 'nobody owns it' : `owned by ${names.join(', ')}`}{' '}
      <button type="button" className="ek-more" onClick={() => setOpen(true)}>
        change
      </button>
      {open && <OwnersDialog model={model} owners={owners} onClose={() => setOpen(false)} />}
    </>
  )
}

function OwnersDialog({ model, owners, onClose }: OwnersProps & { readonly onClose: () => void }) {
  const [text, setText] = useState(owners.map(ownerText).join(', '))
  const save = useAction(
    (wanted: ModelOwner[]) => modelPeopleApi.setOwners({ params: { model }, body: { owners: wanted } }),
    'The owners are saved.',
    onClose,
  )
  return (
    <Dialog title={`Owners of ${model}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate(ownersIn(text))
        }}
      >
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label="Users and teams"
            description="Parted by commas: ana, team:risk. Empty for nobody."
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
          />
          {save.error && <ErrorPanel error={save.error} />}
          <div className="ek-row-end">
            <Button onClick={onClose}>Cancel</Button>
            <Button kind="primary" busy={save.isPending} onClick={() => save.mutate(ownersIn(text))}>
              Save
            </Button>
          </div>
        </Stack>
      </form>
    </Dialog>
  )
}
