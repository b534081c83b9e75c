import { ImportDraft, type ImportDraftHead, importLimits } from '@evenkeel/contract'
import type { DraftRow } from './draft-store.ts'

const dayMs = 86_400_000

export function present(row: DraftRow): ImportDraft {
  return ImportDraft.parse({
    ...Object(row.content),
    id: row.id,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    expiresAt: new Date(row.updated_at.getTime() + importLimits.draftDays * dayMs).toISOString(),
  })
}

export function presentHead(row: DraftRow): ImportDraftHead {
  const { id, createdBy, createdAt, updatedAt, source, details, trial, reference } = present(row)
  return {
    id,
    createdBy,
    createdAt,
    updatedAt,
    fileName: source?.fileName ?? null,
    model: details.model,
    isTried: trial !== null,
    hasReference: reference !== null,
  }
}
