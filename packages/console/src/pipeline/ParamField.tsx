import type { ParamValue } from '@evenkeel/contract'
import { Switch, Textarea, TextInput } from '../ui/index.ts'

interface ParamFieldProps {
  readonly name: string
  /** Says by its kind how the param is written. */
  readonly like: ParamValue
  readonly text: string
  readonly problem: string | undefined
  readonly onChange: (text: string) => void
}

/** A field for one param of a run. */
export function ParamField({ name, like, text, problem, onChange }: ParamFieldProps) {
  if (typeof like === 'boolean') {
    return (
      <Switch
        label={name}
        checked={text === 'true'}
        onChange={({ currentTarget }) => onChange(String(currentTarget.checked))}
      />
    )
  }
  if (Array.isArray(like)) {
    return (
      <Textarea
        label={name}
        description="One on each line."
        autosize
        minRows={2}
        value={text}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    )
  }
  return (
    <TextInput
      label={name}
      error={problem}
      {...(like === null && { placeholder: 'nothing' })}
      inputMode={typeof like === 'number' ? 'decimal' : 'text'}
      value={text}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}
