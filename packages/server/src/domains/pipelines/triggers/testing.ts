import { createClient } from '@evenkeel/client'
import {
  type DatasetVersion,
  type EventCatalogue,
  type Firing,
  type Topic,
  triggers as endpoints,
  type WrittenTrigger,
} from '@evenkeel/contract'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { publish } from '../../../platform/events.ts'
import { shell, startPipelinesWorld } from '../testing.ts'

/** A server with pipelines that have triggers; each test asks for pipelines of its own. */
export async function startTriggersWorld(options: Parameters<typeof startPipelinesWorld>[0] = {}) {
  const world = await startPipelinesWorld(options)
  const { api, outside, platform } = world
  const triggers = createClient(endpoints, world.clientOptions())
  let count = 0

  async function announce<C extends EventCatalogue, K extends keyof C & Topic>(
    catalogue: C,
    topic: K,
    news: Omit<z.input<C[K]>, 'projectId' | 'subject'>,
  ): Promise<void> {
    const event = { projectId: 'default', subject: 'it', ...news } as unknown as z.input<C[K]> & {
      projectId: string
      subject: string
    }
    await platform.db.transaction().execute((tx) => publish(tx, catalogue, topic, event))
  }

  return {
    ...world,
    triggers,
    announce,

    /** A new pipeline that runs a line of shell, and the only triggers that listen. */
    async havePipeline(script = 'true', params: Readonly<Record<string, string>> = {}): Promise<string> {
      await sql`delete from pipelines.trigger`.execute(platform.db)
      Object.assign(outside, { versions: [], champion: null, rollout: null, runBehind: null, clock: null })
      return this.haveAnother(script, params)
    },

    async haveAnother(script = 'true', params: Readonly<Record<string, string>> = {}): Promise<string> {
      const pipeline = `pipeline-${++count}`
      const step = shell('it', script, { params: Object.keys(params) })
      await api.put({ params: { pipeline }, body: { params, steps: [step] as never } })
      return pipeline
    },

    putTrigger: (pipeline: string, body: z.input<typeof WrittenTrigger>, trigger = 'it') =>
      api.putTrigger({ params: { pipeline, trigger }, body }),

    /** Oldest first. */
    async firings(pipeline: string): Promise<Firing[]> {
      return (await triggers.listFirings({ query: { pipeline } })).items.toReversed()
    },

    /** What the clock shows from now on; the alarm of the triggers rings. */
    async at(time: string): Promise<void> {
      outside.clock = new Date(time)
      await world.runJob('pipelines.triggers')
    },

    tick: () => world.runJob('pipelines.triggers'),

    /** A version of a dataset is accepted, and the triggers hear of it at once: not by the queue, whose pace is its own. */
    async accept(dataset: string, { rowCount = 1 }: { rowCount?: number } = {}): Promise<void> {
      const version = outside.versions.length + 1
      outside.versions.push({
        dataset,
        version,
        rowCount,
        state: 'accepted',
        eventTimeMin: null,
        eventTimeMax: null,
        createdAt: new Date().toISOString(),
      } as DatasetVersion)
      const news = { projectId: 'default', subject: dataset, dataset, version, eventTimeMax: null }
      const { deliver } = world.pipelines.subscriptions.find(({ name }) => name === 'pipelines.data')!
      await deliver(news, randomUUID())
    },
  }
}

export type TriggersWorld = Awaited<ReturnType<typeof startTriggersWorld>>
