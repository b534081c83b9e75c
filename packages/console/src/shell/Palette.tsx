import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Finder, type FinderGroup, openFinder } from '../ui/Finder.tsx'
import { TYPING_MS, useDebouncedValue } from '../ui/index.ts'
import { pipelinesQuery } from '../pipeline/queries.ts'
import { setPaletteOpener } from './palette-state.ts'
import { pathTo } from './paths.ts'
import { foundPlacesQuery, type Places } from './places.ts'

/** Every page by name: ⌘K. What does not come with the first names is asked for as one types. */
export function Palette() {
  const [open, setOpen] = useState(true)
  const [text, setText] = useState('')
  const [settled] = useDebouncedValue(text.trim(), TYPING_MS)
  const first = useQuery({ ...foundPlacesQuery(''), enabled: open }).data
  const isPart = first !== undefined && Object.values(first).some(({ more }) => more)
  const found = useQuery({ ...foundPlacesQuery(settled), enabled: open && isPart && settled !== '' })
  const pipelines = useQuery({ ...pipelinesQuery, enabled: open }).data?.items.map(({ name }) => name)
  const { history } = useRouter()
  useEffect(() => {
    setPaletteOpener(openFinder)
    openFinder()
  }, [])
  return (
    <Finder
      groups={groupsOf((isPart && settled !== '' && found.data) || first, pipelines)}
      searching={isPart && (settled !== text.trim() || found.isFetching)}
      text={text}
      onType={setText}
      onOpen={setOpen}
      onChoose={(href) => history.push(href)}
    />
  )
}

const SCREENS = [
  { href: '/', label: 'Loop', note: 'where every model is' },
  { href: '/experiments', label: 'Experiments', note: 'what was tried, and how it went' },
  { href: '/pipelines', label: 'Pipelines', note: 'what can be run, and how it went' },
  { href: '/backfills', label: 'Backfills', note: 'what is run for the past' },
  { href: '/models', label: 'Models', note: 'newest version, champion, owner' },
  { href: '/deployments', label: 'Deployments', note: 'what serves where' },
  { href: '/monitors', label: 'Monitors', note: 'what has changed in the world' },
  { href: '/approvals', label: 'Approvals', note: 'what waits for people' },
  { href: '/automations', label: 'Automations', note: 'what runs by itself' },
  { href: '/new/import', label: 'Import a model', note: 'one that was trained elsewhere' },
  { href: '/lineage', label: 'Lineage', note: 'where things come from' },
]

function groupsOf(places: Places | undefined, pipelines: readonly string[] = []): FinderGroup[] {
  const group = (title: string, kind: Parameters<typeof pathTo>[0], names: readonly string[] = []) => ({
    title,
    items: names.map((name) => ({ href: pathTo(kind, name), label: name, note: title })),
  })
  return [
    { title: 'Screens', items: SCREENS },
    group('Pipelines', 'pipelines', pipelines),
    group('Models', 'models', places?.models.names),
    group('Deployments', 'deployments', places?.endpoints.names),
    group('Monitors', 'monitors', places?.monitors.names),
  ]
}
