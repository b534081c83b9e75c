import { FilterError, trackingErrors } from '@evenkeel/contract'
import { failures } from '../../../platform/errors.ts'

const fail = failures(trackingErrors)

/** Reads a filter or an order. @throws DomainError `tracking.bad_filter` with the place of the mistake */
export function readQuery<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof FilterError)) throw cause
    throw fail('tracking.bad_filter', { position: cause.position }, { why: cause.message, cause })
  }
}
