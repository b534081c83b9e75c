import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { JobSpec } from '../executor.ts'

/** What the platform runs, in a shell that knows nothing. */
export const commandFor = (home: string): readonly string[] => ['/bin/sh', join(home, 'control/guard.sh'), home]

/**
 * Puts into the folder what starts the job, so that all the platform hears of is a path: command, params and secrets
 * stand in a file that only its user can read.
 */
export async function writeScripts(home: string, externalId: string, job: JobSpec): Promise<void> {
  const control = join(home, 'control')
  const ours = (path: string) => readFile(join(import.meta.dirname, path), 'utf8')
  await replace(join(control, 'guard.sh'), await ours('guard.sh'))
  await replace(join(control, 'launcher.sh'), await ours('../local/launcher.sh'))
  await replace(join(control, 'start.sh'), startScript(home, externalId, job))
}

/** A shell that reads the old file goes on with it. */
async function replace(path: string, text: string): Promise<void> {
  await rm(`${path}.part`, { force: true })
  await writeFile(`${path}.part`, text, { mode: 0o700 })
  await rename(`${path}.part`, path)
}

/** Where programs are found on the machine of the server: this Node first. */
export const hostPath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`

function startScript(home: string, externalId: string, job: JobSpec): string {
  const { environment } = job.describe(home)
  const variables = Object.entries({ ...environment, EVENKEEL_EXTERNAL_ID: externalId })
    // Another machine, or an image, knows better where its programs lie; a path of the step's own is kept.
    .filter(([name, value]) => name !== 'PATH' || value !== hostPath)
    .map(([name, value]) => `export ${name}=${quote(value)}`)
  const launch = ['/bin/sh', join(home, 'control/launcher.sh'), home, ...job.command].map(quote).join(' ')
  return [
    ...variables,
    `cd ${quote(job.code ? join(home, 'code') : job.workFolder)} || exit 1`,
    `exec ${launch}`,
    '',
  ].join('\n')
}

/** One word of a POSIX shell, whatever it holds. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
