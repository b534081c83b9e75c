import { type Metric, MetricValue } from '@evenkeel/contract'
import type { Executor, Handle } from '../../executors/executor.ts'
import { storable } from '../../../../platform/storable.ts'

const fileName = 'metrics.json'
const sizeLimitBytes = 1024 ** 2

/** The metrics of a `metrics.json` among the outputs: its numbers, with nested keys joined by a dot. */
export async function finalMetrics(
  executor: Executor,
  handle: Handle,
): Promise<{ readonly metrics: readonly Metric[]; readonly warning?: string }> {
  try {
    const found = await executor.output(handle, fileName)
    if (!found || found.kind === 'folder') return { metrics: [] }
    if (found.sizeBytes > sizeLimitBytes) return none('is larger than 1 MiB')
    const value: unknown = JSON.parse(Buffer.concat(await found.open().toArray()).toString())
    return { metrics: [...flatten(value, [])].filter(({ name }) => name.length > 0 && name.length <= 250) }
  } catch (error) {
    return none(error instanceof SyntaxError ? 'is no JSON' : 'is not a plain file')
  }
}

const none = (why: string) => ({ metrics: [], warning: `The file ${fileName} was not read: it ${why}.` })

function* flatten(value: unknown, path: readonly string[]): Generator<Metric> {
  const number = MetricValue.safeParse(value)
  if (number.success) yield { name: storable(path.join('.')), labels: {}, value: number.data, step: null, time: null }
  else if (typeof value === 'object' && value !== null && !Array.isArray(value))
    for (const [key, inner] of Object.entries(value)) yield* flatten(inner, [...path, key])
}
