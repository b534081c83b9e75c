import { execFile, spawn } from 'node:child_process'
import { chmod, chown, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { type Binaries, findBinaries, requireEnterable, type SystemUser, systemUser } from './postgres-binaries.ts'
import { choosePort, newPassword, readPostgresSettings, urlOf, writePostgresSettings } from './postgres-settings.ts'
import { endOf, findPostmaster, isAlive } from './postmaster.ts'

export interface Postgres {
  readonly url: string
  readonly pid: number
  /** Settles when PostgreSQL is gone, whoever ended it. */
  ended(): Promise<unknown>
  /** Cuts every session and waits until the data is safe on disk. */
  stop(): Promise<void>
}

interface Place {
  readonly home: string
  readonly dataFolder: string
  readonly logFile: string
  readonly binaries: Binaries
  readonly user: SystemUser | undefined
}

/** How long a start may take: after a crash, up to 1 GB of log is replayed. */
const startTimeoutMs = 120_000
const stopTimeoutMs = 30_000

/** Modest, so that it fits a laptop. `fsync` stays on: nothing acknowledged is lost. */
const flags = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_connections: '100',
  fsync: 'on',
  log_min_messages: 'warning',
  log_checkpoints: 'off',
  // A session that forgot its transaction would hold locks and stop the clean-up of dead rows for ever.
  idle_in_transaction_session_timeout: '300s',
}

/**
 * Starts the PostgreSQL that lives in `folder`, and creates it the first time. One that outlived a crash of ours is
 * taken over as it runs. Its port and password are in `postgres.json` (mode 0600), its log in `postgres.log`.
 *
 * @throws Error with the last lines of its log when it does not start
 */
export async function startPostgres({ folder }: { readonly folder: string }): Promise<Postgres> {
  const place = await preparePlace(resolve(folder))
  const password = await initialise(place)
  return (await adopt(place, password)) ?? launch(place, password)
}

async function preparePlace(home: string): Promise<Place> {
  await mkdir(join(home, 'postgres'), { recursive: true, mode: 0o711 })
  const dataFolder = join(home, 'postgres/data')
  const binaries = await findBinaries(join(home, 'postgres/runtime'))
  const user = await systemUser()
  if (user) {
    // The data folder is ours to open for passing through; what lies in it stays closed.
    await chmod(home, (await stat(home)).mode | 0o011)
    await requireEnterable(dataFolder, user)
    await requireEnterable(binaries.postgres, user)
  }
  return { home, dataFolder, logFile: join(home, 'postgres.log'), binaries, user }
}

/** @returns the password of the user `evenkeel` */
async function initialise({ home, dataFolder, binaries, user }: Place): Promise<string> {
  const settings = await readPostgresSettings(home)
  if (await exists(join(dataFolder, 'PG_VERSION'))) {
    if (settings) return settings.password
    throw new Error(`${home} holds a database, but postgres.json with its password is missing. Restore that file.`)
  }
  const password = settings?.password ?? newPassword()
  await writePostgresSettings(home, { port: await choosePort(settings?.port), password, pid: 0 })
  // A crash in the middle leaves the half-made folder under another name.
  const unfinished = `${dataFolder}.new`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  if (user) await chown(unfinished, user.uid, user.gid)
  await runInitdb(binaries.initdb, unfinished, password, user)
  await rename(unfinished, dataFolder)
  return password
}

async function runInitdb(initdb: string, dataFolder: string, password: string, user: SystemUser | undefined) {
  const passwordFile = `${dataFolder}.password`
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) await chown(passwordFile, user.uid, user.gid)
  const options = [
    '--username=evenkeel',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ]
  try {
    await promisify(execFile)(initdb, [`--pgdata=${dataFolder}`, ...options], { ...user, cwd: dataFolder, env: {} })
  } catch (cause) {
    throw new Error(`PostgreSQL could not create its data folder ${dataFolder}: ${explain(String(cause))}`, { cause })
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** Takes over a PostgreSQL that already runs on our folder; one that is about to stop is waited for. */
async function adopt({ home, dataFolder }: Place, password: string): Promise<Postgres | undefined> {
  const found = await findPostmaster(dataFolder)
  if (!found) return undefined
  const url = urlOf({ port: found.port, password })
  const ready = await waitFor(
    () => answers(url),
    () => isAlive(found.pid),
  )
  if (!ready) return undefined
  await writePostgresSettings(home, { ...found, password })
  return present(url, found.pid, () => endOf(found.pid))
}

async function launch(place: Place, password: string): Promise<Postgres> {
  const { home, dataFolder, logFile, binaries, user } = place
  const port = await choosePort((await readPostgresSettings(home))?.port)
  const log = await openLog(logFile)
  const options = Object.entries({ ...flags, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(binaries.postgres, ['-D', dataFolder, ...options], {
    ...user,
    cwd: dataFolder,
    env: {},
    // A process group of its own: Ctrl-C in a terminal must not reach it before we have finished with it.
    detached: true,
    // A file and not a pipe: it goes on when we are gone.
    stdio: ['ignore', log.fd, log.fd],
  })
  const exited = new Promise<void>((settle) => child.once('exit', () => settle()).once('error', () => settle()))
  await log.close()

  const url = urlOf({ port, password })
  const ready = await waitFor(
    () => answers(url),
    () => child.exitCode === null && child.signalCode === null,
  )
  if (!ready || child.pid === undefined) {
    child.kill('SIGKILL')
    throw new Error(`PostgreSQL did not start in ${dataFolder}. ${explain(await lastLines(logFile))}`)
  }
  await writePostgresSettings(home, { port, password, pid: child.pid })
  return present(url, child.pid, () => exited)
}

function present(url: string, pid: number, ended: () => Promise<unknown>): Postgres {
  return {
    url,
    pid,
    ended,
    async stop() {
      if (!isAlive(pid)) return
      process.kill(pid, 'SIGINT')
      if (await endOf(pid, stopTimeoutMs)) return
      process.kill(pid, 'SIGQUIT')
      await ended()
    },
  }
}

async function waitFor(isReady: () => Promise<boolean>, mayCome: () => boolean): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs
  while (mayCome() && Date.now() < deadline) {
    if (await isReady()) return true
    await delay(25)
  }
  return false
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

const logLimitBytes = 8 * 1024 ** 2

async function openLog(file: string) {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size > logLimitBytes) await rename(file, `${file}.old`)
  return open(file, 'a', 0o600)
}

async function lastLines(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
  return `The last lines of ${file}:\n${lines.slice(-8).join('\n')}`
}

const explain = (output: string) =>
  /No space left on device/.test(output)
    ? `The disk is full: free space on its volume and start again. ${output}`
    : output

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
