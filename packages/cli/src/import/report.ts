import { table } from '../table.ts'
import type { ExperimentPlan, ExperimentResult } from './experiments.ts'
import type { RegistrySides } from './registry.ts'
import type { Tally } from './tally.ts'

const columns = ['runs', 'params', 'points', 'models', 'files', 'bytes'] as const
const registryColumns = ['models', 'versions', 'aliases'] as const

/** What is on both sides after an import or an export. */
export interface BothSides {
  readonly experiments: readonly ExperimentResult[]
  readonly registry: RegistrySides | undefined
}

/** The result as data. */
export const reportOf = ({ experiments, registry }: BothSides, tally: Tally) => ({
  same: tally.differing() === 0,
  experiments,
  ...(registry && { registry }),
  elsewhere: tally.elsewhere(),
  notes: tally.notes,
  differing: tally.differing(),
  differences: tally.differences,
})

/**
 * The result for people: what is on both sides as one number, what is not as two.
 *
 * @param whole - what to say when nothing differs
 */
export function linesOf({ experiments, registry }: BothSides, tally: Tally, whole: string): string[] {
  return [
    ...(experiments.length === 0
      ? []
      : table(
          ['experiment', ...columns, ''],
          experiments.map(({ name, there, here }) => [
            name,
            ...columns.map((column) => both(there, here, column)),
            signOf(columns, there, here),
          ]),
        )),
    ...(registry
      ? table(
          ['registry', ...registryColumns, ''],
          [
            [
              '',
              ...registryColumns.map((column) => both(registry.there, registry.here, column)),
              signOf(registryColumns, registry.there, registry.here),
            ],
          ],
        )
      : []),
    ...tally.elsewhere().map(({ store, places, example }) => `stays in ${store}: files of ${places}, as ${example}`),
    ...tally.notes.map((note) => `note  ${note}`),
    ...tally.differences.map(({ what, why }) => `≠ ${what}: ${why}`),
    tally.differing() === 0
      ? whole
      : `${tally.differing()} differences; run the command again when their cause is gone, it brings only what is missing`,
  ]
}

const both = <C extends string>(there: Readonly<Record<C, number>>, here: Readonly<Record<C, number>>, column: C) =>
  there[column] === here[column] ? String(there[column]) : `${there[column]} ≠ ${here[column]}`

const signOf = <C extends string>(
  names: readonly C[],
  there: Readonly<Record<C, number>>,
  here: Readonly<Record<C, number>>,
) => (names.every((name) => there[name] === here[name]) ? '=' : '≠')

export interface ImportPlan {
  readonly experiments: readonly ExperimentPlan[]
  readonly registry: { readonly models: number; readonly versions: number; readonly aliases: number } | undefined
}

export const planLines = ({ experiments, registry }: ImportPlan, already: string): string[] => [
  ...table(
    ['experiment', 'runs', already, 'params', 'metrics'],
    experiments.map(({ name, runs, already: brought, params, metrics }) => [
      name,
      ...[runs, brought, params, metrics].map(String),
    ]),
  ),
  ...(registry
    ? [`registry: ${registry.models} models and prompts, ${registry.versions} versions, ${registry.aliases} aliases`]
    : []),
  'nothing was written',
]
