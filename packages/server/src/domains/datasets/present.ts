import type { CheckResult, Column, Dataset, DatasetVersion } from '@evenkeel/contract'
import type { DatasetRow, VersionRow } from './store.ts'

export const presentVersion = (row: VersionRow): DatasetVersion => ({
  dataset: row.dataset,
  version: row.version,
  digest: row.digest,
  state: row.state,
  rowCount: row.row_count,
  sizeBytes: row.size_bytes,
  columns: row.columns as Column[],
  files: row.files as DatasetVersion['files'],
  eventTimeMin: row.event_time_min?.toISOString() ?? null,
  eventTimeMax: row.event_time_max?.toISOString() ?? null,
  note: row.note,
  contractVersion: row.contract_version,
  checks: row.checks as CheckResult[],
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
})

export const presentDataset = ({ eventTimeMax, ...row }: DatasetRow): Dataset => ({
  ...row,
  eventTimeMax: eventTimeMax?.toISOString() ?? null,
})
