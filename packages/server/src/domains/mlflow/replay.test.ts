import { readFile } from 'node:fs/promises'
import { expect, it, onTestFinished } from 'vitest'
import { bytesOf, differences, type Exchange, translate } from './replay.ts'
import { startFace } from './testing.ts'

/** What a real client and MLflow's own server said to each other: `tools/record-mlflow.ts` on a script of `tests/mlflow`. */
const recordings = ['tracking', 'registry', 'prompts', 'sklearn_autolog', 'traces', 'assessments']

/** Says who it is rather than what was asked. */
const ofTheServer = /\/server-info$|\/version$/

it.each(recordings)('answers a recorded client as MLflow did: %s', async (name) => {
  const face = await startFace()
  onTestFinished(() => face.world.stop())
  const text = await readFile(new URL(`fixtures/${name}.jsonl`, import.meta.url), 'utf8')
  const exchanges = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Exchange)
  const learned = new Map<string, string>()

  const found: string[] = []
  for (const [at, exchange] of exchanges.entries()) {
    const ours = await send(face.world.url, exchange, learned)
    const differ = compare(exchange, ours, learned)
    found.push(...differ.map((difference) => `${at} ${exchange.method} ${exchange.url}: ${difference}`))
  }
  expect(found).toEqual([])
  expect(exchanges.length).toBeGreaterThan(20)
})

async function send(base: string, { method, url, headers, request }: Exchange, learned: ReadonlyMap<string, string>) {
  const body = request.base64 === undefined ? Buffer.from(translate(request.text ?? '', learned)) : bytesOf(request)
  const response = await fetch(`${base}${translate(url, learned)}`, {
    method,
    headers: { ...headers, ...(request.type !== null && { 'content-type': request.type }) },
    ...(method !== 'GET' && { body: new Uint8Array(body) }),
  })
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) }
}

function compare(
  { url, status, response }: Exchange,
  ours: { readonly status: number; readonly body: Buffer },
  learned: Map<string, string>,
): string[] {
  if (ours.status !== status) return [`status: recorded ${status}, ours ${ours.status}: ${ours.body.toString()}`]
  if (ofTheServer.test(url)) return []
  if (!response.type?.includes('json') || url.includes('/mlflow-artifacts/artifacts/')) {
    const recorded =
      response.base64 === undefined ? Buffer.from(translate(response.text ?? '', learned)) : bytesOf(response)
    return ours.body.equals(recorded) || (saysNothing(ours.body) && saysNothing(recorded)) ? [] : ['the bytes differ']
  }
  return differences(JSON.parse(response.text!), JSON.parse(ours.body.toString()), learned)
}

/** The answer of an upload, which clients do not read: `{}`, or nothing at all. */
const saysNothing = (body: Buffer) => /^(?:\{\})?$/.test(body.toString().trim())
