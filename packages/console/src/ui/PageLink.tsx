import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent } from 'react'

interface PageLinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  /** Path of this console, as the server or another page writes it. */
  readonly href: string
  readonly underline?: boolean
}

const isPlainClick = (event: MouseEvent) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented

/** What is shown without its frame stays so. */
const embedded = (href: string) => `${href}${href.includes('?') ? '&' : '?'}embed=1`

/** A link to a page of the console by its path; follows it without loading the console again. */
export function PageLink({ href, underline = true, onClick, className, ...rest }: PageLinkProps) {
  const router = useRouter()
  return (
    <a
      {...rest}
      href={href}
      className={underline ? `ek-link ${className ?? ''}` : className}
      onClick={(event) => {
        onClick?.(event)
        if (!isPlainClick(event)) return
        event.preventDefault()
        router.history.push(router.state.location.search.embed ? embedded(href) : href)
      }}
    />
  )
}
