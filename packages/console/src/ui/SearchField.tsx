import { TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { TYPING_MS } from './pages.ts'

/** The part of a name in the address: as it stands there, and as it stood when typing last paused. */
export function useSearchText() {
  const { text = '' } = useSearch({ strict: false })
  const [settled] = useDebouncedValue(text, TYPING_MS)
  return { text, settled }
}

/** Where one types a part of a name, which goes into the address; the key `/` leads here. */
export function SearchField({ label }: { readonly label: string }) {
  const { text } = useSearchText()
  const navigate = useNavigate()
  const type = (value: string) =>
    void navigate({
      to: '.',
      search: (search) => ({ ...search, text: value || undefined }),
      replace: true,
      resetScroll: false,
    })
  return (
    <TextInput
      aria-label={label}
      placeholder="A part of the name"
      size="xs"
      data-search
      value={text}
      onChange={({ currentTarget }) => type(currentTarget.value)}
    />
  )
}
