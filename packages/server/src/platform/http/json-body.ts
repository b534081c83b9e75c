import type { FastifyInstance } from 'fastify'
import { failPlatform } from '../errors.ts'
import { isStorable } from '../storable.ts'

/** Reads JSON bodies, and refuses text that PostgreSQL cannot keep before any domain sees it. */
export function takeJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    void parse(request, text, (error, value) => {
      if (error) return done(error)
      // Only an escape can hold such a character: raw, neither is JSON in UTF-8.
      const path = suspicious.test(text) ? unstorableAt(value, ['body']) : undefined
      done(path ? refusalOf(path) : null, value)
    })
  })
}

/** @throws DomainError `http.invalid_request` for text in a path or a query that PostgreSQL cannot keep */
export function refuseUnstorable(part: string, value: unknown): void {
  const path = unstorableAt(value, [part])
  if (path) throw refusalOf(path)
}

const suspicious = /\\u(?:0000|d[89a-f])/i

type Path = readonly string[]

function refusalOf(path: Path) {
  const issue = {
    path: path.join('.'),
    message: 'holds a character that cannot be stored: NUL or half of a surrogate pair',
  }
  return failPlatform('http.invalid_request', { issues: [issue] }, { why: `${issue.path}: ${issue.message}` })
}

/** Where some text lies that cannot be stored; names of members count too. A list of its own, as deep as JSON may be. */
function unstorableAt(root: unknown, at: Path): Path | undefined {
  const open: { readonly value: unknown; readonly path: Path }[] = [{ value: root, path: at }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, path } = next
    if (typeof value === 'string' && !isStorable(value)) return path
    if (typeof value !== 'object' || value === null) continue
    for (const [key, member] of Object.entries(value)) {
      if (!isStorable(key)) return path
      open.push({ value: member, path: [...path, key] })
    }
  }
  return undefined
}
