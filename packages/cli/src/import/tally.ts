/** What a side has. */
export interface Counts {
  runs: number
  params: number
  points: number
  models: number
  files: number
  bytes: number
}

export const noCounts = (): Counts => ({ runs: 0, params: 0, points: 0, models: 0, files: 0, bytes: 0 })

/** Both sides of one experiment. */
export interface Sides {
  readonly there: Counts
  readonly here: Counts
}

/** What is not the same on both sides, or could not be brought. */
export interface Difference {
  readonly what: string
  readonly why: string
}

/** Files that stay where they are. */
interface Elsewhere {
  readonly store: string
  places: number
  readonly example: string
}

/** So many differences are told one by one. */
const mostTold = 200

/** What came of an import so far. */
export function createTally() {
  const differences: Difference[] = []
  const notes: string[] = []
  const elsewhere = new Map<string, Elsewhere>()
  let differing = 0

  return {
    differences,
    notes,
    elsewhere: () => [...elsewhere.values()],
    /** Of all differences, also those that are not told. */
    differing: () => differing,

    differs(what: string, why: string): void {
      differing++
      if (differences.length < mostTold) differences.push({ what, why })
    },

    /** Something that is as it should be, and still worth a word. */
    note(text: string): void {
      if (notes.length < mostTold && !notes.includes(text)) notes.push(text)
    },

    /** Files that lie where only clients reach them. */
    liesElsewhere(uri: string): void {
      const store = /^([a-z][a-z0-9+.-]+):/i.exec(uri)?.[1]?.toLowerCase() ?? 'a path on a disk'
      const known = elsewhere.get(store)
      if (known) known.places++
      else elsewhere.set(store, { store, places: 1, example: uri })
    },

    /** Notes each count of one thing that is not the same there and here. */
    compare<N extends string>(
      what: string,
      there: Readonly<Record<N, number>>,
      here: Readonly<Record<NoInfer<N>, number>>,
    ): void {
      for (const name of Object.keys(there) as N[]) {
        if (there[name] !== here[name]) this.differs(what, `${name}: ${there[name]} there, ${here[name]} here`)
      }
    },
  }
}

export type Tally = ReturnType<typeof createTally>

export function addTo(sum: Counts, counts: Partial<Counts>): void {
  for (const [name, count] of Object.entries(counts) as [keyof Counts, number][]) sum[name] += count
}
