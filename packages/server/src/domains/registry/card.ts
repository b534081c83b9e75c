import type { Approval, CanaryVerdict, GateVerdict } from '@evenkeel/contract'

/** What people and policies decided about a version. */
export interface Decisions {
  readonly gate: GateVerdict | null
  readonly approvals: readonly Approval[]
  readonly canary: CanaryVerdict | null
}

/**
 * The model card with a section "Decisions" below what its author wrote: gate, approvals, canary, in this order.
 *
 * It is rendered whenever the card is read, so it can neither be forgotten nor be edited away.
 */
export function withDecisions(card: string, { gate, approvals, canary }: Decisions): string {
  const lines = [
    ...(gate ? gateLines(gate) : []),
    ...approvals.map(approvalLine),
    ...(canary ? [canaryLine(canary)] : []),
  ]
  if (lines.length === 0) return card
  return `${card.trimEnd()}\n\n## Decisions\n\n${lines.map((line) => `- ${line}`).join('\n')}\n`
}

/** First paragraph of prose in a card, on one line, at most 500 characters; empty when there is none. */
export function summaryOf(card: string): string {
  const body = card.replace(/^---\n[\s\S]*?\n---\n/, '')
  const paragraphs = body.split(/\n\s*\n/).map((paragraph) => oneLine(paragraph.replace(/^#.*$/gm, '')))
  return (paragraphs.find((paragraph) => /^\p{L}/u.test(paragraph)) ?? '').slice(0, 500)
}

function gateLines({ passed, says, decidedAt, override }: GateVerdict): string[] {
  const verdict = `**Gate ${passed ? 'passed' : 'refused'}** on ${day(decidedAt)}: ${says}`
  if (!override) return [verdict]
  return [verdict, `**Gate overridden** on ${day(override.at)} by ${override.by}: ${oneLine(override.reason)}`]
}

function approvalLine({ environment, state, requestedBy, decidedBy, decidedAt, reason }: Approval): string {
  const asked = `**Approval for ${environment} ${state}**`
  if (!decidedAt) return `${asked}, asked for by ${requestedBy}`
  const why = reason ? `: ${oneLine(reason)}` : ''
  return `${asked} on ${day(decidedAt)} by ${decidedBy}, asked for by ${requestedBy}${why}`
}

function canaryLine({ verdict, says, decidedAt }: CanaryVerdict): string {
  return `**Canary ${verdict.replace('_', ' ')}** on ${day(decidedAt)}: ${oneLine(says)}`
}

const day = (timestamp: string) => timestamp.slice(0, 10)

/** What people typed must stay inside its own list item. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()
