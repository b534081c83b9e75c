import { openDatabase } from '../../platform/db.ts'
import { openShelf, shelfOf, silently, soon } from './testing.ts'

/** A server that is killed in the middle of a collection, and of one of its batches. For `collector.test.ts`. */
const [, , databaseUrl, url] = process.argv as [string, string, string, string]
const db = await openDatabase(databaseUrl)
const { blobs } = await openShelf(db, url, '/nowhere')
let deleted = 0
const { collect } = shelfOf(db, {
  ...blobs,
  async delete(digest) {
    await blobs.delete(digest)
    if (++deleted === 250) process.kill(process.pid, 'SIGKILL')
  },
})
await collect({ dryRun: false, since: soon(), report: silently })
