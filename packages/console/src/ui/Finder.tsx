import '@mantine/spotlight/styles.css'
import { Spotlight, spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'

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
  return (
    <Spotlight
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
