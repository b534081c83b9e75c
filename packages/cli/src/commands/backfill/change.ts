import type { Backfill } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { type Backfills, findBackfill, headLines, nextLines } from './backfills.ts'

interface ReasonOptions extends CommonOptions {
  readonly reason: string
}

type Act = (api: Backfills, target: { readonly params: { readonly backfill: string } }) => Promise<Backfill>

async function change(start: string, options: CommonOptions, act: Act): Promise<number> {
  const { backfills } = await connect(options)
  const { id } = await findBackfill(backfills, start)
  const changed = await act(backfills, { params: { backfill: id } })
  outputOf(options).result(changed, () => [...headLines(changed), ...nextLines(changed)])
  return exitCodes.ok
}

export const pause = (id: string, { reason, ...options }: ReasonOptions): Promise<number> =>
  change(id, options, (api, target) => api.pause({ ...target, body: { reason } }))

export const resume = (id: string, { reason, ...options }: ReasonOptions): Promise<number> =>
  change(id, options, (api, target) => api.resume({ ...target, body: { reason } }))

export const cancel = (id: string, { reason, runs = false, ...options }: ReasonOptions & { readonly runs?: boolean }) =>
  change(id, options, (api, target) => api.cancel({ ...target, body: { reason, runs } }))

export const retry = (
  id: string,
  { reason, skipped = false, ...options }: ReasonOptions & { readonly skipped?: boolean },
): Promise<number> => change(id, options, (api, target) => api.retry({ ...target, body: { reason, skipped } }))
