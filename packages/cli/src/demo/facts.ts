/** What one act of the demo really did. */
export interface Fact {
  readonly act: number
  readonly title: string
  readonly happened: boolean
  /** One sentence with the numbers. */
  readonly says: string
  readonly figures: Readonly<Record<string, number | string | null>>
  readonly ids: Readonly<Record<string, string | number | null>>
  readonly links: readonly string[]
  /** What should have happened and did not. */
  readonly problems: readonly string[]
  readonly seconds: number
}

export interface Act {
  readonly figures: Record<string, number | string | null>
  readonly ids: Record<string, string | number | null>
  readonly links: string[]
  /** Records a problem when something that must have happened did not. */
  must(happened: boolean, otherwise: string): void
}

/** Collects facts act by act. An act may be played in several parts; its seconds add up. */
export function createFacts() {
  const acts = new Map<
    number,
    Act & { title: string; says: string; problems: string[]; seconds: number; played: boolean }
  >()

  const open = (number: number, title: string) => {
    const known = acts.get(number)
    if (known) return known
    const problems: string[] = []
    const act = {
      title,
      says: '',
      problems,
      seconds: 0,
      played: false,
      figures: {},
      ids: {},
      links: [],
      must: (happened: boolean, otherwise: string) => void (happened || problems.push(otherwise)),
    }
    acts.set(number, act)
    return act
  }

  return {
    /** Plays a part of an act; what it returns becomes the act's sentence. */
    async play(number: number, title: string, part: (act: Act) => Promise<string>): Promise<void> {
      const act = open(number, title)
      const startedAt = performance.now()
      act.says = await part(act)
      act.seconds += (performance.now() - startedAt) / 1000
      act.played = true
    },
    list(): Fact[] {
      return [...acts.entries()]
        .toSorted(([a], [b]) => a - b)
        .map(([act, { title, says, figures, ids, links, problems, seconds, played }]) => ({
          act,
          title,
          happened: played && problems.length === 0,
          says,
          figures,
          ids,
          links,
          problems,
          seconds: Math.round(seconds * 100) / 100,
        }))
    },
  }
}

export type Facts = ReturnType<typeof createFacts>
