import { defineEvents, EventBase } from '@evenkeel/contract'
import { createEvents, on, publish } from './events.ts'
import { openDatabase } from './db.ts'
import { createLog } from './logging.ts'

/** A server that is killed while it handles the event it has just published. For `events-kill.test.ts`. */
const url = process.argv[2]!
export const events = defineEvents({ 'shelves.fell': EventBase })

if (import.meta.main) {
  const db = await openDatabase(url)
  const running = await createEvents({ db, url, log: createLog({ level: 'silent' }) })
  const die = async () => {
    process.kill(process.pid, 'SIGKILL')
  }
  await running.start([on(events, 'shelves.fell', 'shelves.pick_up', die)], [])
  await db.transaction().execute((tx) => publish(tx, events, 'shelves.fell', { projectId: 'default', subject: 'oak' }))
}
