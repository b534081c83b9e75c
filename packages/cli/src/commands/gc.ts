import { type Collection, plural } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import { bytesText } from '../bytes-text.ts'
import { exitCodes } from '../errors.ts'
import type { Output } from '../output.ts'
import { momentText, spanText, table } from '../table.ts'
import { type CommonOptions, connect, type Connection, outputOf } from './common.ts'

interface GcOptions extends CommonOptions {
  readonly dryRun?: boolean
  readonly grace?: number
  readonly wait: boolean
  readonly history?: boolean
  readonly limit: number
}

type StorageApi = Connection['storage']

const pauseMs = 500

/** Deletes stored content that nothing refers to, and says what that was. */
export async function gc(options: GcOptions): Promise<number> {
  const { storage } = await connect(options)
  const output = outputOf(options)
  if (options.history) return history(storage, options.limit, output)
  const { dryRun = false, grace } = options
  const body = { dryRun, ...(grace !== undefined && { graceHours: grace }) }
  const begun = await storage.collect({ body })
  const done = options.wait ? await follow(storage, begun, output) : begun
  output.result(done, () => (isOpen(done) ? goesOn : linesOf(done)))
  return done.state === 'failed' ? exitCodes.unexpected : exitCodes.ok
}

const isOpen = ({ state }: Collection): boolean => state === 'queued' || state === 'running'
const goesOn = ['it goes on', '  next   evenkeel gc --history']

async function follow(api: StorageApi, begun: Collection, output: Output): Promise<Collection> {
  let now = begun
  let said = ''
  while (isOpen(now)) {
    const says = progressOf(now)
    if (says !== said) output.say(says)
    said = says
    await delay(pauseMs)
    now = await api.get({ params: { collection: now.id } })
  }
  return now
}

function progressOf({ phase, stored, freed }: Collection): string {
  switch (phase) {
    case null:
      return 'waits to begin'
    case 'marking':
      return 'looks up what is needed'
    case 'listing':
      return `lists what is stored: ${amount(stored)}`
    case 'sweeping':
      return `deletes: ${amount(freed)}`
  }
}

const amount = ({ blobs, sizeBytes }: Collection['freed']): string =>
  `${plural(blobs, 'blob')}, ${bytesText(sizeBytes)}`

function linesOf(done: Collection): string[] {
  const { dryRun, stored, kept, young, freed, unfinished, held, graceHours, reason } = done
  if (reason !== null) return [`✗ ${reason}`, `  deleted before that: ${amount(freed)}`]
  const row = (name: string, of: Collection['freed']) => [name, String(of.blobs), bytesText(of.sizeBytes)]
  const unended = { blobs: unfinished.count, sizeBytes: unfinished.sizeBytes }
  return [
    ...table(
      ['', 'blobs', 'size'],
      [
        row('stored', stored),
        row('needed', kept),
        row(`not needed, of the last ${graceHours} h`, young),
        row(dryRun ? 'would be deleted' : 'deleted', freed),
        row(dryRun ? 'unfinished uploads, would be deleted' : 'unfinished uploads, deleted', unended),
      ],
    ),
    ...heldLines(held),
    ...(dryRun ? ['', 'nothing was deleted; without --dry-run it is'] : []),
  ]
}

const heldLines = (held: Collection['held']): string[] =>
  held.length === 0
    ? []
    : [
        '',
        ...table(
          ['needed by', 'blobs', 'size', 'not there'],
          held.map((one) => [one.domain, String(one.blobs), bytesText(one.sizeBytes), String(one.missing || '–')]),
        ),
      ]

async function history(api: StorageApi, limit: number, output: Output): Promise<number> {
  const page = await api.list({ query: { limit } })
  output.result(page, () => (page.items.length > 0 ? historyLines(page.items) : nothingYet))
  return exitCodes.ok
}

const nothingYet = ['garbage was never collected yet; it is every night', '  next   evenkeel gc --dry-run']

const historyLines = (items: readonly Collection[]): string[] =>
  table(
    ['begun', 'by', 'state', 'took', 'deleted', 'size', 'needed', 'size'],
    items.map((one) => [
      momentText(one.createdAt),
      one.startedBy,
      one.dryRun ? `${one.state}, dry run` : one.state,
      spanText(one.createdAt, one.endedAt),
      String(one.freed.blobs),
      bytesText(one.freed.sizeBytes),
      String(one.kept.blobs),
      bytesText(one.kept.sizeBytes),
    ]),
  )
