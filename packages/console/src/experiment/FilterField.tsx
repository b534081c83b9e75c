import { FilterError, parseFilter, runGrammar } from '@evenkeel/contract'
import { useEffect, useRef, useState } from 'react'
import { TextInput } from '../ui/index.ts'
import css from './Experiments.module.css'

const PAUSE_MS = 500

interface FilterFieldProps {
  /** The filter that is in force. */
  readonly filter: string
  /** Why the server refused it. */
  readonly refusal: string | undefined
  readonly onChange: (filter: string) => void
}

/** A filter in the language of docs/search.md. It comes into force after a pause, and only when it can be read. */
export function FilterField({ filter, refusal, onChange }: FilterFieldProps) {
  const [text, setText] = useState(filter)
  const [tried, setTried] = useState(filter)
  const inForce = useRef(filter)
  useEffect(() => {
    // The address changed by itself: a link, or the way back.
    if (inForce.current === filter) return
    inForce.current = filter
    setText(filter)
    setTried(filter)
  }, [filter])

  const apply = (next: string) => {
    setTried(next)
    if (whyNot(next) !== undefined || next === inForce.current) return
    inForce.current = next
    onChange(next)
  }
  const latest = useRef(apply)
  useEffect(() => {
    latest.current = apply
  })
  useEffect(() => {
    const timer = setTimeout(() => latest.current(text.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text])

  const error = whyNot(tried) ?? (tried === filter ? refusal : undefined)
  return (
    <TextInput
      className={css['filter']}
      aria-label="Filter runs"
      placeholder="metrics.accuracy > 0.9 AND params.optimizer = 'adam'"
      size="xs"
      data-search
      spellCheck={false}
      value={text}
      error={error}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
      onKeyDown={({ key }) => {
        if (key === 'Enter') apply(text.trim())
      }}
    />
  )
}

/** Why a filter cannot be read, as the server would say it. */
function whyNot(filter: string): string | undefined {
  try {
    parseFilter(filter, runGrammar)
    return undefined
  } catch (error) {
    if (error instanceof FilterError) return error.message
    throw error
  }
}
