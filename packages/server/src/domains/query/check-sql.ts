import { functions, wordsBeforeParentheses } from './functions.ts'

type Token =
  | { readonly kind: 'name'; readonly text: string; readonly isQuoted: boolean }
  | { readonly kind: 'other'; readonly text: string }

/** Comments, texts, quoted names, words, numbers, and single signs; in this order. */
const tokenForm =
  /--[^\n\r]*|\/\*|(?<escaped>[eE]')|(?<text>'(?:[^']|'')*')|"(?<quoted>(?:[^"]|"")*)"|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<number>\d[\d.]*(?:[eE][+-]?\d+)?)|\s+|(?<sign>[\s\S])/uy

/**
 * Looks a query over before the database sees it. The role it runs as may do nothing but read the views; this keeps away
 * what a role may always do: look into catalogs, wait, take locks, notify, change settings.
 *
 * @returns the query without a semicolon at its end, or why it is refused
 */
export function checkSql(sql: string): { readonly sql: string } | { readonly refusal: string } {
  if (sql.includes('\0')) return { refusal: 'It holds a character with the code 0.' }
  const plain = sql.replace(/[;\s]+$/, '')
  const tokens = tokensOf(plain)
  if (typeof tokens === 'string') return { refusal: tokens }
  const refusal = whyRefused(tokens)
  return refusal === undefined ? { sql: plain } : { refusal }
}

function tokensOf(sql: string): readonly Token[] | string {
  const tokens: Token[] = []
  for (let at = 0; at < sql.length;) {
    tokenForm.lastIndex = at
    const found = tokenForm.exec(sql)!
    const end = found[0] === '/*' ? endOfComment(sql, at) : tokenForm.lastIndex
    if (end === undefined) return 'A comment has no end.'
    const token = tokenOf(found)
    if (typeof token === 'string') return token
    if (token) tokens.push(token)
    at = end
  }
  return tokens
}

/** Comments may stand within one another. */
function endOfComment(sql: string, start: number): number | undefined {
  const marks = /\/\*|\*\//g
  marks.lastIndex = start
  let depth = 0
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return undefined
}

function tokenOf({ groups, 0: all }: RegExpExecArray): Token | string | undefined {
  const { escaped, quoted, word, sign } = groups!
  // Where such a text ends depends on what stands on the lines before.
  if (escaped !== undefined) return "Texts with escapes (E'…') are not taken; write what they mean."
  if (quoted !== undefined) return { kind: 'name', text: quoted.replaceAll('""', '"'), isQuoted: true }
  if (word !== undefined) return { kind: 'name', text: word.toLowerCase(), isQuoted: false }
  if (sign === ';') return 'It is more than one statement; ask one SELECT at a time.'
  if (sign === "'" || sign === '"') return 'A quote has no end.'
  if (sign === '$') return 'It holds a "$" outside of a text; write texts in single quotes.'
  if (sign === '\\') return 'It holds a "\\" outside of a text.'
  return /^\s|^--|^\/\*/.test(all) ? undefined : { kind: 'other', text: all }
}

function whyRefused(tokens: readonly Token[]): string | undefined {
  const [first] = tokens
  if (first?.kind !== 'name' || !['select', 'with', 'values'].includes(first.text))
    return 'It is no SELECT; a query begins with SELECT, WITH or VALUES.'
  for (const [at, token] of tokens.entries()) {
    const next = tokens[at + 1]
    if (token.kind !== 'name') continue
    const refusal = whyNotName(token, next) ?? (next?.text === '(' ? whyNotCall(token, tokens[at - 1]) : undefined)
    if (refusal !== undefined) return refusal
  }
  return undefined
}

function whyNotName({ text, isQuoted }: Extract<Token, { kind: 'name' }>, next: Token | undefined): string | undefined {
  if (/^(pg_|information_schema$)/i.test(text))
    return `"${text}" belongs to the catalogs of the database; only the views can be read.`
  if (!isQuoted && text === 'into') return 'SELECT INTO makes a table, and nothing can be changed here.'
  // The text behind it would be read with escapes of its own.
  if (!isQuoted && text === 'u' && next?.text === '&') return 'Names and texts with U& are not taken.'
  return undefined
}

/** A list of columns follows a name after AS or WITH; everywhere else it is a function, or a word of the language. */
function whyNotCall({ text, isQuoted }: Extract<Token, { kind: 'name' }>, before: Token | undefined) {
  if (functions.has(text)) return undefined
  if (!isQuoted && wordsBeforeParentheses.has(text)) return undefined
  if (before?.kind === 'name' && !before.isQuoted && ['as', 'with', 'recursive'].includes(before.text)) return undefined
  return `The function "${text}" is not one that a query may use; docs/query.md lists them.`
}
