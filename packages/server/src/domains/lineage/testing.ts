import { createClient } from '@evenkeel/client'
import * as endpoints from '@evenkeel/contract'
import { lineage, type Run } from '@evenkeel/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../app.ts'
import { startWorld } from '../../testing.ts'
import type { Pipelines } from '../pipelines/service.ts'
import { facetSchema } from './facet-schemas.ts'

const folder = join(import.meta.dirname, 'schemas')

/**
 * Says what is wrong with an event: by the core of OpenLineage 2-0-2, and every object in it by the schema it names. The core
 * alone lets broken facets pass.
 *
 * @param base - where the schemas of our facets are served
 */
export function createValidator(base: string): (event: unknown) => string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  for (const version of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of readdirSync(join(folder, version.name)))
      ajv.addSchema(JSON.parse(readFileSync(join(folder, version.name, file), 'utf8')))
  }
  const check = (url: string, value: unknown): string[] => {
    const validate = ajv.getSchema(url) ?? addOwn(ajv, base, url)
    if (!validate) return [`${url}: there is no such schema`]
    if (validate(value)) return []
    return validate.errors!.map(({ instancePath, message }) => `${url}${instancePath}: ${message}`)
  }
  return (event) => [
    ...check((event as { schemaURL: string }).schemaURL, event),
    ...objectsIn(event).flatMap((one) => ('_schemaURL' in one ? check(String(one['_schemaURL']), one) : [])),
  ]
}

function addOwn(ajv: Ajv2020, base: string, url: string) {
  const [version, name] = url.slice(`${base}/api/v1/lineage/schemas/`.length).split('#')[0]!.split('/')
  const schema = url.startsWith(base) ? facetSchema(base, version ?? '', name ?? '') : undefined
  if (!schema) return undefined
  ajv.addSchema(schema)
  return ajv.getSchema(url)
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}

/** A whole server whose pipelines run on this machine. */
export async function startLineageWorld(environment: Readonly<Record<string, string>> = {}) {
  let pipelines: Pipelines | undefined
  let url = ''
  const world = await startWorld({
    environment,
    compose: async (platform) => {
      const app = await createApp(platform, {
        now: () => new Date(),
        url: () => url,
        commit: () => 'c0ffee',
        workFolder: tmpdir(),
        builtinSteps: () => undefined,
        programCode: async () => undefined,
        programDigest: async () => null,
      })
      pipelines = app.pipelines
      return app
    },
  })
  url = world.url
  await pipelines!.start()
  const options = world.clientOptions()
  const api = createClient(lineage, options)
  const pipelinesApi = createClient(endpoints.pipelines, options)

  async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    for (const deadline = Date.now() + 30_000; ;) {
      const found = await look()
      if (found) return found
      if (Date.now() > deadline) throw new Error(`Still waiting for: ${what}`)
      await new Promise((resume) => setTimeout(resume, 50))
    }
  }

  /** Every event, oldest first. */
  async function events(filter: { run?: string; origin?: 'own' | 'received' } = {}) {
    const { items } = await api.events({ query: { ...filter, limit: 500 } })
    return items.toReversed()
  }

  return {
    ...world,
    api,
    until,
    events,
    pipelines: pipelinesApi,
    registry: createClient(endpoints.registry, options),
    datasets: createClient(endpoints.datasets, options),
    deployments: createClient(endpoints.deployments, options),
    validate: createValidator(url),

    /** Writes a pipeline, runs it and waits for its end, and until that was told. */
    async run(pipeline: string, spec: object, params: Record<string, string> = {}): Promise<Run> {
      await pipelinesApi.put({ params: { pipeline }, body: { steps: [], ...spec } })
      const { id } = await pipelinesApi.startRun({ params: { pipeline }, body: { params } })
      const run = await until('the end of the run', async () => {
        const found = await pipelinesApi.getRun({ params: { run: id } })
        return found.endedAt !== null && found
      })
      await until('the news of its end', async () =>
        (await events({ run: id })).some(({ eventType }) => ['COMPLETE', 'FAIL', 'ABORT'].includes(eventType ?? '')),
      )
      return run
    },

    async stop() {
      await pipelines!.stop()
      await world.stop()
    },
  }
}

export type LineageWorld = Awaited<ReturnType<typeof startLineageWorld>>
