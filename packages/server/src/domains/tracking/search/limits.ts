import { failPlatform } from '../../../platform/errors.ts'

/** @throws DomainError `http.invalid_request` for a page that is larger than it may be, or smaller than one */
export function requireMost(maxResults: number, most: number): void {
  if (maxResults >= 1 && maxResults <= most) return
  const message = `Invalid value ${maxResults} for parameter 'max_results' supplied: it must be a positive integer of ${most} at most.`
  throw failPlatform('http.invalid_request', { issues: [{ path: 'max_results', message }] }, { why: message })
}
