import { binStride } from './binning.ts'

/** The best split of one leaf on one feature, as the threads hand it to each other in shared memory. */
export interface Candidate {
  /** By how much the split raises the sum of G²/(H+λ) over leaves; 0 when there is no allowed split. */
  gain: number
  leftGradient: number
  leftHessian: number
  /** λ of the two new leaves: larger for a categorical split. */
  lambda: number
  /** Bins up to and with this one go left; -1 for a categorical split. */
  thresholdBin: number
  /** Where missing values go; `undecided` when the leaf has none. */
  missing: Missing
  /** One bit per bin: set when the bin goes left. */
  readonly leftBins: Uint32Array
}

type Missing = 'right' | 'left' | 'undecided'
const missingKinds = ['right', 'left', 'undecided'] as const

const headLength = 6
const maskLength = binStride / 32
export const candidateStride = headLength + maskLength

export const noCandidate = (): Candidate => ({
  gain: 0,
  leftGradient: 0,
  leftHessian: 0,
  lambda: 0,
  thresholdBin: -1,
  missing: 'right',
  leftBins: new Uint32Array(maskLength),
})

export function writeCandidate(table: Float64Array, index: number, candidate: Candidate): void {
  const at = index * candidateStride
  table[at] = candidate.gain
  table[at + 1] = candidate.leftGradient
  table[at + 2] = candidate.leftHessian
  table[at + 3] = candidate.lambda
  table[at + 4] = candidate.thresholdBin
  table[at + 5] = missingKinds.indexOf(candidate.missing)
  table.set(candidate.leftBins, at + headLength)
}

export function readGain(table: Float64Array, index: number): number {
  return table[index * candidateStride]!
}

export function readCandidate(table: Float64Array, index: number): Candidate {
  const at = index * candidateStride
  return {
    gain: table[at]!,
    leftGradient: table[at + 1]!,
    leftHessian: table[at + 2]!,
    lambda: table[at + 3]!,
    thresholdBin: table[at + 4]!,
    missing: missingKinds[table[at + 5]!]!,
    leftBins: Uint32Array.from(table.subarray(at + headLength, at + candidateStride)),
  }
}

export function setLeft({ leftBins }: Candidate, bin: number): void {
  leftBins[bin >> 5]! |= 1 << (bin & 31)
}

export function goesLeft({ leftBins }: Candidate, bin: number): boolean {
  return ((leftBins[bin >> 5]! >>> (bin & 31)) & 1) === 1
}
