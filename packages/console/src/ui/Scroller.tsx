import { type ReactNode, useEffect, useRef, useState } from 'react'
import css from './Card.module.css'

/** Scrolls sideways what is too wide; a stop of the Tab key only then, for whoever scrolls with the arrow keys. */
export function Scroller({ labelledBy, children }: { readonly labelledBy: string; readonly children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const [scrolls, setScrolls] = useState(false)
  useEffect(() => {
    const observer = new ResizeObserver(() => setScrolls(box.current!.scrollWidth > box.current!.clientWidth))
    observer.observe(box.current!)
    observer.observe(content.current!)
    return () => observer.disconnect()
  }, [])
  return (
    <div
      ref={box}
      className={css['flush']}
      {...(scrolls && { tabIndex: 0, role: 'group', 'aria-labelledby': labelledBy })}
    >
      <div ref={content}>{children}</div>
    </div>
  )
}
