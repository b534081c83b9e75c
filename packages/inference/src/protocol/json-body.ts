import { badRequest } from './refusal.ts'

const maxDepth = 100
const [quote, backslash] = Buffer.from('"\\')
const [openBracket, openBrace, closeBracket, closeBrace] = Buffer.from('[{]}')

/**
 * Parses the JSON part of a request.
 *
 * @throws Refusal (400) when it is not UTF-8 JSON, or nests deeper than 100
 */
export function parseJson(bytes: Buffer): unknown {
  checkDepth(bytes)
  try {
    return JSON.parse(textOf(bytes)) as unknown
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw badRequest(`The body is not JSON: ${error.message}. Send an Open Inference request, {"inputs": [...]}.`)
  }
}

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown

/** The same, with integers beyond 2^53 as bigint. Ten times slower, so it is only for bodies that hold some. */
export function parseJsonExactly(bytes: Buffer): unknown {
  return parseWithSource(bytes.toString('utf8'), (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  )
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  // The replacement character may also have been sent: only then is the strict decoder asked.
  if (!text.includes('\uFFFD')) return text
  try {
    return decoder.decode(bytes)
  } catch {
    throw badRequest('The body is not UTF-8; encode the JSON as UTF-8.')
  }
}

function checkDepth(bytes: Buffer): void {
  let depth = 0
  let quoted = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (quoted) {
      if (byte === backslash) i++
      else if (byte === quote) quoted = false
    } else if (byte === quote) quoted = true
    else if (byte === openBracket || byte === openBrace) {
      if (++depth > maxDepth) throw badRequest(`The JSON nests deeper than ${maxDepth}; flatten the data.`)
    } else if (byte === closeBracket || byte === closeBrace) depth--
  }
}
