import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { freemem } from 'node:os'
import { exitCodes } from '../errors.ts'
import { folderOf, targetOf } from '../settings.ts'
import { readState, stillRunning } from '../supervisor/state.ts'
import { type CommonOptions, connect, outputOf } from './common.ts'

interface Finding {
  readonly check: string
  readonly good: boolean
  readonly says: string
  readonly fix: string | null
}

const MIB = 1024 ** 2
const good = (check: string, says: string): Finding => ({ check, good: true, says, fix: null })
const bad = (check: string, says: string, fix: string): Finding => ({ check, good: false, says, fix })

/** Checks what a start and a healthy run need. Exit 1 when something is wrong. */
export async function doctor(options: CommonOptions): Promise<number> {
  const folder = folderOf(options.folder)
  const { url } = await targetOf(options)
  const state = await readState(folder)
  const runs = state ? (await stillRunning(state)).length > 0 : false
  const findings = [
    node(),
    await writable(folder),
    await disk(folder),
    memory(),
    ...(runs ? [await server(url)] : [await port(7070), await port(7071)]),
    ...(runs ? [await clock(url), ...(await targets(options))] : []),
  ]
  outputOf(options).result({ findings }, () =>
    findings.map(
      ({ check, good: ok, says, fix }) =>
        `${ok ? '✓' : '✗'} ${check.padEnd(10)} ${says}${fix ? `\n    fix    ${fix}` : ''}`,
    ),
  )
  return findings.every((finding) => finding.good) ? exitCodes.ok : exitCodes.unexpected
}

function node(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24
    ? good('node', `Node ${process.versions.node}`)
    : bad('node', `Node ${process.versions.node} is too old`, 'npm ci, which brings Node 24')
}

async function writable(folder: string): Promise<Finding> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return good('folder', `${folder} can be written`)
  } catch (error) {
    return bad('folder', error instanceof Error ? error.message : String(error), 'choose another folder with --folder')
  }
}

async function disk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder).catch(() => statfs('.'))
  const freeMiB = Math.round((bavail * bsize) / MIB)
  return freeMiB >= 1024
    ? good('disk', `${freeMiB} MiB free`)
    : bad('disk', `only ${freeMiB} MiB free`, 'free some space, or choose another disk with --folder')
}

function memory(): Finding {
  const freeMiB = Math.round(freemem() / MIB)
  return freeMiB >= 512
    ? good('memory', `${freeMiB} MiB free`)
    : bad('memory', `only ${freeMiB} MiB free`, 'close something, or set EVENKEEL_DATABASE_URL to a database elsewhere')
}

function port(number: number): Promise<Finding> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () =>
      resolve(bad('port', `${number} is taken by another program`, `evenkeel up --port ${number + 100}`)),
    )
    probe.listen(number, '127.0.0.1', () => probe.close(() => resolve(good('port', `${number} is free`))))
  })
}

async function server(url: string): Promise<Finding> {
  const answer = await fetch(new URL('/readyz', url)).catch(() => undefined)
  const text = await answer?.text()
  if (answer?.ok) return good('server', `${url} is ready: database and blob store answer`)
  return bad(
    'server',
    text ?? `${url} does not answer`,
    'evenkeel down, then evenkeel up; the logs lie in the data folder',
  )
}

async function clock(url: string): Promise<Finding> {
  const answer = await fetch(new URL('/healthz', url)).catch(() => undefined)
  const date = answer?.headers.get('date')
  const skewMs = date ? Math.abs(Date.parse(date) - Date.now()) : 0
  return skewMs < 5000
    ? good('clock', 'agrees with the server')
    : bad('clock', `differs by ${Math.round(skewMs / 1000)} s from the server`, 'synchronise the clocks (NTP)')
}

/** Places beside the machine of the server, where there are any. */
async function targets(options: CommonOptions): Promise<Finding[]> {
  const { pipelines } = await connect(options)
  const { items } = await pipelines.listTargets({}).catch(() => ({ items: [] }))
  return items
    .filter(({ name }) => name !== 'local')
    .map(({ name, kind, version, reason }) =>
      reason === null
        ? good('target', `${name} answers (${kind} ${version})`)
        : bad(
            'target',
            `${name}: ${reason}`,
            `start ${kind}, or correct "${name}" in targets.json; see docs/executors.md`,
          ),
    )
}
