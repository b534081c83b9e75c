import {
  type CatalogModel,
  type CatalogSearch,
  type CatalogVersion,
  type Clause,
  type Filter,
  FilterError,
  modelVersionGrammar,
  type OrderKey,
  parseFilter,
  parseOrderBy,
  registeredModelGrammar,
} from '@evenkeel/contract'
import { type RawBuilder, sql } from 'kysely'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { conditionOf, whereOf } from '../../../platform/filter-sql.ts'
import { after, nullable, orderOf, positionOf, type SortColumn } from '../../../platform/keyset.ts'
import type { Page } from '../../../platform/page.ts'
import { pageTokens } from '../../../platform/page-token.ts'
import { promptTag } from '../store.ts'
import { refuse } from './checks.ts'
import { modelStore } from './model-store.ts'
import { presentCatalogModel, presentCatalogVersion } from './present.ts'
import { versionStore } from './version-store.ts'

/** Whatever is asked for: a page must fit into memory. */
const mostRows = 10_000

type Expressions = Readonly<Record<string, RawBuilder<unknown>>>

const msOf = (column: string) => sql`round(extract(epoch from ${sql.ref(column)}) * 1000)::bigint`
/** Names are ordered by their characters, whatever language the database speaks. */
const textOf = (column: string) => sql`${sql.ref(column)} collate "C"`

const modelColumns: Expressions = {
  name: textOf('m.name'),
  creation_timestamp: msOf('m.created_at'),
  last_updated_timestamp: msOf('m.updated_at'),
}
const versionColumns: Expressions = {
  name: textOf('v.model'),
  version_number: sql`v.version`,
  run_id: textOf('v.source_run_id'),
  source_path: textOf('v.source'),
  creation_timestamp: msOf('v.created_at'),
  last_updated_timestamp: msOf('v.updated_at'),
}

const modelTag = (key: string, of: RawBuilder<unknown>) =>
  sql`(select t.value from registry.model_tag t where (t.project_id, t.model) = ${of} and t.key = ${key})`
const versionTag = (key: string) => sql`(
  select t.value from registry.version_tag t
  where t.project_id = v.project_id and t.model = v.model and t.version = v.version and t.key = ${key}
)`

/** A model is no prompt unless it says so; a version is one when it or its model says so. */
const isModelPrompt = sql`coalesce(${modelTag(promptTag, sql`(m.project_id, m.name)`)}, 'false')`
const isVersionPrompt = sql`coalesce(
  ${versionTag(promptTag)}, ${modelTag(promptTag, sql`(v.project_id, v.model)`)}, 'false'
)`

export function searchModels(db: Db) {
  const question = (clause: Clause) => {
    if (clause.entity !== 'tag') return conditionOf(clause, modelColumns[clause.key]!)
    if (clause.key === promptTag) return conditionOf(clause, isModelPrompt)
    return conditionOf(clause, modelTag(clause.key, sql`(m.project_id, m.name)`))
  }

  return async ({ projectId }: Caller, search: CatalogSearch): Promise<Page<CatalogModel>> => {
    const { filter, order } = parse(search, registeredModelGrammar)
    const { tokens, from } = pagesOf('models', projectId, search)
    const keys = keysOf(order, modelColumns, [{ of: modelColumns['name']!, type: 'text', descending: false }])
    const rows = await modelStore(db)
      .models(projectId)
      .select(positionOf(keys).as('at'))
      .where(whereOf(withoutPrompts(filter), question))
      .$if(from !== undefined, (query) => query.where(after(keys, from!)))
      .orderBy(orderOf(keys))
      .limit(Math.min(search.limit, mostRows) + 1)
      .execute()
    const { items, nextCursor } = pageOf(rows, tokens, search.limit)
    const latest = await versionStore(db).latest(
      projectId,
      items.map(({ name }) => name),
    )
    return { items: items.map((row) => presentCatalogModel(row, latest)), nextCursor }
  }
}

export function searchVersions(db: Db) {
  const question = (clause: Clause) => {
    if (clause.entity !== 'tag') return conditionOf(clause, versionColumns[clause.key]!)
    return conditionOf(clause, clause.key === promptTag ? isVersionPrompt : versionTag(clause.key))
  }

  return async ({ projectId }: Caller, search: CatalogSearch): Promise<Page<CatalogVersion>> => {
    const { filter, order } = parse(search, modelVersionGrammar)
    const { tokens, from } = pagesOf('versions', projectId, search)
    const keys = keysOf(order, versionColumns, [
      { of: versionColumns['name']!, type: 'text', descending: false },
      { of: versionColumns['version_number']!, type: 'bigint', descending: true },
    ])
    const rows = await versionStore(db)
      .versions(projectId)
      .select(positionOf(keys).as('at'))
      .where(whereOf(withoutPrompts(filter), question))
      .$if(from !== undefined, (query) => query.where(after(keys, from!)))
      .orderBy(orderOf(keys))
      .limit(Math.min(search.limit, mostRows) + 1)
      .execute()
    const { items, nextCursor } = pageOf(rows, tokens, search.limit)
    return { items: items.map(presentCatalogVersion), nextCursor }
  }
}

/** @throws DomainError `registry.bad_value` that says where the mistake is */
function parse({ filter, orderBy }: CatalogSearch, grammar: typeof modelVersionGrammar) {
  try {
    return { filter: parseFilter(filter, grammar), order: parseOrderBy(orderBy, grammar) }
  } catch (error) {
    if (error instanceof FilterError) throw refuse('filter', error.message)
    throw error
  }
}

/** Prompts are shown to those who ask for them by their tag. */
function withoutPrompts(filter: Filter): Filter {
  if (names(filter, promptTag)) return filter
  const none: Clause = { kind: 'compare', entity: 'tag', key: promptTag, op: '!=', value: 'true' }
  const asksNothing = filter.kind === 'and' && filter.of.length === 0
  return asksNothing ? none : { kind: 'and', of: [none, filter] }
}

function names(filter: Filter, tag: string): boolean {
  if (filter.kind === 'not') return names(filter.of, tag)
  if ('of' in filter) return filter.of.some((part) => names(part, tag))
  return filter.entity === 'tag' && filter.key === tag
}

/** The order that was asked for, with what is missing last, and then the order by itself. */
function keysOf(
  order: readonly OrderKey[],
  columns: Expressions,
  natural: readonly SortColumn[],
): readonly SortColumn[] {
  const asked = order.flatMap(({ key, descending }): SortColumn[] => {
    const of = columns[key]!
    if (key === 'name') return [{ of, type: 'text', descending }]
    if (key === 'run_id' || key === 'source_path') return nullable({ of, type: 'text', descending })
    return [{ of, type: 'bigint', descending }]
  })
  return [...asked, ...natural]
}

type Tokens = ReturnType<typeof pageTokens>

/** Tokens for the pages of one question, and where the page that is asked for begins. */
function pagesOf(kind: string, projectId: string, { filter, orderBy, cursor }: CatalogSearch) {
  const tokens = pageTokens({ search: kind, projectId, filter, orderBy })
  return { tokens, from: cursor === undefined ? undefined : tokens.decode(cursor).values }
}

function pageOf<R extends { readonly at: readonly string[] }>(
  rows: readonly R[],
  tokens: Tokens,
  limit: number,
): Page<R> {
  const items = rows.slice(0, Math.min(limit, mostRows))
  const more = rows.length > items.length
  return { items, nextCursor: more ? tokens.encode({ values: items.at(-1)!.at }) : null }
}
