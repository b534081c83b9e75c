import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const author = ['-c', 'user.name=ana', '-c', 'user.email=ana@example.org', '-c', 'commit.gpgsign=false']

/** Repositories behind git's own server, over HTTPS on this machine; undefined, and said so, where there is no git. */
export async function startGitServer() {
  const backend = backendHere()
  if (backend === undefined) {
    process.stderr.write('SKIPPED steps of other repositories: there is no git with git-http-backend, or no openssl\n')
    return undefined
  }
  const root = await mkdtemp(join(tmpdir(), 'evenkeel-git-server-'))
  const { key, cert, caFile } = await certificateIn(root)
  /** Every request that came in. */
  const asked: string[] = []
  /** Repository to the `user:password` that opens it. */
  const locked = new Map<string, string>()
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const [, name = ''] = /^\/([^/]+)\//.exec(request.url ?? '') ?? []
    const lock = locked.get(name)
    const given = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()
    if (name === 'moved') response.writeHead(301, { location: request.url!.replace('moved', 'steps') }).end()
    else if (lock !== undefined && given !== lock) response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
    else serve(backend, root, request, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    asked,
    locked,
    caFile,
    url: (name: string) => `https://localhost:${(server.address() as AddressInfo).port}/${name}`,

    /** Commits these files, path to text, to a repository. @returns the commit */
    async commit(
      name: string,
      files: Readonly<Record<string, string>>,
      more: (folder: string) => Promise<void> = none,
    ) {
      const folder = join(root, name)
      await mkdir(folder, { recursive: true })
      await execute('git', ['init', '-q', folder])
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), text, { mode: path.endsWith('.sh') ? 0o755 : 0o644 })
      }
      await more(folder)
      await execute('git', ['-C', folder, ...author, 'add', '-A'])
      await execute('git', ['-C', folder, ...author, 'commit', '-qm', 'a step'])
      return (await execute('git', ['-C', folder, 'rev-parse', 'HEAD'])).stdout.trim()
    },

    git: (name: string, ...args: string[]) => execute('git', ['-C', join(root, name), ...author, ...args]),

    async stop(): Promise<void> {
      await close(server)
      await rm(root, { recursive: true, force: true })
    },
  }
}

const none = async () => undefined

function backendHere(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    const path = join(execFileSync('git', ['--exec-path']).toString().trim(), 'git-http-backend')
    execFileSync('test', ['-x', path])
    return path
  } catch {
    return undefined
  }
}

async function certificateIn(root: string) {
  const [keyFile, caFile] = [join(root, 'key.pem'), join(root, 'cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const files = ['-keyout', keyFile, '-out', caFile]
  await execute('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files])
  return { key: await readFile(keyFile), cert: await readFile(caFile), caFile }
}

/** Hands a request to git-http-backend as CGI says. */
function serve(backend: string, root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url!, 'https://localhost')
  const cgi = spawn(backend, {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      PATH_INFO: pathname.replace(/^\/([^/]+)\//, '/$1/.git/'),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: String(request.headers['content-encoding'] ?? ''),
    },
  })
  request.pipe(cgi.stdin)
  const written: Buffer[] = []
  cgi.stdout.on('data', (chunk: Buffer) => written.push(chunk))
  cgi.on('close', () => {
    const answer = Buffer.concat(written)
    const end = answer.indexOf('\r\n\r\n')
    const lines = answer.subarray(0, end).toString().split('\r\n')
    const headers = Object.fromEntries(lines.map((line) => line.split(': ', 2) as [string, string]))
    response.writeHead(Number.parseInt(headers['Status'] ?? '200'), headers).end(answer.subarray(end + 4))
  })
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
}
