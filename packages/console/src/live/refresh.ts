import type { LiveEvent } from '@evenkeel/contract'
import type { Query, QueryClient } from '@tanstack/react-query'

/** News that comes so close together leads to one question. */
const COALESCE_MS = 300

/** Built from every domain; any news may change them. */
const KEYS_OF_EVERYTHING: ReadonlySet<unknown> = new Set(['loop', 'places', 'approvals'])

/** Turns news into refetches of what is on the screen; the first part of a query key is the domain it asks. */
export function createRefresher(client: QueryClient, isHidden: () => boolean = () => document.hidden) {
  const domains = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const concerns = ({ queryKey: [domain] }: Query) =>
    domains.has('*') || domains.has(String(domain)) || KEYS_OF_EVERYTHING.has(domain)

  function flush(): void {
    timer = undefined
    if (domains.size === 0 || isHidden()) return
    // An answer on its way may be older than the news: wait for it, then ask again.
    if (client.isFetching({ predicate: concerns, type: 'active' }) > 0) return soon()
    void client.invalidateQueries({ predicate: concerns, refetchType: 'active' })
    domains.clear()
  }

  function soon(): void {
    timer ??= setTimeout(flush, COALESCE_MS)
  }

  return {
    tell(news: LiveEvent) {
      domains.add('reset' in news ? '*' : news.topic.split('.')[0]!)
      soon()
    },
    /** Asks for everything on the screen. */
    everything() {
      domains.add('*')
      soon()
    },
    /** Catches up with what was held back. */
    resume: soon,
    stop() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
