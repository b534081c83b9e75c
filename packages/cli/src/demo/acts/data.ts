import type { DatasetVersion } from '@evenkeel/contract'
import { openAsBlob } from 'node:fs'
import { join } from 'node:path'
import type { Act } from '../facts.ts'
import { type FlightSource, YEAR } from '../flights.ts'
import { NAMES } from '../setup.ts'
import { inBackground, MONTHS, monthStart, type StoryDeps } from './deps.ts'

const { dataset, view } = NAMES

/** Serving begins with February, and looks back for hours: a week is more than it needs. */
export async function fillOnlineStore({ cast: { ana }, facts }: StoryDeps): Promise<void> {
  const until = monthStart(2)
  const from = new Date(Date.parse(until) - 7 * 86_400_000).toISOString()
  await facts.play(2, 'Features', async (act) => {
    const { eventCount } = await ana.features.materialize({ params: { view }, body: { from, until } })
    act.figures['materializedEvents'] = eventCount
    act.must(eventCount > 100_000, `only ${eventCount} events were materialised`)
    return `feature view ${view} holds ${eventCount.toLocaleString('en')} departures of January's last week for serving`
  })
}

async function upload({ cast }: StoryDeps, file: string, note: string): Promise<DatasetVersion> {
  const fields = { format: 'parquet' as const, note }
  return cast.ana.datasets.addVersion({ params: { dataset }, fields, file: await openAsBlob(file) })
}

/** Writes the months one after the other, the first one first. @returns the file of a month, when it is there */
export function exportMonths(flights: FlightSource, folder: string): (month: number) => Promise<string> {
  let last: Promise<unknown> = Promise.resolve()
  const files = MONTHS.map((_, at) => {
    const file = join(folder, `flights-${YEAR}-0${at + 1}.parquet`)
    const written = inBackground(last.then(() => flights.exportMonth(at + 1, file)).then(() => file))
    last = written
    return written
  })
  return (month) => files[month - 1]!
}

export function arrive(deps: StoryDeps, month: number, file: string): Promise<DatasetVersion> {
  deps.say(`${MONTHS[month - 1]} arrives`)
  return upload(deps, file, `${MONTHS[month - 1]} ${YEAR}`)
}

export async function arriveBroken(deps: StoryDeps, month: number): Promise<DatasetVersion> {
  const file = join(deps.folder, `flights-${YEAR}-0${month}-broken.parquet`)
  deps.say(`${MONTHS[month - 1]} arrives broken`)
  await deps.flights.exportBrokenMonth(month, file)
  return upload(deps, file, `${MONTHS[month - 1]} ${YEAR}, as first delivered`)
}

/** Writes a version's verdict into the act, and answers with the act's sentence so far. */
export function said(act: Act, version: DatasetVersion): string {
  const failed = version.checks.filter(({ status }) => status === 'fail')
  const count = (name: string) => Number(act.figures[name] ?? 0)
  act.figures[version.state] = count(version.state) + 1
  act.figures['rows'] = count('rows') + (version.state === 'accepted' ? version.rowCount : 0)
  act.ids[`${version.note || version.version}`] = version.version
  if (version.state === 'refused') {
    act.figures['refusedBecause'] = failed.map(({ says }) => says).join(' · ')
    act.must(failed.length >= 2, 'the broken month broke fewer than two rules')
    act.must(
      failed.every(({ failingRows }) => failingRows.length > 0),
      'a failed rule shows no failing rows',
    )
  }
  return `${count('accepted')} months accepted (${count('rows').toLocaleString('en')} flights), ${count('refused')} refused: ${act.figures['refusedBecause'] ?? 'none yet'}`
}
