import { createClient } from '@evenkeel/client'
import {
  type Backfill,
  type BackfillPartition,
  type BackfillRequest,
  type BackfillState,
  backfills as endpoints,
  type PipelineSpec,
} from '@evenkeel/contract'
import type { z } from 'zod'
import { startTriggersWorld } from '../triggers/testing.ts'

type Wish = Partial<z.input<typeof BackfillRequest>>

const over: readonly BackfillState[] = ['succeeded', 'failed', 'cancelled']

/** A server with pipelines that can be run for the past; the alarm of backfills rings when it is asked to. */
export async function startBackfillsWorld() {
  const world = await startTriggersWorld()
  const backfills = createClient(endpoints, world.clientOptions())

  return {
    ...world,
    backfills,

    /** Writes a pipeline and runs it for the past, by default for three days. */
    async backfill(pipeline: string, spec: Partial<PipelineSpec> | undefined, wish: Wish = {}): Promise<Backfill> {
      if (spec) await world.api.put({ params: { pipeline }, body: { steps: [], ...spec } })
      const body = { from: '2025-03-01', to: '2025-03-03', unit: 'day', code: 'current', ...wish } as const
      return backfills.create({ params: { pipeline }, body })
    },

    read: (backfill: string) => backfills.get({ params: { backfill } }),
    tick: () => world.runJob('pipelines.backfills'),

    async partitions(backfill: string): Promise<BackfillPartition[]> {
      return (await backfills.listPartitions({ params: { backfill }, query: { limit: 2000 } })).items
    },

    /** Rings the alarm until a backfill is so, by default over. */
    async reach(
      backfill: string,
      isSo: (now: Backfill) => boolean = ({ state }) => over.includes(state),
    ): Promise<Backfill> {
      for (const deadline = Date.now() + 60_000; ; await new Promise((resume) => setTimeout(resume, 50))) {
        await world.runJob('pipelines.backfills')
        const found = await backfills.get({ params: { backfill } })
        if (isSo(found)) return found
        if (Date.now() > deadline) throw new Error(`The backfill is still so: ${JSON.stringify(found)}`)
      }
    },
  }
}

export type BackfillsWorld = Awaited<ReturnType<typeof startBackfillsWorld>>
