/** Where in a file: keys and positions, from its top. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with a file, and what to do about it. */
export interface PipelineProblem {
  readonly path: Path
  /** Whether the key at the end of the path is wrong, or what stands under it. */
  readonly at: 'key' | 'value'
  readonly message: string
}

/** What a person wrote cannot be meant so; the message says why and what to write. */
export class PipelineMistake extends Error {
  override readonly name = 'PipelineMistake'
  /** Below the place where it is caught. */
  readonly path: Path
  constructor(message: string, path: Path = []) {
    super(message)
    this.path = path
  }
}

/** Collects mistakes, so that one reading of a file shows all of them. */
export interface Notebook {
  readonly problems: readonly PipelineProblem[]
  /** Does a part of the work, and notes the mistake in it. @returns `undefined` after one */
  part<T>(path: Path, work: () => T): T | undefined
}

export function openNotebook(): Notebook {
  const problems: PipelineProblem[] = []
  return {
    problems,
    part(path, work) {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof PipelineMistake)) throw error
        const problem = { path: [...path, ...error.path], at: 'value' as const, message: error.message }
        // What stands under "defaults" is read for every step.
        if (!problems.some((known) => JSON.stringify(known) === JSON.stringify(problem))) problems.push(problem)
        return undefined
      }
    },
  }
}

/** ` Did you mean "train"?` when one of the candidates is near enough, nothing otherwise. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best === undefined ? '' : ` Did you mean "${best}"?`
}

/** Levenshtein's, with a swap of neighbours as one edit (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, changed)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1)
    }
    rows.push(row)
  }
  return rows[a.length]![b.length]!
}
