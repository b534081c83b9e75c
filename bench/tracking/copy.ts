import pg from 'pg'

interface CopyConnection {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** `COPY … FROM STDIN` as the driver wants a query of its own kind. */
class CopyIn {
  readonly #text: string
  readonly #rows: Buffer
  readonly done: Promise<void>
  #settle!: (error?: Error) => void
  constructor(text: string, rows: string) {
    this.#text = text
    this.#rows = Buffer.from(rows)
    this.done = new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve())
    })
  }
  submit(connection: CopyConnection): void {
    connection.query(this.#text)
  }
  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#rows)
    connection.endCopyFrom()
  }
  handleCommandComplete(): void {}
  handleReadyForQuery(): void {
    this.#settle()
  }
  handleError(error: Error): void {
    this.#settle(error)
  }
}

/** Milliseconds of each COPY of points (metric, step, timestamp, value) into a table with the key of ours and nothing else. */
export async function measureCopies(url: string, batches: readonly (readonly (readonly number[])[])[]) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`drop table if exists bench_point`)
    await client.query(`create table bench_point (run_number bigint, key_id int, step bigint, timestamp_ms bigint, value float8,
      primary key (run_number, key_id, step, timestamp_ms, value))`)
    const times: number[] = []
    for (const batch of batches) {
      const rows = batch.map((point) => `1\t${point.join('\t')}\n`).join('')
      const startedAt = performance.now()
      const copy = new CopyIn('copy bench_point from stdin', rows)
      client.query(copy as unknown as pg.Submittable)
      await copy.done
      times.push(performance.now() - startedAt)
    }
    return times
  } finally {
    await client.end()
  }
}
