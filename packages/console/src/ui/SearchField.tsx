import { TextInput } from '@mantine/core'

interface SearchFieldProps {
  /** `Search models` */
  readonly label: string
  readonly text: string
  readonly onType: (text: string) => void
}

/** Where one types a part of a name; the key `/` leads here. */
export function SearchField({ label, text, onType }: SearchFieldProps) {
  return (
    <TextInput
      aria-label={label}
      placeholder="A part of the name"
      size="xs"
      data-search
      value={text}
      onChange={({ currentTarget }) => onType(currentTarget.value)}
    />
  )
}
