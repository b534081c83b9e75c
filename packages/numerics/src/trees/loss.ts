import type { GrowthPlan, Loss } from './options.ts'
import { sigmoid } from './sigmoid.ts'

/**
 * Gradients and hessians are rounded to multiples of `scale * 2^-23`. A float32 holds such a value exactly, and a
 * float64 any sum of up to 2^28 of them: a histogram comes out the same to the last bit in whatever order, by however
 * many threads, or by subtraction it is built.
 */
const gridShift = 3 * 2 ** 28

/** Raw scores that fit the labels best without any tree. */
export function baseScoresOf(labels: Float64Array, { loss, outputCount }: GrowthPlan): number[] {
  if (loss === 'squared') return [labels.reduce((sum, label) => sum + label, 0) / labels.length]
  const counts = new Float64Array(Math.max(2, outputCount))
  for (const label of labels) counts[label]!++
  if (loss === 'logistic') return [Math.log(counts[1]! / counts[0]!)]
  // A class without rows gets a score far below the others, yet a finite one.
  return Array.from(counts, (count) => Math.log(Math.max(count / labels.length, 1e-15)))
}

/** A power of two at or above every first gradient of the squared loss; gradients of the other losses are within 1. */
export function gradientScale(loss: Loss, labels: Float64Array): number {
  if (loss !== 'squared') return 1
  let least = Infinity
  let most = -Infinity
  for (const label of labels) {
    if (label < least) least = label
    if (label > most) most = label
  }
  return most > least ? 2 ** Math.ceil(Math.log2(most - least)) : 1
}

interface GradientTask {
  readonly plan: GrowthPlan
  readonly labels: Float64Array
  /** Output after output. */
  readonly scores: Float64Array
  /** Gradient and hessian side by side per row; per output. */
  readonly gradients: readonly Float32Array[]
  readonly scale: number
}

/** Fills in the gradients of rows `[start, end)` for every output. */
export function fillGradients(
  { plan, labels, scores, gradients, scale }: GradientTask,
  start: number,
  end: number,
): void {
  switch (plan.loss) {
    case 'logistic':
      return logistic(labels, scores, gradients[0]!, start, end)
    case 'squared':
      return squared(labels, scores, gradients[0]!, scale, start, end)
    case 'softmax':
      return softmax(labels, scores, gradients, start, end)
  }
}

function logistic(labels: Float64Array, scores: Float64Array, out: Float32Array, start: number, end: number): void {
  for (let row = start; row < end; row++) {
    const probability = sigmoid(scores[row]!)
    out[2 * row] = probability - labels[row]! + gridShift - gridShift
    out[2 * row + 1] = probability * (1 - probability) + gridShift - gridShift
  }
}

function squared(
  labels: Float64Array,
  scores: Float64Array,
  out: Float32Array,
  scale: number,
  start: number,
  end: number,
): void {
  const shift = gridShift * scale
  for (let row = start; row < end; row++) {
    out[2 * row] = scores[row]! - labels[row]! + shift - shift
    out[2 * row + 1] = 1
  }
}

function softmax(
  labels: Float64Array,
  scores: Float64Array,
  out: readonly Float32Array[],
  start: number,
  end: number,
): void {
  const rowCount = labels.length
  const classCount = out.length
  const probabilities = new Float64Array(classCount)
  const factor = classCount / (classCount - 1)
  for (let row = start; row < end; row++) {
    for (let k = 0; k < classCount; k++) probabilities[k] = scores[k * rowCount + row]!
    softmaxInPlace(probabilities, 0, classCount)
    for (let k = 0; k < classCount; k++) {
      const p = probabilities[k]!
      out[k]![2 * row] = p - (labels[row] === k ? 1 : 0) + gridShift - gridShift
      out[k]![2 * row + 1] = factor * p * (1 - p) + gridShift - gridShift
    }
  }
}

/** Turns `count` scores from `at` into probabilities that add up to 1. */
export function softmaxInPlace(scores: Float64Array, at: number, count: number): void {
  let most = -Infinity
  for (let k = at; k < at + count; k++) most = Math.max(most, scores[k]!)
  let sum = 0
  for (let k = at; k < at + count; k++) sum += scores[k] = Math.exp(scores[k]! - most)
  for (let k = at; k < at + count; k++) scores[k]! /= sum
}

/** Sum over rows `[start, end)` of the log loss in nats, or of the squared error. */
export function sumLoss(
  { loss, outputCount }: GrowthPlan,
  labels: Float64Array,
  scores: Float64Array,
  start: number,
  end: number,
): number {
  let sum = 0
  for (let row = start; row < end; row++) {
    const label = labels[row]!
    if (loss === 'squared') sum += (scores[row]! - label) ** 2
    else if (loss === 'logistic') sum += logOnePlusExp(label === 1 ? -scores[row]! : scores[row]!)
    else sum += softmaxLoss(label, scores, row, labels.length, outputCount)
  }
  return sum
}

function logOnePlusExp(score: number): number {
  return Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score)))
}

function softmaxLoss(label: number, scores: Float64Array, row: number, rowCount: number, classCount: number): number {
  let most = -Infinity
  for (let k = 0; k < classCount; k++) most = Math.max(most, scores[k * rowCount + row]!)
  let sum = 0
  for (let k = 0; k < classCount; k++) sum += Math.exp(scores[k * rowCount + row]! - most)
  return most + Math.log(sum) - scores[label * rowCount + row]!
}
