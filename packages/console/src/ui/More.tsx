import { Button } from './Button.tsx'
import css from './More.module.css'

interface MoreProps {
  readonly query: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    fetchNextPage(): Promise<unknown>
  }
  /** Below a table that reaches to the edges of its card. */
  readonly flush?: boolean
  /** What is asked for: `Show older runs`. */
  readonly children: string
}

/** Asks for the next page of a list, for as long as there is one. */
export function More({ query, flush, children }: MoreProps) {
  if (!query.hasNextPage) return null
  return (
    <div className={css['more']} data-flush={flush}>
      <Button kind="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {children}
      </Button>
    </div>
  )
}
