import { cardSections, splitCard } from './card-text.ts'
import { metricDirection } from './metric-direction.ts'
import type { ModelVersion } from './registry.ts'

/** One thing that is told of both versions; null where one has nothing. */
export interface Difference {
  readonly part: string
  readonly name: string
  readonly before: string | number | boolean | null
  readonly after: string | number | boolean | null
  /** `after − before` of numbers. */
  readonly change: number | null
  /** Which of the two is the better one, for metrics whose name says it; null where they agree or nobody knows. */
  readonly better: 'before' | 'after' | null
}

type Value = Difference['before']

/** What is told of two versions, in order of the parts; without `all` only what differs. */
export function differencesOf(before: ModelVersion, after: ModelVersion, all: boolean): Difference[] {
  const [left, right] = [partsOf(before), partsOf(after)]
  return Object.keys(left).flatMap((part) => {
    const [from, to] = [left[part]!, right[part]!]
    const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted()
    return names
      .map((name) => difference(part, name, from[name] ?? null, to[name] ?? null))
      .filter((one) => all || one.before !== one.after)
  })
}

function difference(part: string, name: string, before: Value, after: Value): Difference {
  const change = typeof before === 'number' && typeof after === 'number' ? after - before : null
  return { part, name, before, after, change, better: part === 'metrics' ? betterOf(name, change) : null }
}

function betterOf(name: string, change: number | null): Difference['better'] {
  const direction = metricDirection(name)
  if (direction === null || !change) return null
  return change > 0 === (direction === 'higher') ? 'after' : 'before'
}

const fieldsOf = (fields: readonly { name: string; datatype: string; shape: readonly number[] }[] = []) =>
  Object.fromEntries(fields.map(({ name, datatype, shape }) => [name, `${datatype} [${shape.join(', ')}]`]))

function partsOf(version: ModelVersion): Record<string, Record<string, Value>> {
  const { lineage, artifact, signature, evaluation } = version
  return {
    metrics: version.metrics,
    params: version.params,
    inputs: fieldsOf(signature?.inputs),
    outputs: fieldsOf(signature?.outputs),
    features: Object.fromEntries(version.baselines.map(({ feature, kind }) => [feature, kind])),
    data: {
      ...Object.fromEntries(
        lineage.datasets.map(({ dataset, version: number, digest }) => [`${dataset}@${number}`, digest]),
      ),
      ...Object.fromEntries(lineage.featureViews.map(({ view, version: number }) => [view, `version ${number}`])),
      trained_from: lineage.trainedFrom,
      trained_until: lineage.trainedUntil,
      training_rows: lineage.trainingRowCount,
      evaluated_rows: evaluation?.rowCount ?? null,
    },
    code: { commit: lineage.commit, pipeline: lineage.pipeline },
    environment: lineage.environment,
    file: { digest: artifact?.digest ?? null, size_bytes: artifact?.sizeBytes ?? null },
    decisions: { stage: version.stage, gate: version.gate?.says ?? null, canary: version.canary?.says ?? null },
    tags: version.tags,
    card: sectionsOf(version.card),
  }
}

/** The card by its headings, without what was decided, which stands under decisions. */
function sectionsOf(card: string): Record<string, string> {
  const { frontMatter, body } = splitCard(card)
  const own = cardSections(body).filter(({ heading }) => heading !== 'Decisions')
  return {
    ...(frontMatter !== null && { 'front matter': frontMatter }),
    ...Object.fromEntries(own.map(({ heading, text }) => [heading || 'text', text])),
  }
}
