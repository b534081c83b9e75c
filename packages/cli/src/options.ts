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
