import type { Run } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { findRun } from './runs.ts'

export async function cancel(id: string, options: CommonOptions & { reason: string }): Promise<number> {
  const { pipelines } = await connect(options)
  const { id: run } = await findRun(pipelines, id)
  const cancelled = await pipelines.cancelRun({ params: { run }, body: { reason: options.reason } })
  return tell(options, cancelled, 'is being cancelled; its processes are asked to end')
}

export async function retry(id: string, options: CommonOptions): Promise<number> {
  const { pipelines } = await connect(options)
  const { id: run } = await findRun(pipelines, id)
  const retried = await pipelines.retryRun({ params: { run }, body: {} })
  return tell(options, retried, 'goes on: what failed runs again, what succeeded is kept')
}

function tell(options: CommonOptions, run: Run, says: string): number {
  outputOf(options).result(run, () => [
    `run ${run.id} of ${run.pipeline} ${says}`,
    `next   evenkeel run show ${run.id} --follow`,
  ])
  return exitCodes.ok
}
