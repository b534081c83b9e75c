import type { ReactNode } from 'react'
import css from './Figure.module.css'

interface FigureProps {
  readonly label: string
  readonly value: ReactNode
  readonly unit?: string
  readonly note?: ReactNode
}

/** One number with its name and unit. */
export function Figure({ label, value, unit, note }: FigureProps) {
  return (
    <div className={css['figure']}>
      <dt>{label}</dt>
      <dd>
        <span className={css['value']}>{value}</span>
        {unit && <span className={css['unit']}> {unit}</span>}
        {note && <span className={css['note']}>{note}</span>}
      </dd>
    </div>
  )
}

/** Numbers side by side. */
export const Facts = ({ children }: { readonly children: ReactNode }) => <dl className={css['facts']}>{children}</dl>
