import type { AnyApproval, ApprovalState, StepApproval } from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import type { Decision } from './approvals.ts'
import { type Page, type PageRequest, refuseCursor } from '../../platform/page.ts'
import { presentApproval } from './present.ts'
import type { ApprovalFilter, governanceStore } from './store.ts'

/** A voice that goes to another person. */
export interface Delegation {
  readonly approval: string
  readonly to: string
  readonly reason: string
}

/** What governance needs of those whose steps wait for people. */
export interface StepApprovals {
  /** Newest first, those below `before`. */
  list(
    projectId: string,
    filter: { readonly state?: ApprovalState | undefined },
    limit: number,
    before: number,
  ): Promise<readonly { readonly position: number; readonly approval: StepApproval }[]>
  find(projectId: string, id: string): Promise<StepApproval | undefined>
  decide(caller: Caller, decision: Decision): Promise<StepApproval>
  delegate(caller: Caller, delegation: Delegation): Promise<StepApproval>
}

interface Placed {
  readonly position: number
  readonly approval: AnyApproval
}

/** Above every row of either list. */
const top = 2 ** 31 - 1

/** Approvals of versions and of steps as one list, newest first. */
export async function listAllApprovals(
  store: ReturnType<typeof governanceStore>,
  steps: StepApprovals,
  projectId: string,
  { cursor, limit, ...filter }: ApprovalFilter & PageRequest,
): Promise<Page<AnyApproval>> {
  const before = placesOf(cursor)
  const rows = await store.listApprovals(projectId, filter, limit + 1, before.version)
  const ofVersions: Placed[] = rows.map((row) => ({ position: row.position, approval: presentApproval(row) }))
  const ofSteps = filter.model ? [] : await steps.list(projectId, filter, limit + 1, before.step)
  const all = [...ofVersions, ...ofSteps].toSorted(newestFirst)
  const items = all.slice(0, limit)
  const last = (kind: AnyApproval['kind']) => items.findLast(({ approval }) => approval.kind === kind)?.position
  const next = `${last('version') ?? before.version}-${last('step') ?? before.step}`
  return { items: items.map(({ approval }) => approval), nextCursor: all.length > limit ? next : null }
}

const newestFirst = ({ approval: a }: Placed, { approval: b }: Placed): number =>
  Date.parse(b.requestedAt) - Date.parse(a.requestedAt)

/** Where a page ended in each of both lists. @throws DomainError for a foreign cursor */
function placesOf(cursor: string | undefined): { readonly version: number; readonly step: number } {
  if (cursor === undefined) return { version: top, step: top }
  const [, version, step] = /^(\d{1,10})-(\d{1,10})$/.exec(cursor) ?? []
  if (version === undefined) throw refuseCursor()
  return { version: Math.min(top, Number(version)), step: Math.min(top, Number(step)) }
}
