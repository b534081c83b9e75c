import type { PoolJob, PoolReply } from './pool.ts'
import { openSession, type Session } from './session.ts'

const [modelPath] = process.argv.slice(2)
const opening: Promise<Session> = openSession(modelPath!)

process.on('message', (job: PoolJob) => {
  void answer(job).then((reply) => process.send?.(reply))
})
// Signals to the group are for the parent, which ends this process when its work is done.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)

async function answer({ inputs, outputs }: PoolJob): Promise<PoolReply> {
  try {
    const session = await opening
    return { outputs: await session.run(inputs, outputs) }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
