import type { ImportDraft, ModelInspection, NewModelVersion } from '@evenkeel/contract'
import { cardOf } from './card.ts'

/** A draft whose file is known. */
export interface Inspected extends ImportDraft {
  readonly inspection: ModelInspection
}

/** What is registered of a draft. */
export function contentOf(draft: Inspected): NewModelVersion {
  const { inspection, reference, details, source } = draft
  const { artifact, golden, treeCount, format } = inspection
  const datasets = datasetsOf(draft)
  return {
    artifact,
    golden,
    metrics: { ...details.evaluation?.candidate },
    params: { ...(treeCount !== null && { trees: treeCount }) },
    evaluation: details.evaluation,
    baselines: reference?.baselines ?? [],
    lineage: {
      runId: null,
      pipeline: null,
      trigger: null,
      datasets,
      featureViews: [],
      trainedFrom: null,
      trainedUntil: null,
      // A file may be a sample of what it was trained on.
      trainingRowCount: datasets.length > 0 ? (reference?.rowCount ?? null) : null,
      commit: 'unknown',
      environment: { format, source: source?.digest ?? artifact.digest },
    },
    card: cardOf(draft),
  }
}

function datasetsOf({ reference }: Inspected): NewModelVersion['lineage']['datasets'] {
  if (!reference || reference.source.kind === 'file' || reference.datasetDigest === null) return []
  const { dataset, version } = reference.source
  return [{ dataset, version, digest: reference.datasetDigest }]
}
