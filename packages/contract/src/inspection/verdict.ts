import type { ImportFound, ModelInspection } from './inspect.ts'

/** Whether a file may be loaded in a sandbox, and the sentences why not. */
export interface LoadVerdict {
  readonly mayLoad: boolean
  readonly why: readonly string[]
  /** Names that somebody would have to trust before it may be. */
  readonly untrusted: readonly string[]
}

/**
 * @param trusted - names that a person vouches for: `churn.features.Encoder`, or a module with all that is in it
 */
export function verdictOf(inspection: ModelInspection, trusted: readonly string[] = []): LoadVerdict {
  const isTrusted = (name: string) => trusted.some((prefix) => name === prefix || name.startsWith(`${prefix}.`))
  const open = inspection.imports.filter(({ name, trust }) => trust !== 'known' && !isTrusted(name))
  const dangers = open.filter(({ trust }) => trust === 'dangerous').map(dangerWords)
  const unknown = open.filter(({ trust }) => trust === 'unknown').map(({ name }) => name)
  const why = [
    ...dangers,
    ...inspection.oddities,
    ...(unknown.length > 0 ? [`It imports ${listed(unknown)}, which is not known here to be harmless.`] : []),
  ]
  return { mayLoad: why.length === 0, why, untrusted: open.map(({ name }) => name) }
}

const dangerWords = ({ name, uses }: ImportFound): string =>
  `It would ${uses.includes('called') || uses.includes('made') ? 'run' : 'import'} ${name}: do not load it.`

const mostListed = 10

const listed = (names: readonly string[]): string =>
  names.length > mostListed
    ? `${names.slice(0, mostListed).join(', ')} and ${names.length - mostListed} more`
    : names.join(', ')
