import type { ConvertedModel, ModelVersion, NewModelVersion } from '@evenkeel/contract'

/** Where a model came from that was made elsewhere. */
export interface Origin {
  /** The file, as a person would name it. */
  readonly says: string
  readonly version: ModelVersion | undefined
  /** As in `an ONNX file`. */
  readonly words: string
  /** What Hugging Face calls the library. */
  readonly library: string
  /** Versions of software, and the digest of the file. */
  readonly environment: Readonly<Record<string, string>>
  readonly params: NewModelVersion['params']
  /** Paragraphs of the card that say more. */
  readonly notes: readonly string[]
}

export function contentOf(
  origin: Origin,
  { artifact, golden, importance, signature }: ConvertedModel,
  { evaluation, metrics }: Pick<NewModelVersion, 'evaluation' | 'metrics'>,
): NewModelVersion {
  const { version, environment, params } = origin
  return {
    artifact,
    golden,
    metrics: { ...version?.metrics, ...evaluation?.candidate, ...metrics },
    params: { ...version?.params, ...params },
    evaluation,
    baselines: [],
    lineage: {
      runId: null,
      pipeline: null,
      trigger: null,
      datasets: version?.lineage.datasets ?? [],
      featureViews: [],
      trainedFrom: null,
      trainedUntil: null,
      trainingRowCount: null,
      commit: version?.lineage.commit ?? 'unknown',
      environment: { ...environment },
    },
    card: cardOf(origin, { importance, signature }),
  }
}

/** What is known of a model that was made elsewhere. */
function cardOf(
  { says, version, words, library, notes }: Origin,
  { importance, signature }: Pick<ConvertedModel, 'importance' | 'signature'>,
): string {
  const features = importance.toSorted((a, b) => b.share - a.share).slice(0, 20)
  const rows = features.map(({ feature, share }) => `| \`${feature}\` | ${(100 * share).toFixed(1)} % |`)
  return [
    `---\nlibrary_name: ${library}\n---`,
    `Made outside of Evenkeel: ${words} (${says}${version ? '' : ', as it was called where it came from'}).`,
    `It takes ${signature.inputs.map(({ name }) => `\`${name}\``).join(', ')}.`,
    ...notes,
    ...(rows.length > 0 ? [`| feature | share of the gain |\n| --- | --- |\n${rows.join('\n')}`] : []),
  ].join('\n\n')
}
