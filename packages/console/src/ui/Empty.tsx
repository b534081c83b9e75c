import type { ReactNode } from 'react'

interface EmptyProps {
  readonly title: string
  readonly children?: ReactNode
}

/** What would be here, why it is not, and how it comes. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <div className="ek-empty">
      <p>{title}</p>
      {children}
    </div>
  )
}
