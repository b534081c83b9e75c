import '@mantine/spotlight/styles.css'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useEffect } from 'react'

export interface FinderGroup {
  readonly title: string
  readonly items: readonly { readonly href: string; readonly label: string; readonly note: string }[]
}

interface FinderProps {
  readonly groups: readonly FinderGroup[]
  /** Whether more that fits the text may be on its way. */
  readonly searching: boolean
  readonly text: string
  readonly onType: (text: string) => void
  readonly onOpen: (open: boolean) => void
  readonly onChoose: (href: string) => void
}

const [store, spotlight] = createSpotlight()

export const openFinder = (): void => spotlight.open()

/** A list of pages that one finds by typing. */
export function Finder({ groups, searching, text, onType, onOpen, onChoose }: FinderProps) {
  const actions = groups
    .filter(({ items }) => items.length > 0)
    .map(({ title, items }) => ({
      group: title,
      actions: items.map(({ href, label, note }) => ({
        id: href,
        label,
        description: note,
        onClick: () => onChoose(href),
      })),
    }))
  const names = groups.flatMap(({ items }) => items.map(({ href }) => href)).join('\n')
  useEffect(() => {
    // What arrives after the last key takes the place of what was selected: Enter chooses the first again.
    if (text !== '') selectFirst()
  }, [names, text])
  return (
    <Spotlight
      store={store}
      actions={actions}
      // The shell listens for the keys, so that they work before this is loaded.
      shortcut={null}
      highlightQuery
      query={text}
      onQueryChange={onType}
      onSpotlightOpen={() => onOpen(true)}
      onSpotlightClose={() => onOpen(false)}
      // A list longer than the window is scrolled with the keys too.
      scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
      nothingFound={searching ? 'Searching…' : 'Nothing has this name.'}
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: 'Model, deployment, monitor…',
        'aria-label': 'Find',
      }}
    />
  )
}

/** As a key in the field does; the list forgets what it had selected when that goes. */
function selectFirst(): void {
  const { listId } = store.getState()
  const [first, ...others] = listId ? document.querySelectorAll(`#${CSS.escape(listId)} [data-action]`) : []
  for (const other of others) other.removeAttribute('data-selected')
  first?.setAttribute('data-selected', 'true')
  store.updateState((state) => ({ ...state, selected: first ? 0 : -1 }))
}
