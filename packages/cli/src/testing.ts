import {
  artifacts,
  backfills,
  deployments,
  type Endpoint,
  experiments,
  governance,
  lineage,
  loop,
  modelCards,
  modelFiles,
  modelPeople,
  pipelines,
  Problem,
  query,
  registry,
  releases,
  retention,
  reproductions,
  secrets,
  stepSources,
  runtimes,
  storage,
  trackedRuns,
} from '@evenkeel/contract'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { run } from './run.ts'

const groups = {
  artifacts,
  backfills,
  deployments,
  experiments,
  governance,
  lineage,
  loop,
  modelCards,
  modelFiles,
  modelPeople,
  pipelines,
  query,
  registry,
  releases,
  retention,
  reproductions,
  runtimes,
  secrets,
  stepSources,
  storage,
  trackedRuns,
}
type Groups = typeof groups
export type Operation = { [G in keyof Groups]: `${G}.${keyof Groups[G] & string}` }[keyof Groups]

interface Asked {
  readonly operation: Operation
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
  readonly token: string | undefined
}

/** What an operation answers: the body of its success, or a `Refusal`. */
export type Answers = Partial<Record<Operation, (asked: Asked) => unknown>>

/** An answer outside 2xx. */
export class Refusal extends Error {
  readonly problem: Problem
  constructor(status: number, code: string, words: Partial<Problem> = {}) {
    super(code)
    const rest = { type: `/docs/errors/${code}`, title: 'It was refused.', detail: 'Because it was.', fix: 'Do not.' }
    this.problem = { ...rest, status, code, requestId: 'req-1', details: {}, ...words }
  }
}

/** A server over HTTP that checks what it is asked and what it answers against the contract, and keeps what it was asked. */
export async function startFixture(answers: Answers) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void answer(request, answers, asked)
      .catch((error: unknown) => ({ status: 500, body: String(error) }))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    asked,
    async stop(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
export type Fixture = Awaited<ReturnType<typeof startFixture>>

const operations = Object.entries(groups).flatMap(([group, endpoints]) =>
  Object.entries<Endpoint>(endpoints).map(([name, endpoint]) => ({
    operation: `${group}.${name}` as Operation,
    endpoint,
    pattern: new RegExp(`^${endpoint.path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  })),
)

async function answer(request: IncomingMessage, answers: Answers, log: Asked[]) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fixture')
  const found = operations.find(({ endpoint, pattern }) => endpoint.method === request.method && pattern.test(pathname))
  const reply = found && answers[found.operation]
  if (!found || !reply) return { status: 404, body: new Refusal(404, 'http.not_found').problem }
  const text = await textOf(request)
  const { endpoint } = found
  const body: unknown = endpoint.body ? z.parse(endpoint.body, JSON.parse(text)) : endpoint.upload && text
  const groupsFound = Object.entries({ ...found.pattern.exec(pathname)?.groups })
  const params = Object.fromEntries(groupsFound.map(([name, value]) => [name, decodeURIComponent(value)]))
  const query = Object.fromEntries(searchParams)
  const asked = { operation: found.operation, params, query, body, token: request.headers.authorization }
  log.push(asked)
  try {
    return { status: found.endpoint.success.status, body: checked(found.endpoint, reply(asked)) }
  } catch (error) {
    if (error instanceof Refusal) return { status: error.problem.status, body: z.parse(Problem, error.problem) }
    throw error
  }
}

function checked({ success, path }: Endpoint, body: unknown): unknown {
  if ('mediaType' in success) return body
  if (!('body' in success)) throw new Error(`${path} does not answer with JSON`)
  return z.parse(success.body, body)
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Runs a command line in this process. */
export async function evenkeel(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text)
      return true
    }),
  )
  try {
    const code = await run(args)
    return { code, ...written }
  } finally {
    spies.forEach((spy) => spy.mockRestore())
  }
}

/** Runs a command line in a folder of its own, against a server that gives these answers and is called SERVER. */
export async function ask(answers: Answers, ...args: readonly string[]) {
  const fixture = await startFixture(answers)
  try {
    const { code, stdout, stderr } = await evenkeel(...args, '--url', fixture.url, '--folder', await makeFolder())
    return { code, stdout: stdout.replaceAll(fixture.url, 'SERVER'), stderr, asked: fixture.asked }
  } finally {
    await fixture.stop()
  }
}

/** A folder for one test. */
export async function makeFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'evenkeel-cli-')))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}
