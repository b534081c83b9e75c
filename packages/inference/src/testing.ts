import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  Ack,
  type ArmCounters,
  canonicalJson,
  type DesiredState,
  FeatureUpdate,
  fleet,
  type NodeStatus,
  PredictionRecord,
} from '@evenkeel/contract'
import { lineCount } from './recording/line-count.ts'

export type UnsignedState = Omit<DesiredState, 'keyId' | 'signature'>
type Report = { readonly status: NodeStatus; readonly arms: readonly ArmCounters[] }

export const digestOf = (content: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(content).digest('hex')}`

/**
 * A control plane on another machine, as far as a node can see it: fleet, features and prediction segments, over real
 * HTTP. It answers as the contract says, or not at all when `away`.
 */
export class ControlPlane {
  readonly acks: Ack[] = []
  readonly reports: Report[] = []
  readonly segments = new Map<string, string>()
  /** View name to the highest acknowledged sequence. */
  readonly applied = new Map<string, number>()
  /** Content by digest; may be changed to something that does not have the digest. */
  readonly blobs = new Map<string, Uint8Array>()
  away = false
  url = ''
  #key = generateKeyPairSync('ed25519')
  #keyId = 'key-1'
  readonly #states = new Map<string, DesiredState>()
  readonly #snapshots = new Map<string, FeatureUpdate>()
  readonly #followers = new Map<ServerResponse, string>()
  readonly #server = createServer((request, response) => void this.#handle(request, response))

  static async start(port = 0): Promise<ControlPlane> {
    const plane = new ControlPlane()
    await new Promise<void>((resolve) => plane.#server.listen(port, '127.0.0.1', resolve))
    const address = plane.#server.address()
    plane.url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
    return plane
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Breaks every connection and refuses new requests, or stops doing so. */
  setAway(away: boolean): void {
    this.away = away
    if (away) this.#server.closeAllConnections()
  }

  store(content: Uint8Array | string): string {
    const digest = digestOf(content)
    this.blobs.set(digest, Buffer.from(content))
    return digest
  }

  changeKey(): void {
    this.#key = generateKeyPairSync('ed25519')
    this.#keyId = 'key-2'
  }

  /** Signs a state and tells its followers. */
  publish(state: UnsignedState, change: Partial<DesiredState> = {}): void {
    const unsigned = { ...state, keyId: this.#keyId }
    const signature = sign(null, Buffer.from(canonicalJson(unsigned)), this.#key.privateKey).toString('base64')
    const signed = { ...unsigned, signature, ...change }
    this.#states.set(state.environment, signed)
    this.#tell(`desired/${state.environment}`, signed)
  }

  /** A snapshot is given to whoever comes later, too. */
  update(update: FeatureUpdate): void {
    if (update.kind === 'snapshot') this.#snapshots.set(update.view, update)
    this.#tell('features', FeatureUpdate.parse(update))
  }

  records(): PredictionRecord[] {
    const lines = [...this.segments.values()].flatMap((text) => text.split('\n').filter((line) => line !== ''))
    return lines.map((line) => PredictionRecord.parse(JSON.parse(line)))
  }

  #tell(channel: string, data: unknown): void {
    for (const [response, followed] of this.#followers) if (followed === channel) writeEvent(response, data)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.away) return void request.socket.destroy()
    const url = new URL(request.url ?? '/', this.url)
    const [, , , area, ...rest] = url.pathname.split('/')
    if (area === 'fleet' && rest[1] === 'desired')
      return this.#follow(response, `desired/${rest[0]}`, [this.#states.get(rest[0]!)])
    if (area === 'feature-views-stream') {
      const views = url.searchParams.get('views')!.split(',')
      return this.#follow(
        response,
        'features',
        views.map((view) => this.#snapshots.get(view)),
      )
    }
    if (area === 'artifacts') return this.#download(response, rest[0]!)
    const body = await read(request)
    const answer = this.#answer(area!, rest, url, body)
    response.writeHead(answer === undefined ? 422 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? {}))
  }

  #answer(area: string, rest: readonly string[], url: URL, body: Buffer): unknown {
    if (area === 'predictions') return this.#takeSegment(rest[1]!, url.searchParams.get('digest')!, body)
    if (rest[0] === 'public-key')
      return { keyId: this.#keyId, publicKeyPem: this.#key.publicKey.export({ type: 'spki', format: 'pem' }) }
    const json: unknown = JSON.parse(body.toString())
    if (area === 'feature-views') this.applied.set(rest[0]!, (json as { sequence: number }).sequence)
    else if (rest[0] === 'acks') this.acks.push(Ack.parse(json))
    else if (rest[0] === 'reports') this.reports.push(fleet.report.body.parse(json))
    return {}
  }

  #takeSegment(segment: string, digest: string, body: Buffer): unknown {
    if (digestOf(body) !== digest) return undefined
    const lines = body.toString()
    this.segments.set(segment, lines)
    return { segment, recordCount: lineCount(lines) }
  }

  #download(response: ServerResponse, digest: string): void {
    const content = this.blobs.get(decodeURIComponent(digest))
    response.writeHead(content ? 200 : 404).end(content)
  }

  #follow(response: ServerResponse, channel: string, first: readonly unknown[]): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
    for (const data of first) if (data !== undefined) writeEvent(response, data)
    this.#followers.set(response, channel)
    response.on('close', () => this.#followers.delete(response))
  }
}

const writeEvent = (response: ServerResponse, data: unknown) => response.write(`data: ${JSON.stringify(data)}\n\n`)

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
