import type { ParamValue, PipelineVersion, PlannedStepView, RunEnvironment } from '@evenkeel/contract'
import { failPlatform } from '../../platform/errors.ts'
import { specOf } from './present.ts'
import type { VersionRow } from './version-store.ts'

export interface Page {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Paged<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

export interface RunRequest {
  readonly params: Record<string, ParamValue>
  readonly version?: number | undefined
  readonly noCache: boolean | string[]
  readonly priority?: number | undefined
  readonly environment: RunEnvironment
  readonly scope?: string | undefined
  readonly sample?: number | undefined
  readonly only?: string[] | undefined
}

export interface RunPreview {
  readonly pipeline: string
  readonly version: number
  readonly steps: PlannedStepView[]
}

/** One row more than asked for tells whether there is another page. */
export function pageOf<T extends { readonly id: string }>(rows: readonly T[], limit: number): Paged<T> {
  const items = rows.slice(0, limit)
  return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : null }
}

export const presentVersion = (row: VersionRow): PipelineVersion => ({
  version: row.version,
  spec: specOf(row),
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
})

export function readVersion(cursor: string): number {
  if (/^[1-9]\d{0,8}$/.test(cursor)) return Number(cursor)
  const message = 'It is no cursor of this list; leave it out to start anew.'
  throw failPlatform('http.invalid_request', { issues: [{ path: 'query.cursor', message }] }, { why: message })
}
