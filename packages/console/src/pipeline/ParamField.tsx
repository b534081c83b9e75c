import type { DeclaredParam, ParamValue } from '@evenkeel/contract'
import { Select, Switch, Textarea, TextInput } from '../ui/index.ts'
import { hintFor } from './param-text.ts'

interface ParamFieldProps {
  readonly name: string
  readonly declared: DeclaredParam | undefined
  /** Says by its kind how a param is written that is not declared. */
  readonly like: ParamValue
  readonly text: string
  readonly problem: string | undefined
  readonly onChange: (text: string) => void
}

/** A field for one param of a run. */
export function ParamField({ name, declared, like, text, problem, onChange }: ParamFieldProps) {
  const kind = declared?.type ?? kindOf(like)
  const shared = { label: name, description: hintFor(declared), error: problem }
  if (kind === 'boolean' && like === null) {
    // A switch cannot say that nothing was chosen yet.
    return (
      <Select {...shared} data={['true', 'false']} value={text || null} onChange={(value) => onChange(value ?? '')} />
    )
  }
  if (kind === 'boolean') {
    return (
      <Switch
        {...shared}
        checked={text === 'true'}
        onChange={({ currentTarget }) => onChange(String(currentTarget.checked))}
      />
    )
  }
  if (kind === 'list') {
    return (
      <Textarea
        {...shared}
        description={shared.description ?? 'One on each line.'}
        autosize
        minRows={2}
        value={text}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    )
  }
  return (
    <TextInput
      {...shared}
      {...(like === null && { placeholder: 'nothing' })}
      inputMode={kind === 'number' ? 'decimal' : 'text'}
      value={text}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

const kindOf = (like: ParamValue): string => (Array.isArray(like) ? 'list' : typeof like)
