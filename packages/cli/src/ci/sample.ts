import { InvalidArgumentError } from 'commander'

/** Reads `1%`, a share such as `0.01`, or a count of rows; the share is at most 1, a count is above. */
export function readSample(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim()) ?? []
  const sample = percent === undefined ? Number(text) : Number(percent) / 100
  const isShare = sample > 0 && sample <= 1
  if (text.trim() !== '' && (isShare || (percent === undefined && sample > 1 && Number.isInteger(sample))))
    return sample
  throw new InvalidArgumentError('Write a share as in 1% or 0.01, or a whole number of rows above 1.')
}

/** `1 % of the rows`, `5,000 rows`. */
export const sampleText = (sample: number): string =>
  sample <= 1 ? `${Number((sample * 100).toPrecision(6))} % of the rows` : `${sample.toLocaleString('en')} rows`
