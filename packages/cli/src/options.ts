import { InvalidArgumentError } from 'commander'

/** Reads a number of the command line, or says which one is meant. */
export const numberBetween =
  (low: number, high: number, { whole = false } = {}) =>
  (text: string) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= low && value <= high && !(whole && !Number.isInteger(value))) return value
    throw new InvalidArgumentError(`It must be a ${whole ? 'whole ' : ''}number from ${low} to ${high}.`)
  }

/** Gathers an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value]

const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Reads `30s`, `10m`, `6h` or `5d`. @returns seconds */
export function durationOption(text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return Number(count) * secondsPerUnit[unit!]!
  throw new InvalidArgumentError('Write a duration as in 30s, 10m, 6h or 5d.')
}
