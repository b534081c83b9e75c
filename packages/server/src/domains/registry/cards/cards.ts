import {
  type CardEdit,
  changedLines,
  type DiffLine,
  lineDiff,
  type ModelCard,
  registryErrors,
  registryEvents,
  type ToolkitCard,
} from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import { highestPosition, type Page, type PageRequest, pageOf, positionOf } from '../../../platform/page.ts'
import type { Changing } from '../catalog/changing.ts'
import type { Reader } from '../reader.ts'
import { registryStore, subjectOf, type VersionKey, type VersionRow } from '../store.ts'
import { type CardEditRow, cardStore } from './card-store.ts'
import { readFrontMatter } from './front-matter.ts'
import { toolkitCard } from './toolkit.ts'

const fail = failures(registryErrors)

interface CardsDeps {
  readonly db: Db
  readonly changing: Changing
  readonly reader: Reader
}

export interface Target {
  readonly model: string
  readonly version: number
}

interface Edit {
  readonly card: string
  /** The revision that was edited. */
  readonly revision: number
  readonly reason: string
}

/** Cards as their authors write them, with every revision. */
export function createCards({ db, changing, reader }: CardsDeps) {
  async function rowOf(projectId: string, { model, version }: Target): Promise<VersionRow> {
    const row = await registryStore(db).findVersion({ projectId, model, version })
    if (!row) throw fail('registry.version_not_found', { model, version })
    return row
  }

  async function get(projectId: string, { model, version }: Target, revision?: number): Promise<ModelCard> {
    const key = { projectId, model, version }
    const row = await rowOf(projectId, key)
    const latest = (await cardStore(db).latest(key)) ?? registered(key, row)
    if (revision === undefined || revision === latest.revision) return presentCard(latest)
    const found = await cardStore(db).find(key, revision)
    if (!found) throw fail('registry.card_not_found', { model, version, revision })
    return presentCard(found)
  }

  return {
    get,

    /** @throws DomainError `registry.card_changed`, `registry.bad_card` */
    put: (caller: Caller, { model, version }: Target, edit: Edit): Promise<ModelCard> =>
      changing.version(caller, model, String(version), async ({ tx, key, row, actor, at }) => {
        const latest = (await cardStore(tx).latest(key)) ?? registered(key, row)
        if (edit.card === latest.card) return presentCard(latest)
        if (edit.revision !== latest.revision) throw await changed(tx, key, latest, edit.revision)
        const { issues } = readFrontMatter(edit.card)
        if (issues.length > 0)
          throw fail('registry.bad_card', { issues: [...issues] }, { why: issues.map(says).join('; ') })

        if (latest.revision === 0) await cardStore(tx).add(newEdit(key, latest))
        const diff = lineDiff(latest.card, edit.card)
        const next = {
          ...registered(key, row),
          revision: latest.revision + 1,
          card: edit.card,
          reason: edit.reason,
          added_lines: count(diff, 'added'),
          removed_lines: count(diff, 'removed'),
          edited_by: actor,
          edited_at: at,
        }
        await cardStore(tx).add(newEdit(key, next))
        await cardStore(tx).putCard(key, edit.card, at)
        await announce(tx, key, latest, next)
        return presentCard(next)
      }),

    /** Newest first. */
    async listEdits(projectId: string, target: Target, { limit, cursor }: PageRequest): Promise<Page<CardEdit>> {
      const key = { projectId, ...target }
      const row = await rowOf(projectId, key)
      const before = cursor === undefined ? highestPosition : positionOf(cursor)
      const rows = await cardStore(db).list(key, limit + 1, before)
      const all = rows.length === 0 && cursor === undefined ? [registered(key, row)] : rows
      const { items, nextCursor } = pageOf(all, limit, ({ revision }) => revision)
      return { items: items.map(presentEdit), nextCursor }
    },

    async toolkit(projectId: string, target: Target): Promise<ToolkitCard> {
      const [version, model, { card }] = await Promise.all([
        reader.version(projectId, target.model, target.version),
        reader.getModel(projectId, target.model),
        get(projectId, target),
      ])
      return toolkitCard({ ...version, card }, model, readFrontMatter(card).data)
    },
  }
}

/** The card that nobody edited yet. What came without one is read with its description, which is Markdown too. */
const registered = (
  { projectId, model, version }: VersionKey,
  row: Pick<VersionRow, 'card' | 'description' | 'created_at' | 'created_by'>,
): CardEditRow => ({
  project_id: projectId,
  model,
  version,
  revision: 0,
  card: row.card || row.description,
  reason: '',
  added_lines: 0,
  removed_lines: 0,
  edited_by: row.created_by,
  edited_at: row.created_at,
})

const newEdit = (key: VersionKey, row: CardEditRow) => ({
  ...key,
  revision: row.revision,
  card: row.card,
  reason: row.reason,
  addedLines: row.added_lines,
  removedLines: row.removed_lines,
  editedBy: row.edited_by,
  editedAt: row.edited_at,
})

/** A refusal that says what the others did since. */
async function changed(tx: Db, key: VersionKey, latest: CardEditRow, seen: number): Promise<Error> {
  const base = await cardStore(tx).find(key, seen)
  const diff = changedLines(lineDiff(base?.card ?? '', latest.card), 2)
  const signs = { same: ' ', added: '+', removed: '-' } as const
  const changes = diff.map((line) => (line === null ? '…' : `${signs[line.kind]}${line.text}`)).slice(0, 500)
  const { revision, reason, edited_by: editedBy, edited_at: at } = latest
  const why = `${editedBy} saved revision ${revision} at ${at.toISOString()}${reason && ` (${reason})`}; yours is made of revision ${seen}.`
  return fail('registry.card_changed', { revision, editedBy, editedAt: at.toISOString(), reason, changes }, { why })
}

async function announce(tx: Db, key: VersionKey, before: CardEditRow, after: CardEditRow): Promise<void> {
  const { revision, reason, edited_by: actor, added_lines: addedLines, removed_lines: removedLines } = after
  const subject = subjectOf(key)
  await publish(tx, registryEvents, 'registry.card_edited', { ...key, subject, revision })
  const change = { before: { revision: before.revision }, after: { revision, addedLines, removedLines } }
  await audit(tx, { projectId: key.projectId, actor, action: 'registry.edit_card', subject, reason, ...change })
}

const count = (diff: readonly DiffLine[], kind: DiffLine['kind']) => diff.filter((line) => line.kind === kind).length

const says = ({ line, path, message }: ModelCard['issues'][number]) =>
  [line === null ? '' : `line ${line}: `, path && `${path}: `, message].join('')

function presentCard(row: CardEditRow): ModelCard {
  const { model, version, card } = row
  return { model, version, card, issues: [...readFrontMatter(card).issues], ...authorOf(row) }
}

const presentEdit = (row: CardEditRow): CardEdit => ({
  ...authorOf(row),
  addedLines: row.added_lines,
  removedLines: row.removed_lines,
})

const authorOf = ({ revision, reason, edited_by, edited_at }: CardEditRow) => ({
  revision,
  reason,
  editedBy: edited_by,
  editedAt: edited_at.toISOString(),
})
