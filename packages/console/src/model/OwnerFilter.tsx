import { useQuery } from '@tanstack/react-query'
import { SegmentedControl } from '../ui/index.ts'
import { meQuery } from './queries.ts'

interface OwnerFilterProps {
  /** As in the address: `user:ana`, `team:risk`, or `ana` for either. */
  readonly owner: string | undefined
  readonly onChoose: (owner: string | undefined) => void
}

/** Everybody's models, one's own, or those of the owner in the address. */
export function OwnerFilter({ owner, onChoose }: OwnerFilterProps) {
  const { data: me } = useQuery(meQuery)
  const mine = me && `user:${me.userName}`
  const data = [
    { value: '', label: 'All' },
    ...(mine === undefined ? [] : [{ value: mine, label: 'Mine' }]),
    ...(owner === undefined || owner === mine
      ? []
      : [{ value: owner, label: owner.replace(/^user:/, '').replace(/^team:/, 'team ') }]),
  ]
  return (
    <SegmentedControl
      size="xs"
      aria-label="Owner"
      data={data}
      value={owner ?? ''}
      onChange={(value) => onChoose(value || undefined)}
    />
  )
}
