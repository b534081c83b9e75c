import { unknownCommit } from '@evenkeel/contract'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createApp } from './app.ts'
import { builtinSteps, programCode, programDigest } from './builtin-steps.ts'
import { readConfig } from './config.ts'
import { consoleDomain } from './console.ts'
import { docsDomain } from './docs.ts'
import { createLifecycle } from './platform/lifecycle.ts'
import { createLog } from './platform/logging.ts'
import { openPlatform, type Server, serve } from './platform/server.ts'

/** The control plane as a process. Everything it keeps lies in PostgreSQL and the blob store. */
const config = readConfig(process.env)
const log = createLog({ level: config.logLevel })
const lifecycle = createLifecycle(log)
lifecycle.stopOnSignals()

const platform = await openPlatform({ config, log })
let server: Server | undefined
const { domains, projects, pipelines } = await createApp(platform, {
  now: () => new Date(),
  url: () => server?.url ?? `http://${config.host}:${config.port}`,
  commit: await commitOf(process.cwd()),
  workFolder: process.cwd(),
  builtinSteps,
  programCode,
  programDigest,
})
await projects.prepareSignIn(config)
server = await serve(platform, [...domains, docsDomain(config.version), consoleDomain()], {
  findCaller: projects.findCaller,
})
lifecycle.onStop('server', server.stop)
// First, because a signal may come before the start is over.
lifecycle.onStop('pipelines', pipelines.stop)
await pipelines.start()
log.info({ url: server.url }, 'Evenkeel is ready')

/** The commit is read once: a run records the code that the server was started on. */
async function commitOf(folder: string): Promise<() => string> {
  const commit = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd: folder }).then(
    ({ stdout }) => stdout.trim(),
    () => unknownCommit,
  )
  return () => commit
}
