import { FolderManifest } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from '../../platform/db.ts'
import { DomainError } from '../../platform/errors.ts'
import { pooled } from '../../platform/pooled.ts'
import type { StorageDeps } from './deps.ts'
import { gcStore } from './gc-store.ts'

type MarkingDeps = Pick<StorageDeps, 'blobs' | 'holders' | 'alwaysHeld'>

const foldersAtOnce = 8
const patienceMs = 600_000
const lookEveryMs = 100

/**
 * Notes every digest that somebody needs, as all tables say it at one moment.
 *
 * @returns that moment, for `waitForOlder`
 */
export async function mark(conn: Db, { blobs, holders, alwaysHeld }: MarkingDeps): Promise<string> {
  const store = gcStore(conn)
  const moment = await conn
    .transaction()
    // A digest that moves from a table that is read later to one that was read before would be seen in neither.
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const marking = gcStore(tx)
      await marking.hold('platform', alwaysHeld)
      for (const { domain, columns } of holders) {
        for (const column of columns) await marking.holdColumn(domain, column)
      }
      return marking.moment()
    })
  for (let page = await store.nextFolders(); page.length > 0; page = await store.nextFolders()) {
    await pooled(page, foldersAtOnce, async ({ domain, digest }) => store.hold(domain, await filesIn(blobs, digest)))
    await store.foldersRead(page)
  }
  await store.analyze()
  return moment
}

/** Nobody can read what lies in a folder whose list is lost, so nothing of it is needed. */
async function filesIn(blobs: MarkingDeps['blobs'], digest: string): Promise<readonly string[]> {
  try {
    const list = FolderManifest.parse(JSON.parse((await blobs.bytes(digest)).toString()))
    return list.files.map((file) => file.digest)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'platform.blob_not_found') return []
    const why = `The list of files ${digest} is damaged, so nobody knows what it needs; nothing was deleted.`
    throw new Error(why, { cause: error })
  }
}

/**
 * Waits until every transaction has ended that was open at a moment: it may have read a name that was gone by then, and
 * may write it elsewhere, where only a second look sees it.
 */
export async function waitForOlder(conn: Db, moment: string): Promise<void> {
  const store = gcStore(conn)
  for (let waitedMs = 0; (await store.countOlder(moment)) > 0; waitedMs += lookEveryMs) {
    if (waitedMs > patienceMs)
      throw new Error('A transaction of a server has been open for more than 10 minutes; nothing was deleted.')
    await delay(lookEveryMs)
  }
}
