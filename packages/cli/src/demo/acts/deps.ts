import type { Facts } from '../facts.ts'
import type { FlightSource } from '../flights.ts'
import type { Load } from '../load.ts'
import type { Cast } from '../setup.ts'
import { YEAR } from '../flights.ts'

export interface StoryDeps {
  readonly cast: Cast
  readonly flights: FlightSource
  /** The Parquet file of a month, as it left the airline's system. */
  readonly fileOf: (month: number) => Promise<string>
  readonly load: Load
  readonly facts: Facts
  /** Where files are written before they are sent. */
  readonly folder: string
  /** Says on the terminal what happens now. */
  readonly say: (text: string) => void
}

export const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June']

/** ISO 8601. */
export const monthStart = (month: number) => new Date(Date.UTC(YEAR, month - 1, 1)).toISOString()

/** Its failure is told to whoever waits for it. */
export function inBackground<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}
