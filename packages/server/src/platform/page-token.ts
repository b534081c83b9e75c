import { createHash } from 'node:crypto'
import { z } from 'zod'
import { failPlatform } from './errors.ts'
import { isStorable } from './storable.ts'

/** Where a page ended: a part of the order where it has parts, and the last values in it, as text. */
export interface Position {
  readonly phase?: number | undefined
  readonly values: readonly string[]
}

const Payload = z.object({
  phase: z.int().nonnegative().optional(),
  values: z.array(z.string().refine(isStorable)),
})

/**
 * Makes tokens that hold for one query and no other.
 *
 * @param refuse - says so to whoever sends another, in the words of what they called
 */
export function pageTokens(query: unknown, refuse: () => Error = refusePageToken) {
  const asked = JSON.stringify(query)
  const seal = (payload: string) => createHash('sha256').update(`${asked}\n${payload}`).digest('base64url').slice(0, 22)

  return {
    encode(position: Position): string {
      const payload = Buffer.from(JSON.stringify(position)).toString('base64url')
      return `${payload}.${seal(payload)}`
    },

    /** @throws DomainError `http.invalid_request` for a token of another query, or of nobody */
    decode(token: string): Position {
      const [payload = '', sealed] = token.split('.')
      // The seal keeps mistakes out and not enemies: what it holds is checked like any input.
      const position = sealed === seal(payload) ? Payload.safeParse(parse(payload)).data : undefined
      if (!position) throw refuse()
      return position
    },
  }
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString())
  } catch {
    return undefined
  }
}

export function refusePageToken(): Error {
  const why =
    'Invalid page token: it belongs to another query, or is damaged. Send the next_page_token of the page before with the same experiments, filter and order; or none, to begin anew.'
  return failPlatform('http.invalid_request', { issues: [{ path: 'page_token', message: why }] }, { why })
}
