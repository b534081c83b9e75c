import type { RunView } from '@evenkeel/contract'
import { IconCheck, IconHome } from '@tabler/icons-react'
import { useState } from 'react'
import { Button, ErrorPanel, Menu, MenuButton, notifyDone } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import css from './Experiments.module.css'
import { contentsOf } from './table-state.ts'
import { useSavedViews } from './useSavedViews.ts'
import type { Table } from './useTable.ts'
import { DeleteView, NameView } from './ViewDialogs.tsx'

export interface ViewMenuProps {
  readonly experiment: string
  readonly table: Table
}

type Asked = 'save' | 'rename' | 'delete'

/** The saved views of an experiment: which one is open, whether it was changed since, and what can be done with it. */
export function ViewMenu({ experiment, table }: ViewMenuProps) {
  const { view, changed, missing } = table
  const [asked, setAsked] = useState<Asked>()
  const { change } = useSavedViews(experiment)
  const save = useAction(
    async ({ id }: RunView) => table.open(await change(id, { contents: contentsOf(table.state) })),
    ({ name }) => notifyDone(`The view "${name}" was saved.`),
  )
  return (
    <>
      {view && changed && (
        <span className={css['unsaved']}>
          <span className={css['changed']}>Unsaved changes</span>
          <Button busy={save.isPending} onClick={() => save.mutate(view)}>
            Save
          </Button>
          <Button kind="quiet" onClick={() => table.open(view)}>
            Undo
          </Button>
        </span>
      )}
      {missing && <span className={css['changed']}>The view of this address is not there any more.</span>}
      <Menu position="bottom-end" width={260} withinPortal>
        <Menu.Target>
          <MenuButton>
            <span className={css['viewName']}>{view ? view.name : 'Views'}</span>
          </MenuButton>
        </Menu.Target>
        <Choices experiment={experiment} table={table} onAsk={setAsked} />
      </Menu>
      {save.error && <ErrorPanel error={save.error} />}
      {asked === 'delete' && view && (
        <DeleteView experiment={experiment} table={table} view={view} onClose={() => setAsked(undefined)} />
      )}
      {(asked === 'save' || (asked === 'rename' && view)) && (
        <NameView
          experiment={experiment}
          table={table}
          renamed={asked === 'rename' ? view : undefined}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  )
}

function Choices({ experiment, table, onAsk }: ViewMenuProps & { readonly onAsk: (asked: Asked) => void }) {
  const { view, views } = table
  const { change } = useSavedViews(experiment)
  const opening = useAction(
    ({ id, isDefault }: RunView) => change(id, { isDefault: !isDefault }),
    ({ name, isDefault }) => {
      // From here on the address says which view is open.
      table.change({})
      notifyDone(
        isDefault ? `"${name}" is no longer the default.` : `"${name}" is what everybody sees first from now on.`,
      )
    },
  )
  return (
    <Menu.Dropdown>
      <div className={css['views']}>
        <Choice chosen={!view} name="All runs" onClick={() => table.open(undefined)} />
        {views.map((one) => (
          <Choice
            key={one.id}
            chosen={one.id === view?.id}
            opens={one.isDefault}
            name={one.name}
            onClick={() => table.open(one)}
          />
        ))}
      </div>
      <Menu.Divider />
      <Menu.Item onClick={() => onAsk('save')}>Save as a new view…</Menu.Item>
      {view && (
        <>
          <Menu.Item onClick={() => opening.mutate(view)}>
            {view.isDefault ? 'No longer the default' : 'Make it the default'}
          </Menu.Item>
          <Menu.Item onClick={() => onAsk('rename')}>Rename…</Menu.Item>
          <Menu.Item onClick={() => onAsk('delete')}>Delete…</Menu.Item>
        </>
      )}
    </Menu.Dropdown>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly chosen: boolean
  readonly opens?: boolean
  readonly onClick: () => void
}

const Choice = ({ name, chosen, opens = false, onClick }: ChoiceProps) => (
  <Menu.Item
    aria-current={chosen || undefined}
    leftSection={<span className={css['mark']}>{chosen && <IconCheck size={14} aria-hidden="true" />}</span>}
    rightSection={opens && <IconHome size={14} role="img" aria-label="default" />}
    onClick={onClick}
  >
    <span className={css['name']}>{name}</span>
  </Menu.Item>
)
