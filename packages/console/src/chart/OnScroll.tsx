import { type ReactNode, useEffect, useRef, useState } from 'react'

interface OnScrollProps {
  /** Of what will be here, in pixels, so that nothing jumps. */
  readonly height: number
  readonly children: ReactNode
}

/** Is there while it is in view or close to it: a page of hundreds of charts draws those that one looks at. */
export function OnScroll({ height, children }: OnScrollProps) {
  const place = useRef<HTMLDivElement>(null)
  const [near, setNear] = useState(false)
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setNear(entry!.isIntersecting), { rootMargin: '120px 0px' })
    observer.observe(place.current!)
    return () => observer.disconnect()
  }, [])
  return (
    <div ref={place} style={{ minHeight: height, minWidth: 0 }}>
      {near && children}
    </div>
  )
}
