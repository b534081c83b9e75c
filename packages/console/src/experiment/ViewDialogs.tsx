import type { RunView } from '@evenkeel/contract'
import { useState } from 'react'
import { Button, Checkbox, Dialog, ErrorPanel, Stack, TextInput } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import css from './Experiments.module.css'
import { contentsOf } from './table-state.ts'
import { useSavedViews } from './useSavedViews.ts'
import type { Table } from './useTable.ts'

interface NameViewProps {
  readonly experiment: string
  readonly table: Table
  /** Gets another name; without it the table is saved as a new view. */
  readonly renamed: RunView | undefined
  readonly onClose: () => void
}

/** Gives a view its name. */
export function NameView({ experiment, table, renamed, onClose }: NameViewProps) {
  const [typed, setTyped] = useState(renamed?.name ?? '')
  const [isDefault, setDefault] = useState(false)
  const name = typed.trim()
  const { change, create } = useSavedViews(experiment)
  const save = useAction(
    async () => {
      if (renamed) await change(renamed.id, { name })
      else table.open(await create({ name, contents: contentsOf(table.state), isDefault }))
    },
    renamed ? 'The view was renamed.' : `The view "${name}" was saved.`,
    onClose,
  )
  const missing = name === '' ? 'Give the view a name.' : undefined
  return (
    <Dialog title={renamed ? 'Rename the view' : 'Save as a new view'} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!missing) save.mutate(undefined)
        }}
      >
        <Stack gap="sm">
          <TextInput
            data-autofocus
            label="Name"
            description={
              renamed ? undefined : 'It keeps columns, their widths, filter, order and groups, for all of the project.'
            }
            maxLength={100}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          {!renamed && (
            <Checkbox
              size="xs"
              label="Make it what everybody sees first of this experiment"
              checked={isDefault}
              onChange={({ currentTarget }) => setDefault(currentTarget.checked)}
            />
          )}
          {save.error && <ErrorPanel error={save.error} />}
          <div className="ek-row-end">
            <Button
              kind="primary"
              busy={save.isPending}
              disabledReason={missing}
              onClick={() => save.mutate(undefined)}
            >
              {renamed ? 'Rename' : 'Save'}
            </Button>
          </div>
        </Stack>
      </form>
    </Dialog>
  )
}

interface DeleteViewProps extends Omit<NameViewProps, 'renamed'> {
  readonly view: RunView
}

/** Asks once more: everybody in the project loses it. */
export function DeleteView({ experiment, table, view, onClose }: DeleteViewProps) {
  const views = useSavedViews(experiment)
  const remove = useAction(
    () => views.remove(view.id),
    `The view "${view.name}" was deleted.`,
    () => {
      table.open(undefined)
      onClose()
    },
  )
  return (
    <Dialog title="Delete the view" onClose={onClose}>
      <Stack gap="sm">
        <p className={css['name']}>
          &ldquo;{view.name}&rdquo;, which {view.madeBy} made, goes for everybody in the project. The runs stay.
        </p>
        {remove.error && <ErrorPanel error={remove.error} />}
        <div className="ek-row-end">
          <Button onClick={onClose}>Keep it</Button>
          <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Delete
          </Button>
        </div>
      </Stack>
    </Dialog>
  )
}
