/**
 * Records what a client of MLflow and MLflow's own server say to each other, for the tests that replay it.
 *
 *     node tools/record-mlflow.ts PYTHON SCRIPT OUT.jsonl
 *
 * PYTHON is one with `mlflow`. A new server on SQLite stands behind a proxy; each line of OUT is one exchange.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Bodies are text where they are UTF-8, and base64 otherwise. */
interface Side {
  readonly type: string | null
  readonly text?: string
  readonly base64?: string
}

const [python, script, out] = process.argv.slice(2)
if (!python || !script || !out) throw new Error('usage: node tools/record-mlflow.ts PYTHON SCRIPT OUT.jsonl')

const folder = await mkdtemp(join(tmpdir(), 'mlflow-record-'))
const port = await freePort()
const server = spawn(python, serverArguments(port), { cwd: folder, stdio: 'ignore', detached: true })
const lines: string[] = []
try {
  await until(`http://127.0.0.1:${port}/health`)
  const proxy = createServer((request, response) => void pass(request, response))
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const env = { ...process.env, MLFLOW_TRACKING_URI: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  // The client tells the server where its script lies; ours lies nowhere in particular.
  await copyFile(script, join(folder, basename(script)))
  await promisify(execFile)(python, [basename(script)], { cwd: folder, env, maxBuffer: 64 * 1024 ** 2 })
  proxy.close()
  await writeFile(out, lines.join('\n') + '\n')
  process.stdout.write(`${out}: ${lines.length} exchanges\n`)
} finally {
  process.kill(-server.pid!, 'SIGKILL')
  await rm(folder, { recursive: true, force: true })
}

function serverArguments(at: number): string[] {
  const stores = ['--backend-store-uri', 'sqlite:///db.sqlite', '--artifacts-destination', './artifacts']
  return ['-m', 'mlflow', 'server', ...stores, '--host', '127.0.0.1', '--port', String(at), '--workers', '1']
}

async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const sent = await buffer(request)
  const named = namedHeaders(headers)
  const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    headers: { ...named, ...(headers['content-type'] && { 'content-type': headers['content-type'] }) },
    ...(sent.length > 0 && { body: sent }),
  })
  const body = Buffer.from(await answer.arrayBuffer())
  const type = answer.headers.get('content-type')
  const exchange = {
    method,
    url,
    ...(Object.keys(named).length > 0 && { headers: named }),
    request: sideOf(headers['content-type'] ?? null, sent),
    status: answer.status,
    response: sideOf(type, body),
  }
  lines.push(JSON.stringify(exchange))
  response.writeHead(answer.status, type ? { 'content-type': type } : {}).end(body)
}

/** Headers that say what a body is of. */
function namedHeaders(headers: IncomingMessage['headers']): Record<string, string> {
  const names = ['x-mlflow-experiment-id', 'x-mlflow-run-id', 'content-encoding']
  return Object.fromEntries(names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])))
}

function sideOf(type: string | null, body: Buffer): Side {
  const text = body.toString()
  return Buffer.from(text).equals(body) ? { type, text } : { type, base64: body.toString('base64') }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await once(probe.listen(0, '127.0.0.1'), 'listening')
  const { port: found } = probe.address() as AddressInfo
  probe.close()
  return found
}

async function until(url: string): Promise<void> {
  const giveUpAt = Date.now() + 120_000
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > giveUpAt) throw new Error(`${url} did not answer within 120 s`)
    await delay(500)
  }
}
