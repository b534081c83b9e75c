import { PipelineSpec, type Run } from '@evenkeel/contract'
import { readFile } from 'node:fs/promises'
import type { DemoApi } from './api.ts'
import type { Act } from './facts.ts'
import { runEnd } from './waits.ts'

const PIPELINE = 'flights-backcast'
const ROW_LIMIT = 300_000
const TOLERANCE = 0.005

/**
 * AUC of LightGBM on all flights of each month: 100 trees, 63 leaves, learning rate 0.1, trained on January 2001 with
 * the features of `examples/flights/pipeline.json`.
 */
const LIGHTGBM_AUC: Readonly<Record<string, number>> = {
  '2001-02': 0.734,
  '2001-03': 0.727,
  '2001-04': 0.723,
  '2001-05': 0.712,
  '2001-06': 0.717,
}

export interface BackcastDeps {
  /** As somebody who may write pipelines. */
  readonly api: DemoApi
  /** Says on the terminal what happens now. */
  readonly say: (text: string) => void
}

/**
 * Asks the platform how version 1 would have done from February to June, and compares with what LightGBM reaches.
 *
 * @returns month to AUC, for the months that have one
 */
export async function backcast({ api, say }: BackcastDeps, act: Act): Promise<Readonly<Record<string, number>>> {
  const file = new URL('../../../../examples/flights/backcast.json', import.meta.url)
  const spec = PipelineSpec.parse(JSON.parse(await readFile(file, 'utf8')))
  await api.pipelines.put({ params: { pipeline: PIPELINE }, body: spec })
  const params = {
    trainFrom: '2001-02-01T00:00:00Z',
    trainUntil: '2001-07-01T00:00:00Z',
    trainRowLimit: ROW_LIMIT,
    versions: ['1'],
  }
  const started = await api.pipelines.startRun({ params: { pipeline: PIPELINE }, body: { params } })
  const run = await runEnd(api, started.id, say)
  act.ids['backcast'] = run.id
  return compare(run, act)
}

function compare(run: Run, act: Act): Readonly<Record<string, number>> {
  const values = run.steps.find(({ key }) => key === 'backcast')?.values ?? {}
  const reached: Record<string, number> = {}
  for (const [month, published] of Object.entries(LIGHTGBM_AUC)) {
    const auc = Number(values[`v1 ${month} auc`] ?? NaN)
    act.must(
      Math.abs(auc - published) <= TOLERANCE,
      `version 1 has an AUC of ${auc.toFixed(4)} in ${month}; LightGBM has ${published}`,
    )
    if (Number.isNaN(auc)) continue
    reached[month] = auc
    act.figures[`version 1: AUC ${month}`] = auc
  }
  return reached
}
