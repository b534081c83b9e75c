import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type DomainError, failPlatform } from '../errors.ts'
import { type Child, startChild } from './child-process.ts'
import type { EngineSettings, QueryParams, QueryReply } from './protocol.ts'

interface QueryOptions {
  /** A query that takes longer is stopped. Default 60 000. */
  readonly timeoutMs?: number
  /** More rows than this are refused, not cut. Default 100 000. */
  readonly maxRows?: number
}

export interface QueryEngine {
  /**
   * Runs SQL of DuckDB and returns its rows. Whole numbers come as `number`, or as text past 2^53; decimals as `number`;
   * time stamps and dates as `Date` in UTC; times of day in microseconds; lists as arrays, structs as objects.
   * Parameters are `$1`, `$2`, … or `$name`.
   *
   * @throws DomainError `platform.query_failed`, `platform.query_too_large`, `platform.query_timed_out`
   */
  query<Row extends object>(sql: string, params?: QueryParams, options?: QueryOptions): Promise<Row[]>
  /** Runs SQL for its effect, such as `copy … to …`. Each call is a session of its own. */
  run(sql: string, params?: QueryParams, options?: Pick<QueryOptions, 'timeoutMs'>): Promise<void>
  stop(): Promise<void>
}

export interface QueryEngineOptions {
  /** For what does not fit in memory; emptied at the start. */
  readonly folder: string
  /** Queries read and write files below these folders and nowhere else. */
  readonly folders?: readonly string[]
  readonly memoryLimitMb?: number
  readonly threads?: number
  /** How many queries run at once; the others wait. */
  readonly concurrency?: number
}

interface Waiting {
  readonly sql: string
  readonly params: QueryParams | undefined
  readonly timeoutMs: number
  readonly maxRows: number
  resolve(rows: readonly object[]): void
  reject(error: unknown): void
}

/** DuckDB in a child process, started at the first query and again after a crash; see `child.ts`. */
export function createQueryEngine(options: QueryEngineOptions): QueryEngine {
  const { folder, folders = [], memoryLimitMb = 256, threads = 2, concurrency = 2 } = options
  const scratchFolder = join(resolve(folder), 'scratch')
  const settings = { scratchFolder, folders: folders.map((path) => resolve(path)), memoryLimitMb, threads }
  const waiting: Waiting[] = []
  let child: Promise<Child> | undefined
  let busyCount = 0
  let stopped = false

  function next(): void {
    while (busyCount < concurrency) {
      const query = waiting.shift()
      if (!query) return
      busyCount++
      void execute(query)
        .then(
          (rows) => query.resolve(rows),
          (error: unknown) => query.reject(error),
        )
        .finally(() => {
          busyCount--
          next()
        })
    }
  }

  function start(): Promise<Child> {
    const started = launch(settings, () => {
      if (child === started) child = undefined
    })
    return started
  }

  async function execute({ sql, params, timeoutMs, maxRows }: Waiting): Promise<readonly object[]> {
    const running = await (child ??= start())
    return rowsOf(await running.ask({ sql, params, maxRows }, timeoutMs), maxRows)
  }

  function enqueue(
    sql: string,
    params: QueryParams | undefined,
    { timeoutMs = 60_000, maxRows = 100_000 }: QueryOptions,
  ) {
    if (stopped) return Promise.reject(stoppedFailure())
    return new Promise<readonly object[]>((resolveRows, reject) => {
      waiting.push({ sql, params, timeoutMs, maxRows, resolve: resolveRows, reject })
      next()
    })
  }

  return {
    query: async <Row extends object>(sql: string, params?: QueryParams, limits: QueryOptions = {}) =>
      (await enqueue(sql, params, limits)) as Row[],
    run: async (sql, params, limits = {}) => void (await enqueue(sql, params, limits)),
    async stop() {
      stopped = true
      for (const query of waiting.splice(0)) query.reject(stoppedFailure())
      const running = await child?.catch(() => undefined)
      await running?.stop()
    },
  }
}

async function launch(settings: EngineSettings, onExit: () => void): Promise<Child> {
  try {
    await rm(settings.scratchFolder, { recursive: true, force: true })
    await mkdir(settings.scratchFolder, { recursive: true })
    return await startChild(settings, onExit)
  } catch (error) {
    onExit()
    throw error
  }
}

function rowsOf(reply: QueryReply, maxRows: number): readonly object[] {
  if ('rows' in reply) return reply.rows
  if ('tooLarge' in reply) throw failPlatform('platform.query_too_large', { maxRows })
  throw failPlatform('platform.query_failed', { reason: reply.error }, { why: reply.error })
}

const stoppedFailure = (): DomainError =>
  failPlatform('platform.query_failed', { reason: 'stopping' }, { why: 'The server is stopping.' })
