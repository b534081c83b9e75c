import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('lightgbm_peer.py', import.meta.url))

/** LightGBM in a Python process that has read the flights and waits for orders. */
export interface LightGbm {
  readonly version: string
  /** Seconds that one training takes. */
  train(): Promise<number>
  /** By month, of the last training. */
  auc(): Promise<Readonly<Record<string, number>>>
  close(): void
}

/** @throws Error with what Python says when it, LightGBM, scikit-learn or DuckDB is not installed */
export async function startLightGbm(parquetPath: string, threadCount: number): Promise<LightGbm> {
  const python = spawn('python3', [program, parquetPath, String(threadCount)])
  let complaint = ''
  python.stderr.on('data', (text) => (complaint += text))
  await once(python, 'spawn')
  const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await answers.next()
    if (done) throw new Error(complaint.trim().split('\n').at(-1))
    return JSON.parse(value)
  }
  const ask = <T>(order: string): Promise<T> => {
    python.stdin.write(`${order}\n`)
    return answer<T>()
  }
  return {
    version: await answer(),
    train: () => ask('train'),
    auc: () => ask('auc'),
    close: () => python.stdin.end(),
  }
}
