import type { AttemptReport } from './rows.ts'
import type { RunNow, States } from './states.ts'

/**
 * What somebody has to tell about an attempt, as what it makes of the states. Told twice, or too late, it makes nothing
 * of them.
 *
 * @param now - when it is heard, epoch milliseconds
 */
export type News = (states: States, now: number) => Heard

export interface Heard {
  readonly states: States
  /** What else is stored with an attempt. */
  readonly report?: AttemptReport
}

/** @returns the run as it is once all of it is stored; undefined when there is no such run */
export type Hear = (runId: string, news: News) => Promise<RunNow | undefined>

/**
 * Gathers what is told of a run until its turn comes, so that all of it is decided and stored at once.
 *
 * @param inTurn - one after the other for each run
 * @param store - has news decided about and stored, all or nothing
 */
export function createHearing(
  inTurn: <T>(runId: string, work: () => Promise<T>) => Promise<T>,
  store: (runId: string, news: readonly News[]) => Promise<RunNow | undefined>,
): Hear {
  const gathered = new Map<string, { readonly news: News[]; readonly stored: Promise<RunNow | undefined> }>()

  function gather(runId: string) {
    const news: News[] = []
    const stored = inTurn(runId, () => {
      gathered.delete(runId)
      return store(runId, news)
    })
    const gathering = { news, stored }
    gathered.set(runId, gathering)
    return gathering
  }

  return async (runId, one) => {
    const { news, stored } = gathered.get(runId) ?? gather(runId)
    news.push(one)
    try {
      return await stored
    } catch (error) {
      if (news.length === 1) throw error
      // What cannot be stored must not hold up the rest.
      return inTurn(runId, () => store(runId, [one]))
    }
  }
}

/** All of the news, one after the other. */
export function hearAll(news: readonly News[], before: States, now: number) {
  const reports: AttemptReport[] = []
  let states = before
  for (const one of news) {
    const heard = one(states, now)
    states = heard.states
    if (heard.report) reports.push(heard.report)
  }
  return { states, reports }
}
