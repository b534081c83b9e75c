import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isErrno } from '../../../platform/errors.ts'

/** Names the host whose processes an attempt belongs to; it lies in the data folder, so it survives a restart. */
export function hostId(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'host-id')
  try {
    writeFileSync(path, randomUUID(), { flag: 'wx' })
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  }
  return readFileSync(path, 'utf8')
}
