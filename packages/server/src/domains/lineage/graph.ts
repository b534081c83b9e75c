import type { LineageEdge, LineageNodeKind, OpenLineageEvent } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { versionLink } from './moments/dataset.ts'

/** A node as one event speaks of it. */
export interface NodeNews {
  readonly id: string
  readonly kind: LineageNodeKind
  readonly namespace: string
  readonly name: string
  readonly version: string | null
  readonly label: string
  readonly state: string | null
  readonly of: string | null
}

export interface EdgeNews extends LineageEdge {
  /** `job`: between jobs and datasets. `run`: between runs and versions. */
  readonly level: 'job' | 'run'
}

export interface GraphNews {
  readonly nodes: readonly NodeNews[]
  readonly edges: readonly EdgeNews[]
}

/** Longest id that an index can hold; a longer one is known by its digest. */
const longestId = 600

/** `#` parts what belongs apart, so it may not stand in a part. */
const escape = (part: string) => part.replaceAll('%', '%25').replaceAll('#', '%23')

export function nodeId(kind: LineageNodeKind, ...parts: readonly string[]): string {
  const id = `${kind}:${parts.map(escape).join('#')}`
  return Buffer.byteLength(id) <= longestId ? id : `${kind}:~${createHash('sha256').update(id).digest('hex')}`
}

type DatasetRef = NonNullable<OpenLineageEvent['dataset']>

/** What one event adds to the graph, whoever sent it: the same for the same event. */
export function graphOf(event: OpenLineageEvent): GraphNews {
  const nodes = new Map<string, NodeNews>()
  const edges: EdgeNews[] = []
  const add = (node: NodeNews) => {
    if (!nodes.has(node.id)) nodes.set(node.id, node)
    return node.id
  }
  const addDataset = (ref: DatasetRef) => {
    const [dataset, version] = datasetNodes(ref)
    add(dataset)
    if (version) add(version)
    return { dataset: dataset.id, version: version?.id ?? dataset.id }
  }

  if (event.dataset) addDataset(event.dataset)
  if (!event.job) return { nodes: [...nodes.values()], edges }
  const job = add(jobNode(event.job))
  const run = event.run && add(runNode(event.run.runId, job, event.job.name, event.eventType ?? null))
  for (const ref of event.inputs ?? []) {
    const { dataset, version } = addDataset(ref)
    edges.push({ level: 'job', source: dataset, target: job, kind: 'reads' })
    if (run) edges.push({ level: 'run', source: version, target: run, kind: 'reads' })
  }
  for (const ref of event.outputs ?? []) {
    const { dataset, version } = addDataset(ref)
    edges.push({ level: 'job', source: job, target: dataset, kind: 'writes' })
    if (run) edges.push({ level: 'run', source: run, target: version, kind: 'writes' })
  }
  const parent = run && parentOf(event)
  if (parent && run) {
    const parentJob = add(jobNode(parent.job))
    const parentRun = add(runNode(parent.runId, parentJob, parent.job.name, null))
    if (parentJob !== job) edges.push({ level: 'job', source: job, target: parentJob, kind: 'part_of' })
    if (parentRun !== run) edges.push({ level: 'run', source: run, target: parentRun, kind: 'part_of' })
  }
  return { nodes: [...nodes.values()], edges }
}

/** A node as events spoke of it: its state is that of the last event that told one. */
export interface ToldNode extends NodeNews {
  readonly at: Date
  readonly link: string | null
}

/** One of each node, as if the news had been written one after the other. */
export function mergeNodes(news: readonly ToldNode[]): ToldNode[] {
  const merged = new Map<string, ToldNode>()
  for (const node of news) {
    const before = merged.get(node.id)
    merged.set(node.id, before ? mergeNode(before, node) : node)
  }
  return [...merged.values()]
}

function mergeNode(before: ToldNode, node: ToldNode): ToldNode {
  const isNewer = node.state !== null && (before.state === null || node.at >= before.at)
  const { state, at } = isNewer ? node : before
  return { ...node, state, at, of: node.of ?? before.of, link: node.link ?? before.link }
}

const jobNode = ({ namespace, name }: { readonly namespace: string; readonly name: string }): NodeNews => ({
  id: nodeId('job', namespace, name),
  kind: 'job',
  namespace,
  name,
  version: null,
  label: name,
  state: null,
  of: null,
})

const runNode = (runId: string, job: string, name: string, state: string | null): NodeNews => ({
  id: nodeId('run', runId.toLowerCase()),
  kind: 'run',
  namespace: '',
  name: runId.toLowerCase(),
  version: null,
  label: `${name} ${runId.slice(-8).toLowerCase()}`,
  // News about a run that goes on is no state of it.
  state: state === 'OTHER' ? null : state,
  of: job,
})

/** A dataset, and the version of it where the event names one. */
function datasetNodes({ namespace, name, facets }: DatasetRef): [NodeNews, NodeNews | undefined] {
  const type = textIn(facets?.['datasetType'], 'datasetType')
  const version = textIn(facets?.['version'], 'datasetVersion')
  const isOurs = namespace.startsWith('evenkeel://')
  const short = isOurs ? name.replace(/^(dataset|model|service|artifact)\//, '') : name
  const dataset: NodeNews = {
    id: nodeId('dataset', namespace, name),
    kind: 'dataset',
    namespace,
    name,
    version: null,
    label: short,
    state: null,
    of: null,
  }
  if (version === undefined) return [dataset, undefined]
  const kind = type === 'MODEL' ? 'model_version' : type === 'SERVICE' ? 'deployment' : 'dataset_version'
  const shown = /^[a-z0-9]+:[0-9a-f]{20,}$/.test(version) ? version.replace(/^[a-z0-9]+:/, '').slice(0, 12) : version
  const label = linkedName(facets) ?? `${short}@${shown}`
  return [dataset, { ...dataset, id: nodeId(kind, namespace, name, version), kind, version, label, of: dataset.id }]
}

/** What a person calls this version, where the producer has said so. */
function linkedName(facets: DatasetRef['facets']): string | undefined {
  const identifiers = inside(facets?.['symlinks'], 'identifiers')
  if (!Array.isArray(identifiers)) return undefined
  const found: unknown = identifiers.find((one: unknown) => inside(one, 'type') === versionLink)
  return textIn(found, 'name')
}

function parentOf({ run }: OpenLineageEvent) {
  const parent = run?.facets?.['parent']
  const runId = textIn(inside(parent, 'run'), 'runId')
  const job = inside(parent, 'job')
  const namespace = textIn(job, 'namespace')
  const name = textIn(job, 'name')
  if (runId === undefined || namespace === undefined || name === undefined) return undefined
  return { runId, job: { namespace, name } }
}

const inside = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined

/** Text of a facet that nobody has checked: short enough, or as if it were not there. */
function textIn(value: unknown, key: string): string | undefined {
  const text = inside(value, key)
  return typeof text === 'string' && text !== '' && text.length <= 2000 ? text : undefined
}
