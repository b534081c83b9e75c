import { buildConsole } from './build.ts'
import type { World } from './fixture/answers.ts'
import { startFixture } from './fixture-server.ts'

/** Builds the console and serves it on fixture data: `node tests/console/serve.ts [full|waiting|crowd|empty]`. */
const worlds: readonly World[] = ['full', 'waiting', 'crowd', 'empty']
await buildConsole()
const fixture = await startFixture(worlds.find((world) => world === process.argv[2]) ?? 'full')
process.stdout.write(`${fixture.url}\n`)
