import { connect, type Socket } from 'node:net'

/** What the generator is told; it runs in a process of its own and answers with a `LoadResult`. */
export interface LoadPlan {
  readonly port: number
  readonly path: string
  /** JSON bodies without their last brace; each gets an `id` of its own. */
  readonly bodies: readonly string[]
  readonly idPrefix: string
  readonly connectionCount: number
  readonly seconds: number
  /** Sent before, and not counted: a generator that is not compiled yet is late by itself. */
  readonly warmSeconds?: number
  /** Requests per second at moments fixed beforehand; undefined sends the next when the last is answered. */
  readonly ratePerSecond?: number
}

export interface LoadResult {
  readonly answerCount: number
  readonly failureCount: number
  readonly ratePerSecond: number
  /** From the moment the request was due, so that a slow answer also counts against those that wait behind it. */
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Connection {
  readonly socket: Socket
  dueAt: number
  received: string
}

process.once('message', (plan: LoadPlan) => {
  void run(plan).then((result) => process.send?.(result, () => process.disconnect()))
})

async function run(plan: LoadPlan): Promise<LoadResult> {
  const connections = await Promise.all(Array.from({ length: plan.connectionCount }, () => open(plan.port)))
  const latenciesMs: number[] = []
  let failureCount = 0
  let warmCount = 0
  let sentCount = 0
  const startedAt = performance.now() + (plan.warmSeconds ?? 0) * 1000
  const endsAt = startedAt + plan.seconds * 1000

  function send(connection: Connection, dueAt: number): void {
    connection.dueAt = dueAt
    const number = sentCount++
    const body = `${plan.bodies[number % plan.bodies.length]},"id":"${plan.idPrefix}-${number}"}`
    connection.socket.write(
      `POST ${plan.path} HTTP/1.1\r\nhost: bench\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  }

  const answered = (connection: Connection, isOk: boolean) => {
    if (!isOk) failureCount++
    else if (connection.dueAt < startedAt) warmCount++
    else latenciesMs.push(performance.now() - connection.dueAt)
  }
  const drive = plan.ratePerSecond === undefined ? closedLoop : openLoop
  await drive({ connections, send, answered, endsAt, ratePerSecond: plan.ratePerSecond ?? 0 })
  const seconds = (performance.now() - startedAt) / 1000
  for (const { socket } of connections) socket.destroy()
  const sorted = Float64Array.from(latenciesMs).toSorted()
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
  return {
    answerCount: sorted.length + warmCount,
    failureCount,
    ratePerSecond: sorted.length / seconds,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  }
}

interface Drive {
  readonly connections: readonly Connection[]
  readonly send: (connection: Connection, dueAt: number) => void
  readonly answered: (connection: Connection, isOk: boolean) => void
  readonly endsAt: number
  readonly ratePerSecond: number
}

/** As fast as the answers come. */
async function closedLoop({ connections, send, answered, endsAt }: Drive): Promise<void> {
  await Promise.all(
    connections.map(
      (connection) =>
        new Promise<void>((resolve) => {
          onAnswer(connection, (isOk) => {
            answered(connection, isOk)
            if (performance.now() < endsAt) send(connection, performance.now())
            else resolve()
          })
          send(connection, performance.now())
        }),
    ),
  )
}

/** At moments that do not depend on the answers; what finds no free connection waits, and its wait is counted. */
async function openLoop({ connections, send, answered, endsAt, ratePerSecond }: Drive): Promise<void> {
  const free = [...connections]
  const gapMs = 1000 / ratePerSecond
  let dueAt = performance.now()
  await new Promise<void>((resolve) => {
    const pump = () => {
      const now = performance.now()
      for (; dueAt <= now && dueAt < endsAt && free.length > 0; dueAt += gapMs) send(free.pop()!, dueAt)
      if (dueAt >= endsAt && free.length === connections.length) {
        clearInterval(timer)
        resolve()
      }
    }
    for (const connection of connections) {
      onAnswer(connection, (isOk) => {
        answered(connection, isOk)
        free.push(connection)
        pump()
      })
    }
    const timer = setInterval(pump, 1)
  })
}

function open(port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () =>
      resolve({ socket, dueAt: 0, received: '' }),
    )
    socket.setEncoding('latin1').once('error', reject)
  })
}

/** There is one request at a time on a connection, so an answer ends where its content-length says. */
function onAnswer(connection: Connection, then: (isOk: boolean) => void): void {
  connection.socket.on('data', (chunk: string) => {
    connection.received += chunk
    const head = connection.received.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/content-length: (\d+)/i.exec(connection.received)?.[1])
    if (connection.received.length < head + 4 + length) return
    const isOk = connection.received.startsWith('HTTP/1.1 200')
    connection.received = ''
    then(isOk)
  })
}
