import type { Tensors } from '../protocol/tensor.ts'

/** Where a model runs. */
export interface Scorer {
  readonly kind: 'inline' | 'pool'
  /**
   * @param deadlineAt - on the clock of `performance.now()`; a pool stops the run then
   * @throws Refusal 504 past the deadline, 503 when the model cannot run now; Error when the run fails
   */
  run(inputs: Tensors, outputs: readonly string[], deadlineAt: number): Promise<Tensors>
  /** Finishes what was asked, then lets the model go. */
  close(): Promise<void>
}
