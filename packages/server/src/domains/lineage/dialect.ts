import type { Naming } from './naming.ts'
import { facetVersion } from './facet-schemas.ts'

/** A facet: what it says, who says it, and the schema it follows. */
export type Facet = Readonly<Record<string, unknown>> & { readonly _producer: string; readonly _schemaURL: string }
export type Facets = Readonly<Record<string, Facet>>

export interface DatasetPart {
  readonly namespace: string
  readonly name: string
  readonly facets: Facets
  readonly inputFacets?: Facets
  readonly outputFacets?: Facets
}

export type EventType = 'START' | 'COMPLETE' | 'FAIL' | 'ABORT' | 'OTHER'

/** An OpenLineage event of ours; all that is undefined is left out of the JSON. */
export interface OutEvent {
  readonly eventType?: EventType
  readonly eventTime: string
  readonly producer: string
  readonly schemaURL: string
  readonly run?: { readonly runId: string; readonly facets: Facets }
  readonly job?: { readonly namespace: string; readonly name: string; readonly facets: Facets }
  readonly dataset?: Omit<DatasetPart, 'inputFacets' | 'outputFacets'>
  readonly inputs?: readonly DatasetPart[]
  readonly outputs?: readonly DatasetPart[]
}

const specification = 'https://openlineage.io/spec'

export type Dialect = ReturnType<typeof createDialect>

/** How this server speaks OpenLineage 2-0-2: who it is, and where its own schemas can be read. */
export function createDialect({ version, naming, base }: { version: string; naming: Naming; base: () => string }) {
  const producer = `urn:evenkeel:server:${version}`
  const schemaURL = (kind: string) => `${specification}/2-0-2/OpenLineage.json#/$defs/${kind}`
  return {
    naming,
    version,

    /** A facet of the specification. @param release - of its schema, e.g. `1-0-1` */
    facet: (release: string, name: string, says: Readonly<Record<string, unknown>>): Facet => ({
      ...says,
      _producer: producer,
      _schemaURL: `${specification}/facets/${release}/${name}.json#/$defs/${name}`,
    }),

    /** A facet that is ours. */
    ownFacet: (name: string, says: Readonly<Record<string, unknown>>): Facet => ({
      ...says,
      _producer: producer,
      _schemaURL: `${base()}/api/v1/lineage/schemas/${facetVersion}/${name}.json#/$defs/${name}`,
    }),

    runEvent: (
      event: Omit<OutEvent, 'producer' | 'schemaURL' | 'dataset'> & Required<Pick<OutEvent, 'run'>>,
    ): OutEvent => ({
      ...event,
      producer,
      schemaURL: schemaURL('RunEvent'),
    }),

    jobEvent: (event: Pick<OutEvent, 'eventTime' | 'job'>): OutEvent => ({
      ...event,
      producer,
      schemaURL: schemaURL('JobEvent'),
    }),

    datasetEvent: (event: Pick<OutEvent, 'eventTime' | 'dataset'>): OutEvent => ({
      ...event,
      producer,
      schemaURL: schemaURL('DatasetEvent'),
    }),
  }
}

/** Facets that are there; the others are left out. */
export const present = (facets: Readonly<Record<string, Facet | undefined>>): Facets =>
  Object.fromEntries(Object.entries(facets).filter((entry): entry is [string, Facet] => entry[1] !== undefined))

/** Text of any value: facets take text where a number would be natural. */
export const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
