import { plural, type Run } from '@evenkeel/contract'
import { formatPercent } from '../ui/index.ts'

/** `production`, or `ci (pr-12)`. */
export const whereOf = ({ environment, scope }: Pick<Run, 'environment' | 'scope'>): string =>
  scope === null ? environment : `${environment} (${scope})`

/** A share up to 1 of the rows, or a count of them. */
export const sampleText = (sample: number): string =>
  sample <= 1 ? `${formatPercent(sample)} of the rows` : plural(sample, 'row')
