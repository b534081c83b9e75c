import { artifactErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'
import { isStorable } from '../../platform/storable.ts'

const fail = failures(artifactErrors)

/** Longest path in bytes of UTF-8, as in S3; it is also well below what an index of PostgreSQL can hold. */
const longestBytes = 1024

/** More escapes of escapes than anybody writes in good faith. */
const mostDecodings = 10

/**
 * The one spelling of a path: escapes decoded until none is left, as MLflow's clients do with each name that they read;
 * no empty part and no `.`. One name that they refuse would spoil the whole listing for them, so the same are refused
 * here: `..`, absolute ones, `#`, backslashes, control characters.
 *
 * @param path - of a file, or of a folder with or without its slash at the end
 * @returns parts joined by `/`; empty for the top
 * @throws DomainError `artifacts.bad_path`
 */
export function cleanPath(path: string): string {
  const decoded = decodeFully(path)
  if (decoded === undefined || isForbidden(decoded)) throw badPath(path)
  const parts = decoded.split('/').filter((part) => part !== '' && part !== '.')
  const clean = parts.join('/')
  if (parts.includes('..') || Buffer.byteLength(clean) > longestBytes) throw badPath(path)
  return clean
}

/** @throws DomainError `artifacts.bad_path` also for the top and for a folder's slash at the end */
export function cleanFilePath(path: string): string {
  const clean = cleanPath(path)
  if (clean === '' || path.endsWith('/')) throw badPath(path)
  return clean
}

const isForbidden = (path: string) =>
  // oxlint-disable-next-line no-control-regex
  /[#\\\u0000-\u001f\u007f]/.test(path) || /^(?:\/|[a-z]:\/|file:)/i.test(path) || !isStorable(path)

function decodeFully(path: string): string | undefined {
  let text = path
  for (let round = 0; round < mostDecodings; round++) {
    const decoded = text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decodeRun)
    if (decoded === text) return text
    text = decoded
  }
  return undefined
}

/** What is no UTF-8 becomes U+FFFD, as in Python; a `%` that begins no escape stays. */
const decodeRun = (run: string) => Buffer.from(run.replaceAll('%', ''), 'hex').toString()

const badPath = (path: string) => fail('artifacts.bad_path', { path: path.slice(0, 200) }, { why: 'Invalid path' })

/** `a/b/c` lies in `a` and `a/b`. */
export const foldersOf = (path: string): readonly string[] =>
  path
    .split('/')
    .slice(0, -1)
    .map((_part, index, parts) => parts.slice(0, index + 1).join('/'))
