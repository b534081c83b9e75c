import { type DomainError, failPlatform, isErrno } from './errors.ts'

/** PostgreSQL shuts down, starts, refuses connections, or gave this one up; see its appendix "Error Codes". */
const awayCodes = ['57P01', '57P02', '57P03', '53300', '08000', '08001', '08003', '08004', '08006', '40001', '40P01']
const networkCodes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND']
const brokenConnection =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/

/** Translates what the outside world does to us into a failure of the contract; anything else is `undefined`. */
export function outage(error: unknown): DomainError | undefined {
  // A refused connection to a name with several addresses arrives as an AggregateError of its own.
  if (error instanceof AggregateError) return error.errors.map(outage).find((found) => found !== undefined)
  if (!(error instanceof Error)) return undefined
  if (isErrno(error, 'ENOSPC', 'EDQUOT', '53100')) return failPlatform('platform.disk_full', {}, { cause: error })
  if (isErrno(error, ...awayCodes) || isNetworkFault(error) || brokenConnection.test(error.message)) {
    return failPlatform('platform.unavailable', {}, { cause: error })
  }
  return undefined
}

function isNetworkFault(error: Error): boolean {
  return isErrno(error, ...networkCodes) && 'syscall' in error && error.syscall !== 'write'
}
