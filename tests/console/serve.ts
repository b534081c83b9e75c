import { buildConsole } from './build.ts'
import { startFixture } from './fixture-server.ts'

/** Builds the console and serves it on fixture data: `node tests/console/serve.ts [full|waiting|empty]`. */
const world = process.argv[2]
await buildConsole()
const fixture = await startFixture(world === 'empty' || world === 'waiting' ? world : 'full')
process.stdout.write(`${fixture.url}\n`)
