import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Card, Empty, Loaded, PageLink, TextInput, Time, useDebouncedValue } from '../ui/index.ts'
import { nodesQuery } from './queries.ts'
import { KINDS } from './shown.ts'

const PAUSE_MS = 200

/** Every node by a part of its name. @param none - what is shown while there is no node at all */
export function Search({ none }: { readonly none: ReactNode }) {
  const { text = '' } = useSearch({ from: '/lineage' })
  const navigate = useNavigate({ from: '/lineage' })
  const [settled] = useDebouncedValue(text, PAUSE_MS)
  const nodes = useQuery({ ...nodesQuery(settled), placeholderData: keepPreviousData })
  const type = (value: string) =>
    void navigate({ search: (search) => ({ ...search, text: value || undefined }), replace: true, resetScroll: false })
  return (
    <Card
      title="All nodes"
      note="The last heard of first."
      flush
      actions={
        <TextInput
          aria-label="Search nodes"
          placeholder="A part of the name"
          size="xs"
          value={text}
          onChange={(event) => type(event.currentTarget.value)}
        />
      }
    >
      <Loaded query={nodes} height={200}>
        {({ items }) => {
          if (items.length === 0) return text === '' ? none : <Empty title="Nothing is called so." />
          return (
            <table className="ek-table ek-stack">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Kind</th>
                  <th>Where</th>
                  <th>Last heard of</th>
                </tr>
              </thead>
              <tbody>
                {items.map(({ id, label, kind, namespace, lastSeen }) => (
                  <tr key={id}>
                    <th scope="row">
                      <PageLink href={`/lineage?node=${encodeURIComponent(id)}`} data-row>
                        {label}
                      </PageLink>
                    </th>
                    <td data-label="Kind">{KINDS[kind]}</td>
                    <td data-label="Where">{namespace || '–'}</td>
                    <td data-label="Last heard of">
                      <Time at={lastSeen} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }}
      </Loaded>
    </Card>
  )
}
