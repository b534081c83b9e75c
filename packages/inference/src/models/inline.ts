import type { Scorer } from './scorer.ts'
import { openSession } from './session.ts'
import { blankInputs, outputNames } from './trial.ts'

/** Runs the model in this process and thread: for models whose run is shorter than sending it elsewhere. */
export async function createInlineScorer(modelPath: string): Promise<Scorer> {
  const session = await openSession(modelPath)
  const inputs = blankInputs(session.signature)
  for (let i = 0; i < 3; i++) await session.run(inputs, outputNames(session.signature))
  return {
    kind: 'inline',
    run: (feeds, outputs) => session.run(feeds, outputs),
    close: () => session.close(),
  }
}
