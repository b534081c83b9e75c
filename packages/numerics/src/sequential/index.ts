export { startAbsoluteTest, updateAbsolute } from './absolute-test.ts'
export { alwaysValidP, type Evidence, evidence, isDecided, logEvidence } from './evidence.ts'
export {
  addUnit,
  type MeanQuestion,
  meanSequence,
  type MeanSequenceOptions,
  meanVerdict,
  type Unit,
} from './mean-sequence.ts'
export {
  compareQuantiles,
  distributionBand,
  type QuantileAnswer,
  quantileBand,
  type QuantileQuestion,
} from './quantile-band.ts'
export {
  type EventBatch,
  type RequestBatch,
  splitP,
  type SplitState,
  startRateTest,
  startSplitTest,
  updateNotWorse,
  updateSplit,
  updateWorse,
} from './rate-test.ts'
export type { Verdict } from './verdict.ts'
