import { Select } from '@mantine/core'
import type { StateLook } from './StateMark.tsx'

interface StateFilterProps<State extends string> {
  /** What there is to choose from, in this order. */
  readonly states: Readonly<Record<State, StateLook>>
  /** Undefined: any. */
  readonly state: State | undefined
  readonly onChoose: (state: State | undefined) => void
}

/** Which state the rows of a table are in. */
export function StateFilter<State extends string>({ states, state, onChoose }: StateFilterProps<State>) {
  const all = Object.keys(states) as State[]
  return (
    <Select
      aria-label="State"
      size="xs"
      w={140}
      allowDeselect={false}
      data={[{ value: 'any', label: 'in any state' }, ...all.map((value) => ({ value, label: states[value].word }))]}
      value={state ?? 'any'}
      onChange={(value) => onChoose(all.find((one) => one === value))}
    />
  )
}
