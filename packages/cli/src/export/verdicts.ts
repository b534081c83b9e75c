import { persistently } from '../import/here.ts'
import type { SourceVersion } from '../import/source/index.ts'
import type { ExportContext } from './context.ts'
import { marks, type Tag } from './marks.ts'

/** Longest value of a tag in MLflow's registry, in characters. */
const longestTag = 100_000

/** What only this server knows of a version: MLflow has a tag for it, and nothing better. */
export async function verdictTags({ here, signal, tally }: ExportContext, of: SourceVersion): Promise<readonly Tag[]> {
  const params = { model: of.name, version: of.version }
  const { gate, canary, card, origin } = await persistently(signal, () =>
    here.registry.getVersion({ params }, { signal }),
  )
  if (origin === null) {
    tally.note(
      `the ONNX files of versions that pipelines made are not sent; evenkeel model download ${of.name}@${of.version} writes one`,
    )
  }
  const override = gate?.override ? `; overridden by ${gate.override.by}: ${gate.override.reason}` : ''
  return [
    ...(gate ? [{ key: marks.gate, value: `${gate.passed ? 'passed' : 'refused'}: ${gate.says}${override}` }] : []),
    ...(canary ? [{ key: marks.canary, value: `${canary.verdict}: ${canary.says}` }] : []),
    ...(card && card.length <= longestTag ? [{ key: marks.card, value: card }] : []),
  ]
}
