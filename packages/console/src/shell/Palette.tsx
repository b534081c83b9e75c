import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { Finder, type FinderGroup, openFinder } from '../ui/Finder.tsx'
import { setPaletteOpener } from './palette-state.ts'
import { pathTo } from './paths.ts'
import { type Places, placesQuery } from './places.ts'

/** Every page by name: ⌘K. */
export function Palette() {
  const { data } = useQuery(placesQuery)
  const { history } = useRouter()
  useEffect(() => {
    setPaletteOpener(openFinder)
    openFinder()
  }, [])
  return <Finder groups={groupsOf(data)} onChoose={(href) => history.push(href)} />
}

function groupsOf(places: Places = { models: [], endpoints: [], monitors: [] }): FinderGroup[] {
  const group = (title: string, kind: Parameters<typeof pathTo>[0], names: readonly string[]) => ({
    title,
    items: names.map((name) => ({ href: pathTo(kind, name), label: name, note: title })),
  })
  return [
    { title: 'Screens', items: [{ href: '/', label: 'Loop', note: 'where every model is' }] },
    group('Models', 'models', places.models),
    group('Deployments', 'deployments', places.endpoints),
    group('Monitors', 'monitors', places.monitors),
  ]
}
