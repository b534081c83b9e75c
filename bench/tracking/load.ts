import { connect, type Socket } from 'node:net'

/** What the generator is told; it runs in a process of its own and answers with a `LoadResult`. */
export interface LoadPlan {
  readonly port: number
  readonly path: string
  /** JSON bodies; each is sent once. */
  readonly bodies: readonly string[]
  /** Each sends its next request when the last is answered. */
  readonly connectionCount: number
}

export interface LoadResult {
  readonly answerCount: number
  readonly failureCount: number
  /** The first answer that was not 200. */
  readonly failure: string | null
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

process.once('message', (plan: LoadPlan) => {
  void run(plan).then((result) => process.send?.(result, () => process.disconnect()))
})

async function run({ port, path, bodies, connectionCount }: LoadPlan): Promise<LoadResult> {
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  )
  const sockets = await Promise.all(Array.from({ length: connectionCount }, () => open(port)))
  const latenciesMs: number[] = []
  const failures: string[] = []
  let next = 0

  async function drive(socket: Socket): Promise<void> {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const sentAt = performance.now()
      const answer = await exchange(socket, request)
      if (answer.startsWith('HTTP/1.1 200')) latenciesMs.push(performance.now() - sentAt)
      else failures.push(answer)
    }
  }

  const startedAt = performance.now()
  await Promise.all(sockets.map(drive))
  const seconds = (performance.now() - startedAt) / 1000
  for (const socket of sockets) socket.destroy()
  return { ...summary(latenciesMs), failureCount: failures.length, failure: failures[0] ?? null, seconds }
}

function summary(latenciesMs: readonly number[]) {
  const sorted = latenciesMs.toSorted((a, b) => a - b)
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
  return { answerCount: sorted.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99) }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.setEncoding('latin1').once('error', reject)
  })
}

/** There is one request at a time on a connection, so an answer ends where its content-length says. */
function exchange(socket: Socket, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const settle = (done: () => void) => {
      socket.off('data', take).off('close', closed)
      done()
    }
    const closed = () => settle(() => reject(new Error(`the server closed the connection after: ${received}`)))
    const take = (chunk: string) => {
      received += chunk
      const head = received.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1])
      if (head >= 0 && received.length >= head + 4 + length) settle(() => resolve(received))
    }
    socket.on('data', take).on('close', closed)
    socket.write(request)
  })
}
