import { CardFrontMatter, type CardIssue, splitCard } from '@evenkeel/contract'
import { type Document, LineCounter, parseDocument } from 'yaml'

export interface ReadFrontMatter {
  /** Null for a card without any, and for one that cannot be read. */
  readonly data: CardFrontMatter | null
  readonly issues: readonly CardIssue[]
}

/** The machine-readable head of a card, and what is wrong with it. */
export function readFrontMatter(card: string): ReadFrontMatter {
  const { frontMatter } = splitCard(card)
  if (frontMatter === null) return { data: null, issues: /^---[ \t]*\r?\n/.test(card) ? [unclosed] : [] }
  const lines = new LineCounter()
  const document = parseDocument(frontMatter, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors.map(({ message, pos }) => issue('', message, lines.linePos(pos[0]).line))
  if (broken.length > 0) return { data: null, issues: broken }
  const parsed = CardFrontMatter.safeParse(document.toJS({ maxAliasCount: 100 }) ?? {})
  if (parsed.success) return { data: parsed.data, issues: [] }
  return {
    data: null,
    issues: parsed.error.issues.map(({ path, message }) =>
      issue(path.join('.'), message, lineOf(document, lines, path)),
    ),
  }
}

const unclosed: CardIssue = { path: '', message: 'the front matter has no second line of "---"', line: 1 }

/** The first line of a card is that of the dashes. */
const issue = (path: string, message: string, line: number | null): CardIssue => ({
  path,
  message,
  line: line === null ? null : line + 1,
})

/** Where a value stands, or the nearest one around it that is there. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | null {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    const range = (node as { range?: readonly number[] } | undefined)?.range
    if (range) return lines.linePos(range[0]!).line
  }
  return null
}
