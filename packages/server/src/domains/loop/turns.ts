import type { LoopRow, ModelVersion } from '@evenkeel/contract'
import type { ModelFacts } from './facts.ts'
import { pageOf } from './words.ts'

type Turn = LoopRow['turns'][number]

/** Each turn of the loop: a version, why it was made, and what became of it. Newest first. */
export const turnsOf = (facts: ModelFacts): Turn[] => facts.versions.map((version) => turnOf(facts, version))

function turnOf({ rollouts }: ModelFacts, version: ModelVersion): Turn {
  const { model, version: number, lineage, gate, canary } = version
  const outcome = outcomeOf(version, rollouts)
  const why = lineage.trigger?.says ?? `Registered by ${version.createdBy}.`
  const verdict =
    outcome === 'refused' ? gate?.says : (canary?.says ?? rollouts.find((one) => one.toVersion === number)?.says)
  return {
    version: number,
    says: [why, verdict].filter(Boolean).join(' → '),
    outcome,
    eventTime: canary?.eventTime ?? lineage.trigger?.eventTime ?? lineage.trainedUntil,
    link: `${pageOf(model)}/versions/${number}`,
  }
}

function outcomeOf(
  { version, stage, canary, artifact }: ModelVersion,
  rollouts: ModelFacts['rollouts'],
): Turn['outcome'] {
  const newest = rollouts.find(({ toVersion }) => toVersion === version)
  if (newest && newest.endedAt === null) return 'running'
  switch (canary?.verdict) {
    case 'promoted':
    case 'rolled_back':
    case 'failed':
      return canary.verdict
    case 'aborted':
      return 'rolled_back'
    case undefined:
      break
  }
  if (artifact === null) return 'logged'
  if (stage === 'refused') return 'refused'
  return stage === 'candidate' ? 'running' : 'passed'
}
