import { type ReactNode, useId } from 'react'
import css from './Card.module.css'
import { Scroller } from './Scroller.tsx'

interface CardProps {
  readonly title: ReactNode
  /** One line under the title. */
  readonly note?: ReactNode
  readonly actions?: ReactNode
  /** Without padding around the content, for tables that reach the edge. */
  readonly flush?: boolean
  readonly children: ReactNode
}

/** A titled part of a page. */
export function Card({ title, note, actions, flush = false, children }: CardProps) {
  const id = useId()
  return (
    <section className={css['card']} aria-labelledby={id}>
      <header className={css['head']}>
        <div>
          <h2 id={id} className={css['title']}>
            {title}
          </h2>
          {note && <p className={css['note']}>{note}</p>}
        </div>
        {actions && <div className={css['actions']}>{actions}</div>}
      </header>
      {flush ? <Scroller labelledBy={id}>{children}</Scroller> : <div className={css['body']}>{children}</div>}
    </section>
  )
}
