import { useState } from 'react'
import { brief } from './sentences.ts'

/** The gist of a longer text; the rest is one press away. */
export function Brief({ text }: { readonly text: string }) {
  const [open, setOpen] = useState(false)
  const short = brief(text)
  if (short === text) return text
  return (
    <>
      {open ? text : short}{' '}
      <button type="button" className="ek-more" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'less' : 'more'}
      </button>
    </>
  )
}
