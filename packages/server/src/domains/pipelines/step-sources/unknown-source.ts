import { type PipelineSpec, sourceText } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import type { SpecProblem } from '../engine/check-spec.ts'
import { stepSourcesStore } from './store.ts'

/** The first step whose code is not what was fetched from where it says it comes from. */
export async function unknownSource(
  db: Db,
  projectId: string,
  { steps }: PipelineSpec,
): Promise<SpecProblem | undefined> {
  for (const { key, source, code } of steps) {
    if (!source) continue
    const files = await stepSourcesStore(db).filesOf(projectId, source)
    const known = new Set(files?.map(({ path, digest, executable }) => `${digest} ${executable} ${path}`))
    const other = (code ?? []).find(({ path, digest, executable }) => !known.has(`${digest} ${executable} ${path}`))
    if (!files)
      return {
        step: key,
        reason: `Nothing was fetched from ${sourceText(source)}; apply it with "evenkeel pipeline apply".`,
      }
    if (other) return { step: key, reason: `"${other.path}" is not what lies in ${sourceText(source)}.` }
  }
  return undefined
}
