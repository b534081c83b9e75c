import { day } from './words.ts'

/** What one closed window says for one kind of incident. */
export interface Signal {
  readonly start: string
  readonly end: string
  /** The version that served most. */
  readonly version: number | null
  /** Null when the window cannot tell: it is empty, or has too few labels. */
  readonly bad: boolean | null
}

/** A run of bad windows that is long enough for an incident. */
export interface Episode {
  /** All bad windows, ascending. */
  readonly windows: readonly Signal[]
  /** The window at which it became an incident. */
  readonly openedBy: Signal
  /** When and why it ended; null while it lasts. */
  readonly ended: { readonly eventTime: string; readonly says: string } | null
}

/**
 * Finds the episodes in the closed windows of a monitor. A run grows with each bad window and ends with a good one, or
 * when another version serves most. A window that cannot tell neither grows nor ends it.
 *
 * @param signals - closed windows, ascending
 * @param needed - so many bad windows make an episode
 */
export function findEpisodes(signals: readonly Signal[], needed: number): Episode[] {
  const found: Episode[] = []
  let run: Signal[] = []
  const end = (eventTime: string, says: string) => {
    if (run.length >= needed) found.push(episodeOf(run, needed, { eventTime, says }))
    run = []
  }

  for (const signal of signals) {
    if (signal.bad === null) continue
    const serving = run.at(-1)?.version
    if (serving !== undefined && serving !== signal.version) {
      end(signal.start, `Version ${signal.version} serves since ${day(signal.start)}, in place of version ${serving}.`)
    }
    if (signal.bad) run.push(signal)
    else end(signal.end, `The window from ${day(signal.start)} to ${day(signal.end)} is fine again.`)
  }
  if (run.length >= needed) found.push(episodeOf(run, needed, null))
  return found
}

const episodeOf = (windows: readonly Signal[], needed: number, ended: Episode['ended']): Episode => ({
  windows,
  openedBy: windows[needed - 1]!,
  ended,
})
