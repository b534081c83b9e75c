import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'

/** The first program of this name that may be run, in the folders of a PATH; `undefined` when there is none. */
export async function findProgram(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name)
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found) return path
  }
  return undefined
}

/** What a program prints when it is asked about itself; `undefined` when it fails, or does not answer in 20 s. */
export async function ask(program: string, args: readonly string[], searchPath: string): Promise<string | undefined> {
  // A program that is only a link to the one a person has chosen looks for that choice in the home folder.
  const env = { PATH: searchPath, HOME: homedir(), LANG: 'C.UTF-8' }
  try {
    const { stdout } = await promisify(execFile)(program, [...args], { env, timeout: 20_000 })
    return stdout.trim()
  } catch {
    return undefined
  }
}
