import { run } from './run.ts'

process.once('SIGINT', () => {
  process.exitCode = 130
})

const code = await run(process.argv.slice(2))
process.exitCode ??= code
