import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Finder, type FinderGroup, openFinder } from '../ui/Finder.tsx'
import { pipelinesQuery } from '../pipeline/queries.ts'
import { setPaletteOpener } from './palette-state.ts'
import { pathTo } from './paths.ts'
import { type Places, placesQuery } from './places.ts'

/** Every page by name: ⌘K. */
export function Palette() {
  const { data } = useQuery(placesQuery)
  const pipelines = useQuery(pipelinesQuery).data?.items.map(({ name }) => name)
  const { history } = useRouter()
  useEffect(() => {
    setPaletteOpener(openFinder)
    openFinder()
  }, [])
  return <Finder groups={groupsOf(data, pipelines)} onChoose={(href) => history.push(href)} />
}

const SCREENS = [
  { href: '/', label: 'Loop', note: 'where every model is' },
  { href: '/experiments', label: 'Experiments', note: 'what was tried, and how it went' },
  { href: '/pipelines', label: 'Pipelines', note: 'what can be run, and how it went' },
  { href: '/backfills', label: 'Backfills', note: 'what is run for the past' },
  { href: '/approvals', label: 'Approvals', note: 'what waits for people' },
  { href: '/automations', label: 'Automations', note: 'what runs by itself' },
  { href: '/new/import', label: 'Import a model', note: 'one that was trained elsewhere' },
  { href: '/lineage', label: 'Lineage', note: 'where things come from' },
]

function groupsOf(
  places: Places = { models: [], endpoints: [], monitors: [] },
  pipelines: readonly string[] = [],
): FinderGroup[] {
  const group = (title: string, kind: Parameters<typeof pathTo>[0], names: readonly string[]) => ({
    title,
    items: names.map((name) => ({ href: pathTo(kind, name), label: name, note: title })),
  })
  return [
    { title: 'Screens', items: SCREENS },
    group('Pipelines', 'pipelines', pipelines),
    group('Models', 'models', places.models),
    group('Deployments', 'deployments', places.endpoints),
    group('Monitors', 'monitors', places.monitors),
  ]
}
