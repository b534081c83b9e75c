import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Select, useDebouncedValue } from '../ui/index.ts'
import css from './Experiments.module.css'
import { choicesOf, type GroupChoice, labelOf, RUN_GROUPS } from './groups.ts'
import { isOwnTag } from './keys.ts'
import { keysQuery } from './queries.ts'

interface GroupFieldProps {
  readonly experiment: string
  /** Empty: not grouped. */
  readonly groupBy: string
  readonly onChange: (groupBy: string) => void
}

/** What the runs are grouped by: a param, a tag, or what every run has. */
export function GroupField({ experiment, groupBy, onChange }: GroupFieldProps) {
  const [wanted, setWanted] = useState(false)
  const [text, setText] = useState('')
  const shown = labelOf(groupBy)
  // What is chosen stands in the field until something is typed.
  const [settled] = useDebouncedValue(text === shown ? '' : text, 200)
  const options = { enabled: wanted }
  const params = useInfiniteQuery({ ...keysQuery(experiment, 'param', settled), ...options })
  const tags = useInfiniteQuery({ ...keysQuery(experiment, 'tag', settled), ...options })
  const keys = ({ data }: typeof params) => data?.pages.flatMap(({ items }) => items) ?? []
  const groups = [
    { group: 'Run', items: RUN_GROUPS.filter(({ label }) => label.toLowerCase().includes(settled.toLowerCase())) },
    { group: 'Params', items: choicesOf('params', keys(params)) },
    { group: 'Tags', items: choicesOf('tags', keys(tags).filter(isOwnTag)) },
  ]
  return (
    <Select
      className={css['groupBy']}
      aria-label="Group by"
      placeholder="Group by"
      size="xs"
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Do not group' }}
      data={withChosen(groups, groupBy)}
      // The server has searched already.
      filter={({ options: all }) => all}
      nothingFoundMessage="Nothing is called so."
      onDropdownOpen={() => setWanted(true)}
      searchValue={text}
      onSearchChange={setText}
      value={groupBy || null}
      onChange={(value) => onChange(value ?? '')}
    />
  )
}

interface Choices {
  readonly group: string
  readonly items: readonly GroupChoice[]
}

/** With what is chosen, though it is not among what was found. */
function withChosen(groups: readonly Choices[], groupBy: string): { group: string; items: GroupChoice[] }[] {
  const isThere = groups.some(({ items }) => items.some(({ value }) => value === groupBy))
  const chosen =
    groupBy === '' || isThere ? [] : [{ group: 'Chosen', items: [{ value: groupBy, label: labelOf(groupBy) }] }]
  return [...chosen, ...groups]
    .map(({ group, items }) => ({ group, items: [...items] }))
    .filter(({ items }) => items.length > 0)
}
