import { type Config, readConfig } from './config.ts'
import { createLog } from './log.ts'
import { startNode } from './node.ts'

async function main(config: Config): Promise<void> {
  const log = createLog(config.logLevel)
  const node = await startNode(config, log)
  let stopped: Promise<void> | undefined
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'the node stops')
      // The process ends by itself when nothing is left to do; to end it inside a run would crash the engine.
      stopped ??= node.stop()
    })
  }
}

try {
  await main(readConfig(process.env))
} catch (error) {
  process.stderr.write(`The inference node did not start.\n${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
