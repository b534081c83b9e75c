import { type Job, periodic, worker } from '../../platform/jobs.ts'
import type { Engine } from './engine/engine.ts'
import { wakeQueue } from './runs.ts'

/** The queue is an alarm, not the truth: the sweep finds what an alarm that was lost should have woken. */
export function pipelinesJobs(engine: Engine, tidy: () => Promise<void>): readonly Job[] {
  return [
    worker(wakeQueue, ({ runId }) => engine.look(runId)),
    periodic('pipelines.sweep', 30, () => engine.sweep()),
    periodic('pipelines.tidy_checkpoints', 3600, tidy),
  ]
}
