import { table } from '../table.ts'
import type { ExperimentPlan, ExperimentResult } from './experiments.ts'
import type { RegistrySides } from './registry.ts'
import type { Tally } from './tally.ts'

const columns = ['runs', 'params', 'points', 'models', 'files', 'bytes'] as const
const registryColumns = ['models', 'versions', 'aliases'] as const

export interface ImportResult {
  readonly source: string
  readonly experiments: readonly ExperimentResult[]
  readonly registry: RegistrySides | undefined
}

/** The result as data. */
export const reportOf = ({ source, experiments, registry }: ImportResult, tally: Tally) => ({
  source,
  same: tally.differing() === 0,
  experiments,
  ...(registry && { registry }),
  elsewhere: tally.elsewhere(),
  notes: tally.notes,
  differing: tally.differing(),
  differences: tally.differences,
})

/** The result for people: what is on both sides as one number, what is not as two. */
export function linesOf({ source, experiments, registry }: ImportResult, tally: Tally): string[] {
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
      ? `everything that ${source} has is here`
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

export const planLines = ({ experiments, registry }: ImportPlan): string[] => [
  ...table(
    ['experiment', 'runs', 'here already', 'params', 'metrics'],
    experiments.map(({ name, runs, hereAlready, params, metrics }) => [
      name,
      ...[runs, hereAlready, params, metrics].map(String),
    ]),
  ),
  ...(registry
    ? [`registry: ${registry.models} models and prompts, ${registry.versions} versions, ${registry.aliases} aliases`]
    : []),
  'nothing was written',
]
