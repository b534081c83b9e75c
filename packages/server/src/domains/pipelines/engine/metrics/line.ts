import { type Metric, MetricValue } from '@evenkeel/contract'
import { z } from 'zod'
import { storable } from '../../../../platform/storable.ts'
import type { Progress } from '../progress.ts'

/** A longer line is none of ours. */
export const lineLimitBytes = 16 * 1024

const Text = z.string().max(250).transform(storable)
const earliest = '1970-01-01'

const Point = z.object({
  name: z.string().min(1).max(250).transform(storable),
  value: MetricValue,
  step: z.int().nullable().default(null),
  time: z.iso
    .datetime({ offset: true })
    .refine((time) => time >= earliest, { error: 'is before 1970' })
    .transform((time) => new Date(time).toISOString())
    .nullable()
    .default(null),
  labels: z
    .record(z.string().min(1).max(100).transform(storable), Text)
    .refine((labels) => Object.keys(labels).length <= 16, { error: 'are more than 16' })
    .default({}),
})

const Told = z.object({
  progress: z.number().min(0).max(1),
  says: z.string().max(500).transform(storable).default(''),
})

export type Read =
  | { readonly kind: 'point'; readonly metric: Metric }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'bad'; readonly why: string }

/** Reads one line of a metrics file; `undefined` for an empty one. */
export function readLine(line: Buffer): Read | undefined {
  if (line.length > lineLimitBytes) return bad('it is longer than 16 KiB')
  const text = line.toString()
  if (text.trim() === '') return undefined
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return bad('it is no JSON object')
  if ('progress' in value && !('name' in value)) {
    const told = Told.safeParse(value)
    if (!told.success) return bad(whyOf(told.error))
    return { kind: 'progress', progress: { share: told.data.progress, says: told.data.says } }
  }
  const point = Point.safeParse(value)
  return point.success ? { kind: 'point', metric: point.data } : bad(whyOf(point.error))
}

const bad = (why: string): Read => ({ kind: 'bad', why })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const whyOf = ({ issues: [issue] }: z.ZodError): string => `"${issue!.path.join('.')}" ${lowered(issue!.message)}`
const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
