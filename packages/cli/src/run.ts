import { fail } from './output.ts'
import { createProgram } from './program.ts'

/** Runs one command line. @returns the exit code; a failure has been explained on stderr */
export async function run(args: readonly string[]): Promise<number> {
  const debug = args.includes('--debug')
  // The demo writes JSON to a file and speaks to a person.
  const json = args.includes('--json') && args[0] !== 'demo'
  try {
    return await createProgram().run(args)
  } catch (error) {
    return fail(error, { json, debug })
  }
}
