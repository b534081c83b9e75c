import type { AnyApproval, ApprovalState, PromotionApproval, StepApproval } from '@evenkeel/contract'
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

/** Requests that another domain owns. */
interface Requests<A extends AnyApproval> {
  /** Newest first, those below `before`. */
  list(
    projectId: string,
    filter: { readonly state?: ApprovalState | undefined },
    limit: number,
    before: number,
  ): Promise<readonly { readonly position: number; readonly approval: A }[]>
  find(projectId: string, id: string): Promise<A | undefined>
  decide(caller: Caller, decision: Decision): Promise<A>
}

/** What governance needs of those whose releases wait for a person. */
export type PromotionApprovals = Requests<PromotionApproval>

/** What governance needs of those whose steps wait for people. */
export interface StepApprovals extends Requests<StepApproval> {
  delegate(caller: Caller, delegation: Delegation): Promise<StepApproval>
}

interface Placed {
  readonly position: number
  readonly approval: AnyApproval
}

/** Above every row of each list. */
const top = 2 ** 31 - 1
const kinds = ['version', 'step', 'promotion'] as const satisfies readonly AnyApproval['kind'][]

/** Approvals of versions, steps and promotions as one list, newest first. */
export async function listAllApprovals(
  store: ReturnType<typeof governanceStore>,
  { steps, promotions }: { readonly steps: StepApprovals; readonly promotions: PromotionApprovals },
  projectId: string,
  { cursor, limit, ...filter }: ApprovalFilter & PageRequest,
): Promise<Page<AnyApproval>> {
  const before = placesOf(cursor)
  const rows = await store.listApprovals(projectId, filter, limit + 1, before.version)
  const ofVersions: Placed[] = rows.map((row) => ({ position: row.position, approval: presentApproval(row) }))
  // A model has approvals of versions only.
  const others = filter.model
    ? []
    : await Promise.all([
        steps.list(projectId, filter, limit + 1, before.step),
        promotions.list(projectId, filter, limit + 1, before.promotion),
      ])
  const all = [...ofVersions, ...others.flat()].toSorted(newestFirst)
  const items = all.slice(0, limit)
  const last = (kind: AnyApproval['kind']) => items.findLast(({ approval }) => approval.kind === kind)?.position
  const next = kinds.map((kind) => last(kind) ?? before[kind]).join('-')
  return { items: items.map(({ approval }) => approval), nextCursor: all.length > limit ? next : null }
}

const newestFirst = ({ approval: a }: Placed, { approval: b }: Placed): number =>
  Date.parse(b.requestedAt) - Date.parse(a.requestedAt)

/** Where a page ended in each of the lists. @throws DomainError for a foreign cursor */
function placesOf(cursor: string | undefined): Readonly<Record<AnyApproval['kind'], number>> {
  if (cursor === undefined) return { version: top, step: top, promotion: top }
  if (!/^\d{1,10}(-\d{1,10}){2}$/.test(cursor)) throw refuseCursor()
  const [version, step, promotion] = cursor.split('-').map((place) => Math.min(top, Number(place)))
  return { version: version!, step: step!, promotion: promotion! }
}
