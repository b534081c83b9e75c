import { createHash } from 'node:crypto'
import { z } from 'zod'
import { failPlatform } from '../../../platform/errors.ts'

/** Where a page ended: a part of the order, and the last values in it, as text. */
export interface Position {
  readonly phase: number
  readonly values: readonly string[]
}

const Payload = z.object({
  phase: z.int().min(0).max(2),
  values: z.array(z.string().refine((text) => !text.includes('\0'))),
})

/** Makes tokens that hold for one query and no other. */
export function pageTokens(query: unknown) {
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
      if (sealed !== seal(payload)) throw refuse()
      return Payload.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
    },
  }
}

function refuse(): Error {
  const why =
    'Invalid page token: it belongs to another query, or is damaged. Send the next_page_token of the page before with the same experiments, filter and order; or none, to begin anew.'
  return failPlatform('http.invalid_request', { issues: [{ path: 'page_token', message: why }] }, { why })
}
