import { type ReactNode, useEffect } from 'react'
import css from './PageHead.module.css'
import { PageLink } from './PageLink.tsx'

interface PageHeadProps {
  readonly title: string
  /** What kind of thing this is, above the name. */
  readonly kind?: string
  /** Path of the page that lists all of this kind. */
  readonly list?: string
  readonly note?: ReactNode
  readonly children?: ReactNode
}

/** The heading of a page; the tab of the browser says the same. */
export function PageHead({ title, kind, list, note, children }: PageHeadProps) {
  useEffect(() => {
    document.title = `${title}${kind ? ` · ${kind}` : ''} · Evenkeel`
  }, [title, kind])
  return (
    <header className={css['head']}>
      <div className={css['words']}>
        {kind && (
          <p className={css['kind']}>{list ? <PageLink href={list}>All {kind.toLowerCase()}s</PageLink> : kind}</p>
        )}
        <h1 className={css['title']}>{title}</h1>
        {note && <div className={css['note']}>{note}</div>}
      </div>
      {children && <div className={css['actions']}>{children}</div>}
    </header>
  )
}
