import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where Chromium is, after installing it where that is possible; `undefined` when there is none to be had. */
export const provideChromium = async (): Promise<string | undefined> => findChromium() ?? (await installChromium())

/** Launches it; `undefined` when there is none to be had. */
export async function launchChromium(): Promise<Browser | undefined> {
  const path = await provideChromium()
  return path === undefined ? undefined : chromium.launch({ executablePath: path, headless: true, args: ARGS })
}

function findChromium(): string | undefined {
  return [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', chromium.executablePath()].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  )
}

/** Only where it asks for nobody's password: as root of a Debian. */
async function installChromium(): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return undefined
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update'], { env })
    .then(() => run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env }))
    .catch((error: unknown) => process.stderr.write(`chromium could not be installed: ${String(error)}\n`))
  return findChromium()
}
