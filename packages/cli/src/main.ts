import { createProgram } from './program.ts'
import { fail } from './output.ts'

const debug = process.argv.includes('--debug')
// The demo writes JSON to a file and speaks to a person.
const json = process.argv.includes('--json') && process.argv[2] !== 'demo'

process.once('SIGINT', () => {
  process.exitCode = 130
})

try {
  const code = await createProgram().run(process.argv.slice(2))
  process.exitCode ??= code
} catch (error) {
  process.exitCode = await fail(error, { json, debug })
}
