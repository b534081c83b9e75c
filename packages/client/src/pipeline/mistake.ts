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
