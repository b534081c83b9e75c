import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { existsSync } from 'node:fs'

/** Folders of the PATH, without those that hold one of these programs. */
export const pathWithout = (...programs: readonly string[]): string =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !programs.some((program) => existsSync(join(folder, program))))
    .join(delimiter)

/** What the tests need and this machine does not have; empty when it has all of it. */
export function missingHere(...programs: readonly string[]): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const missing = programs.filter((program) => !folders.some((folder) => existsSync(join(folder, program))))
  return programs.includes('python3') && !missing.includes('python3') && !canMakeEnvironments()
    ? [...missing, 'python3-venv']
    : missing
}

function canMakeEnvironments(): boolean {
  try {
    execFileSync('python3', ['-c', 'import ensurepip, venv'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A package index and an npm registry on this machine, with "tiny" 1.0.0 and 2.0.0 in both. */
export async function startIndex() {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-index-'))
  const files = new Map<string, Buffer>()
  const asked: string[] = []
  const held = { isHeld: false }
  const server = createServer((request, response) => {
    asked.push(request.url!)
    const body = files.get(request.url!.split('?')[0]!)
    if (held.isHeld) return
    const type = request.url!.endsWith('/') ? 'text/html' : 'application/octet-stream'
    response.writeHead(body ? 200 : 404, { 'content-type': type }).end(body ?? 'not found')
  })
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const version of ['1.0.0', '2.0.0']) {
    const name = `tiny-${version}-py3-none-any.whl`
    files.set(`/simple/tiny/${name}`, await makeWheel(folder, version))
    files.set(`/npm/tiny-${version}.tgz`, await makeTarball(folder, version))
  }
  const links = ['1.0.0', '2.0.0'].map((version) => `tiny-${version}-py3-none-any.whl`)
  files.set('/simple/tiny/', Buffer.from(links.map((name) => `<a href="${name}">${name}</a>`).join('\n')))

  return {
    url,
    /** Paths that were asked for, oldest first. */
    asked,
    /** While it is held, nobody gets an answer. */
    held,
    variables: { PIP_INDEX_URL: `${url}/simple/`, UV_INDEX_URL: `${url}/simple/`, npm_config_registry: `${url}/npm/` },

    requirements: (version: string) => `tiny==${version}\n`,

    uvLock(version: string): string {
      const wheel = `tiny-${version}-py3-none-any.whl`
      const digest = createHash('sha256')
        .update(files.get(`/simple/tiny/${wheel}`)!)
        .digest('hex')
      return `version = 1
requires-python = ">=3.8"

[[package]]
name = "tiny"
version = "${version}"
source = { registry = "${url}/simple/" }
wheels = [
    { url = "${url}/simple/tiny/${wheel}", hash = "sha256:${digest}" },
]

[[package]]
name = "work"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "tiny" },
]

[package.metadata]
requires-dist = [{ name = "tiny" }]
`
    },
    pyproject: '[project]\nname = "work"\nversion = "0.1.0"\nrequires-python = ">=3.8"\ndependencies = ["tiny"]\n',

    packageLock(version: string): string {
      const resolved = `${url}/npm/tiny-${version}.tgz`
      const bytes = files.get(`/npm/tiny-${version}.tgz`)!
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
      const root = { name: 'work', version: '0.1.0', dependencies: { tiny: version } }
      const packages = { '': root, 'node_modules/tiny': { version, resolved, integrity } }
      return JSON.stringify({ name: 'work', version: '0.1.0', lockfileVersion: 3, requires: true, packages })
    },
    packageJson: (version: string) =>
      JSON.stringify({
        name: 'work',
        version: '0.1.0',
        dependencies: { tiny: version },
        // What looks for code that is not there.
        scripts: { prepare: 'node build.js' },
      }),

    async stop() {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
export type Index = Awaited<ReturnType<typeof startIndex>>

const zip = `
import sys, zipfile
path, version = sys.argv[1:]
info = 'tiny-' + version + '.dist-info/'
with zipfile.ZipFile(path, 'w') as wheel:
    wheel.writestr('tiny.py', 'VALUE = "tiny ' + version + '"\\n')
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: ' + version + '\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: a test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', 'tiny.py,,\\n' + info + 'METADATA,,\\n' + info + 'WHEEL,,\\n' + info + 'RECORD,,\\n')
`

async function makeWheel(folder: string, version: string): Promise<Buffer> {
  const path = join(folder, `tiny-${version}-py3-none-any.whl`)
  await promisify(execFile)('python3', ['-c', zip, path, version])
  return readFile(path)
}

async function makeTarball(folder: string, version: string): Promise<Buffer> {
  const root = join(folder, version)
  await mkdir(join(root, 'package'), { recursive: true })
  const manifest = { name: 'tiny', version, type: 'module', exports: './index.js' }
  await writeFile(join(root, 'package/package.json'), JSON.stringify(manifest))
  await writeFile(join(root, 'package/index.js'), `export const VALUE = 'tiny ${version}'\n`)
  await promisify(execFile)('tar', ['-czf', 'tiny.tgz', 'package'], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: homedir() },
  })
  return readFile(join(root, 'tiny.tgz'))
}
