import type { Executor, PlaceFile } from './executor.ts'
import { createLocalExecutor } from './local/index.ts'

/** Every place a step can run. A new one is a folder, a line here and a green conformance suite. */
export function createExecutors(needs: { folder: string; place: PlaceFile }): readonly [Executor, ...Executor[]] {
  return [createLocalExecutor(needs)]
}
