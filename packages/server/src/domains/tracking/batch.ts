import { trackingErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'
import { limits, most, requireCount, requireKey, requireLength, truncated } from './limits.ts'
import type { KeyValue } from './pairs.ts'

const fail = failures(trackingErrors)

/** A point of a metric as it is sent. */
export interface Point {
  readonly key: string
  readonly value: number
  readonly timestampMs: number | bigint
  readonly step: number | bigint
  /** The logged model that it was measured on, and the data. */
  readonly modelId?: string | undefined
  readonly datasetName?: string | undefined
  readonly datasetDigest?: string | undefined
}

export type ModelPoint = Point & {
  readonly modelId: string
  readonly datasetName: string
  readonly datasetDigest: string
}

export interface Batch {
  readonly points?: readonly Point[]
  readonly params?: readonly KeyValue[]
  readonly tags?: readonly KeyValue[]
}

/**
 * A batch of which everything can be kept: long values are cut, and of tags that come twice the last counts.
 *
 * @param isKnown - whether a metric has this name already, which then needs no look
 * @throws DomainError `tracking.bad_value`
 */
export function checkedBatch({ points = [], params = [], tags = [] }: Batch, isKnown: (key: string) => boolean) {
  requireCounts(points.length, params.length, tags.length)
  for (const point of points) requirePoint(point, isKnown)
  requireUnique(params)
  return {
    points,
    modelPoints: points.filter(isOnModel).map(modelPointOf),
    params: params.map((param) => checkedPair('param', param, limits.paramValue)),
    tags: [...new Map(tags.map((tag) => [tag.key, checkedPair('tag', tag, limits.tagValue)])).values()],
  }
}

function requireCounts(points: number, params: number, tags: number): void {
  requireCount('metrics', most.metrics, points)
  requireCount('params', most.params, params)
  requireCount('tags', most.tags, tags)
  requireCount('metrics, params, and tags', most.batch, points + params + tags)
}

/** @throws DomainError `tracking.bad_value` */
export function requirePoint(point: Point, isKnown: (key: string) => boolean): void {
  const { key, value, timestampMs } = point
  if (!isKnown(key)) requireKey('metric', key)
  if (timestampMs < 0) {
    const why = `Invalid value ${timestampMs} for parameter 'timestamp' supplied: metric '${key}' (value=${value}). Timestamp must be a nonnegative long (64-bit integer)`
    throw fail('tracking.bad_value', { field: 'timestamp' }, { why })
  }
  if (point.modelId) requireLength('model_id', point.modelId, limits.modelId)
  if (point.datasetName) requireLength('dataset_name', point.datasetName, limits.datasetName)
  if (point.datasetDigest) requireLength('dataset_digest', point.datasetDigest, limits.datasetDigest)
}

const isOnModel = (point: Point): point is Point & { modelId: string } => Boolean(point.modelId)

const modelPointOf = (point: Point & { modelId: string }): ModelPoint => ({
  ...point,
  datasetName: point.datasetName ?? '',
  datasetDigest: point.datasetDigest ?? '',
})

function requireUnique(params: readonly KeyValue[]): void {
  const keys = params.map(({ key }) => key)
  const twice = keys.filter((key, index) => keys.indexOf(key) < index)
  if (twice.length === 0) return
  const listed = twice.map((key) => `'${key}'`).join(', ')
  const why = `Duplicate parameter keys have been submitted: [${listed}]. Please ensure the request contains only one param value per param key.`
  throw fail('tracking.bad_value', { field: 'params' }, { why })
}

/** MLflow cuts values that are too long, and refuses nothing. */
export function checkedPair(kind: 'param' | 'tag', { key, value }: KeyValue, longest: number): KeyValue {
  requireKey(kind, key)
  return { key, value: truncated(value, longest) }
}
