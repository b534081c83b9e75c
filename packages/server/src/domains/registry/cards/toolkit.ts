import {
  type CardFrontMatter,
  cardSections,
  type CardSection,
  type Model,
  type ModelVersion,
  splitCard,
  type ToolkitCard,
} from '@evenkeel/contract'
import { summaryOf } from '../card.ts'

type Metric = ToolkitCard['quantitative_analysis']['performance_metrics'][number]

/**
 * A card as Google's Model Card Toolkit keeps it. What its author wrote is found by its headings, the rest is what the
 * registry knows.
 *
 * @param version - with the card as its author wrote it
 */
export function toolkitCard(version: ModelVersion, model: Model, front: CardFrontMatter | null): ToolkitCard {
  const { body } = splitCard(version.card)
  return {
    schema_version: '0.0.2',
    model_details: {
      name: version.model,
      ...text('overview', summaryOf(version.card)),
      ...text('documentation', body.trim()),
      owners: model.owners.map(({ kind, name }) => ({ name, contact: `${kind}:${name}` })),
      version: { name: String(version.version), date: version.createdAt.slice(0, 10) },
      licenses: licensesOf(front),
      references: referencesIn(body, front).map((reference) => ({ reference })),
      citations: [...body.matchAll(/^```bib(?:tex|latex)\n([\s\S]*?)\n```/gm)].map(([, citation]) => ({
        style: 'BibTeX',
        citation: citation!,
      })),
    },
    model_parameters: parametersOf(version, front),
    quantitative_analysis: { performance_metrics: metricsOf(version, front) },
    considerations: considerationsIn(cardSections(body)),
  }
}

const text = <K extends string>(key: K, value: string): Partial<Record<K, string>> =>
  value === '' ? {} : ({ [key]: value } as Record<K, string>)

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : [value].flat()

/** Identifiers of SPDX differ from those of Hugging Face only in case. */
function licensesOf(front: CardFrontMatter | null): ToolkitCard['model_details']['licenses'] {
  return listOf(front?.license).map((license) =>
    license === 'other'
      ? { custom_text: [front?.license_name, front?.license_link].filter(Boolean).join(' ') }
      : { identifier: license },
  )
}

function referencesIn(body: string, front: CardFrontMatter | null): string[] {
  const links = [...body.matchAll(/\]\((https?:\/\/[^\s)]+)\)|<(https?:\/\/[^\s>]+)>/g)].map(
    ([, inline, bare]) => inline ?? bare!,
  )
  const bases = listOf(front?.base_model).map(
    (id) => `https://huggingface.co/${id.split('/').map(encodeURIComponent).join('/')}`,
  )
  return [...new Set([...bases, ...links])].filter((link) => URL.canParse(link))
}

function parametersOf(
  { params, lineage, evaluation, signature }: ModelVersion,
  front: CardFrontMatter | null,
): ToolkitCard['model_parameters'] {
  const architecture = [
    ...listOf(front?.library_name),
    ...listOf(front?.pipeline_tag),
    ...Object.entries(params).map(([name, value]) => `${name}=${String(value)}`),
  ]
  const trained = lineage.datasets.map(({ dataset, version, digest }) => ({
    name: `${dataset}@${version}`,
    description: [
      `Training data, ${digest}`,
      spanOf(lineage.trainedFrom, lineage.trainedUntil),
      rowsOf(lineage.trainingRowCount),
    ]
      .filter(Boolean)
      .join(', '),
  }))
  const evaluated = evaluation && {
    name: evaluation.dataset,
    description: `Evaluation data, ${spanOf(evaluation.holdoutFrom, evaluation.holdoutUntil)}, ${rowsOf(evaluation.rowCount)}`,
  }
  const fields = (part: 'inputs' | 'outputs') =>
    (signature?.[part] ?? [])
      .map(({ name, datatype, shape }) => `${name}: ${datatype} [${shape.join(', ')}]`)
      .join('\n')
  return {
    ...text('model_architecture', architecture.join(', ')),
    data: [...trained, ...(evaluated ? [evaluated] : [])],
    ...text('input_format', fields('inputs')),
    ...text('output_format', fields('outputs')),
  }
}

const spanOf = (from: string | null, until: string | null) => (from && until ? `${from} to ${until}` : '')
const rowsOf = (count: number | null) => (count === null ? '' : `${count} rows`)

/** What was measured here, on which rows where that is known, and what the author says was measured elsewhere. */
function metricsOf({ metrics, evaluation }: ModelVersion, front: CardFrontMatter | null): Metric[] {
  const slice = evaluation && `${evaluation.dataset}, ${spanOf(evaluation.holdoutFrom, evaluation.holdoutUntil)}`
  const named = (values: Readonly<Record<string, number>>, where: object) =>
    Object.entries(values).map(([type, value]) => ({ type, value, ...where }))
  const elsewhere = (front?.['model-index'] ?? [])
    .flatMap(({ results }) => results)
    .flatMap(({ dataset, metrics: found }) =>
      found.flatMap(({ type, value }) => (typeof value === 'number' ? [{ type, value, slice: dataset.name }] : [])),
    )
  return [...named(metrics, {}), ...named(evaluation?.candidate ?? {}, { slice }), ...elsewhere]
}

/** How authors head what the toolkit asks for; the first that fits takes the section. */
const headings = {
  tradeoffs: /trade-?offs?/i,
  users: /\busers?\b|audience/i,
  ethical_considerations: /ethic|bias|fairness|environmental/i,
  limitations: /limit|caveat|out[- ]of[- ]scope|known issues|risk/i,
  use_cases: /\buses?\b|use cases?|intended|purpose/i,
} as const

type Consideration = keyof typeof headings

function considerationsIn(sections: readonly CardSection[]): ToolkitCard['considerations'] {
  const kindOf = ({ heading }: CardSection) =>
    (Object.keys(headings) as Consideration[]).find((kind) => headings[kind].test(heading))
  const points = (kind: Consideration) =>
    sections.filter((section) => kindOf(section) === kind).flatMap((section) => pointsIn(section.text))
  const described = (kind: Consideration) => points(kind).map((description) => ({ description }))
  return {
    users: described('users'),
    use_cases: described('use_cases'),
    limitations: described('limitations'),
    tradeoffs: described('tradeoffs'),
    ethical_considerations: points('ethical_considerations').map((name) => ({ name })),
  }
}

/** Items of lists, and paragraphs, each on one line. */
const pointsIn = (markdown: string): string[] =>
  markdown
    .split(/\n\s*\n|^(?=[ \t]*(?:[-*+]|\d+[.)])[ \t])/m)
    .map((point) =>
      point
        .replace(/^\s*(?:[-*+]|\d+[.)])[ \t]+/, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
    .filter((point) => point !== '')
