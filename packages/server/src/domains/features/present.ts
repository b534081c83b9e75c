import type { FeatureView } from '@evenkeel/contract'
import type { ViewRow } from './store.ts'

export const presentView = ({ name, version, spec, watermarkMs, eventCount, createdAt }: ViewRow): FeatureView => ({
  name,
  version,
  spec,
  watermark: isoTime(watermarkMs),
  eventCount,
  createdAt: createdAt.toISOString(),
})

export const isoTime = (timeMs: number | null): string | null =>
  timeMs === null ? null : new Date(timeMs).toISOString()
