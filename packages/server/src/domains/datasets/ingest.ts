import { type DatasetVersion, datasetsErrors, datasetsEvents } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import { checkContract } from './check.ts'
import { classOf } from './column-types.ts'
import { presentVersion } from './present.ts'
import { profileTable } from './profile.ts'
import type { DatasetsDeps } from './service.ts'
import { datasetsStore, type NewVersion, type StoredContract, type VersionRow } from './store.ts'
import { columnNamed, openTable, readable, rowsOf, type Table } from './table.ts'
import type { ReceivedFile } from './upload.ts'

const fail = failures(datasetsErrors)

export interface IngestOptions {
  readonly format: 'parquet' | 'csv'
  readonly note: string
}

interface Source extends IngestOptions {
  readonly received: ReceivedFile
  /** Where a file may be written that goes away again. */
  readonly spare: string
}

/** What a version is judged by. */
interface Basis {
  readonly contract: StoredContract | undefined
  readonly reference: VersionRow | undefined
}

type Judged = Omit<NewVersion, 'version' | 'createdAt' | 'createdBy'>

/** Turns a received file into a version of a dataset; see `addVersion` of the service. */
export async function ingest(
  deps: DatasetsDeps,
  caller: Caller,
  dataset: string,
  source: Source,
): Promise<DatasetVersion> {
  const { db, queries, blobs } = deps
  const { projectId } = caller
  const known = await findKnown(db, projectId, dataset, [source.received.digest])
  if (known) return presentVersion(known)

  const table = await openTable(queries, source.received, source)
  const profiled = await readable(profileTable(queries, rowsOf(table.path), table.columns))
  if (profiled.rowCount === 0) throw fail('datasets.empty_file', {})
  const blob = await blobs.put(createReadStream(table.path))

  for (;;) {
    const basis = await readBasis(db, projectId, dataset)
    const judged = await judgeTable(deps, table, { ...source, ...profiled, blob }, basis)
    const version = await db.transaction().execute((tx) => save(tx, deps, caller, dataset, judged, basis))
    // Undefined when the contract or the reference changed meanwhile: then the verdict is out of date.
    if (version) return presentVersion(version)
  }
}

async function findKnown(db: Db, projectId: string, dataset: string, digests: readonly string[]) {
  const store = datasetsStore(db)
  const contractVersion = (await store.newestContract(projectId, dataset))?.version ?? null
  return store.findContent(projectId, dataset, { digests, contractVersion })
}

async function readBasis(db: Db, projectId: string, dataset: string): Promise<Basis> {
  const store = datasetsStore(db)
  return {
    contract: await store.newestContract(projectId, dataset),
    reference: await store.newestAccepted(projectId, dataset),
  }
}

const isSameBasis = (a: Basis, b: Basis) =>
  a.contract?.version === b.contract?.version && a.reference?.version === b.reference?.version

interface Content extends Source, Awaited<ReturnType<typeof profileTable>> {
  readonly blob: { readonly digest: string; readonly sizeBytes: number }
}

async function judgeTable(
  { queries, blobs }: DatasetsDeps,
  table: Table,
  { received, note, rowCount, profile, blob }: Content,
  { contract, reference }: Basis,
): Promise<Judged> {
  const { columns } = table
  const checks = contract
    ? await checkContract(
        queries,
        { paths: [table.path], columns, rowCount },
        contract.contract,
        reference && (await openReference(blobs, reference)),
      )
    : []
  const files = [{ path: '0.parquet', ...blob }]
  const times = profile.find(({ name }) => name === eventTimeColumn(table, contract))?.numeric
  return {
    digest: `sha256:${createHash('sha256').update(JSON.stringify({ files, columns })).digest('hex')}`,
    sourceDigest: received.digest,
    state: checks.some(({ status }) => status === 'fail') ? 'refused' : 'accepted',
    rowCount,
    sizeBytes: blob.sizeBytes,
    columns,
    files,
    eventTimeMin: times ? new Date(times.min) : null,
    eventTimeMax: times ? new Date(times.max) : null,
    note,
    contractVersion: contract?.version ?? null,
    checks,
    profile,
  }
}

async function openReference(blobs: DatasetsDeps['blobs'], row: VersionRow) {
  const { version, columns, files } = presentVersion(row)
  return { version, columns, paths: await Promise.all(files.map(({ digest }) => blobs.localPath(digest))) }
}

/** The one of the contract; without a contract the only time stamp there is. */
function eventTimeColumn({ columns }: Table, contract: StoredContract | undefined): string | undefined {
  const times = columns.filter(({ type }) => classOf(type) === 'timestamp')
  if (contract) return columnNamed(times, contract.contract.eventTimeColumn)?.name
  return times.length === 1 ? times[0]!.name : undefined
}

/** @returns the row of the version; undefined when what it was judged by has changed meanwhile */
async function save(
  tx: Db,
  { now }: DatasetsDeps,
  { projectId, userName }: Caller,
  dataset: string,
  judged: Judged,
  basis: Basis,
): Promise<VersionRow | undefined> {
  const store = datasetsStore(tx)
  await store.lock(projectId, dataset)
  const known = await findKnown(tx, projectId, dataset, [judged.sourceDigest, judged.digest])
  if (known) return known
  if (!isSameBasis(basis, await readBasis(tx, projectId, dataset))) return undefined

  const version = ((await store.newest(projectId, dataset))?.version ?? 0) + 1
  await store.addVersion(projectId, dataset, { ...judged, version, createdAt: now(), createdBy: userName })
  await announce(tx, { projectId, dataset, version, judged })
  const subject = `${dataset}@${version}`
  const { state, digest } = judged
  await audit(tx, { projectId, actor: userName, action: 'datasets.add_version', subject, after: { state, digest } })
  return store.find(projectId, dataset, version)
}

interface News {
  readonly projectId: string
  readonly dataset: string
  readonly version: number
  readonly judged: Judged
}

async function announce(tx: Db, { projectId, dataset, version, judged }: News): Promise<void> {
  const head = { projectId, subject: dataset, dataset, version }
  if (judged.state === 'refused') await publish(tx, datasetsEvents, 'datasets.version_refused', head)
  else {
    const eventTimeMax = judged.eventTimeMax?.toISOString() ?? null
    await publish(tx, datasetsEvents, 'datasets.version_accepted', { ...head, eventTimeMax })
  }
}
