import type { ReactNode } from 'react'
import css from './Part.module.css'

/** Parts beside each other, as many as there is room for. */
export const Parts = ({ children }: { readonly children: ReactNode }) => <div className={css['parts']}>{children}</div>

/** A titled part of a card. */
export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={css['part']}>
      <h3 className={css['title']}>{title}</h3>
      {children}
    </section>
  )
}

interface PairsProps {
  readonly entries?: readonly (readonly [string, string])[]
  /** More of them, as `Pair`. */
  readonly children?: ReactNode
}

/** Names and what belongs to them. */
export function Pairs({ entries = [], children }: PairsProps) {
  return (
    <dl className={css['pairs']}>
      {entries.map(([name, value]) => (
        <Pair key={name} name={name}>
          {value}
        </Pair>
      ))}
      {children}
    </dl>
  )
}

export function Pair({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
