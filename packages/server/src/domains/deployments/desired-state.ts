import { canonicalJson, type DesiredState } from '@evenkeel/contract'
import type { SigningKey } from '../../platform/signing-key.ts'
import type { ArtifactRow, EndpointRow, RolloutRow } from './rows.ts'

type DesiredEndpoint = DesiredState['endpoints'][number]
type DesiredArms = DesiredEndpoint['arms']

/** An endpoint with its newest rollout, running or over. */
export interface Serving {
  readonly endpoint: EndpointRow
  readonly rollout: RolloutRow | undefined
}

/** Weights are in hundredths of a percent. */
const wholeWeight = 10_000

/** What nodes must serve, from what the rows say now. An endpoint that no version serves yet is left out. */
export function desiredState(
  environment: string,
  generation: number,
  servings: readonly Serving[],
  artifacts: readonly ArtifactRow[],
): Omit<DesiredState, 'keyId' | 'signature'> {
  return {
    environment,
    generation,
    endpoints: servings.flatMap((serving) => desiredEndpoint(serving, artifacts)),
    artifacts: desiredArtifacts(servings, artifacts),
  }
}

/** @returns the state with an Ed25519 signature (base64) over the RFC 8785 form of everything else */
export function signed(state: Omit<DesiredState, 'keyId' | 'signature'>, key: SigningKey): DesiredState {
  const named = { ...state, keyId: key.id }
  return { ...named, signature: key.sign(canonicalJson(named)) }
}

function desiredEndpoint(serving: Serving, artifacts: readonly ArtifactRow[]): DesiredEndpoint[] {
  const { endpoint, rollout } = serving
  const arms = armsOf(serving)
  const primary = arms[0]
  if (!primary) return []
  const paired = pairedBy(arms)
  const comparing = paired && rollout
  return [
    {
      name: endpoint.name,
      model: endpoint.model,
      signature: artifactOf(artifacts, endpoint.model, primary.version).signature,
      recording: endpoint.recording,
      featureViews: endpoint.feature_views,
      // A rollout draws its units anew, so that the same ones do not always go first.
      salt: comparing ? rollout.id : endpoint.name,
      arms,
      paired,
      rolloutId: comparing ? rollout.id : null,
    },
  ]
}

/** The versions to score every prediction with, while two are compared. */
function pairedBy(arms: DesiredArms): DesiredEndpoint['paired'] {
  const candidate = arms.find(({ arm }) => arm === 'canary')
  const champion = arms.find(({ arm }) => arm === 'baseline')
  return candidate && champion ? { candidate: candidate.version, champion: champion.version, share: 1 } : null
}

/** Who gets which share of the traffic; the primary arm comes first, and nobody before the first version serves. */
export function armsOf({ endpoint, rollout }: Serving): DesiredArms {
  switch (rollout?.state) {
    case 'canary':
    case 'paused':
      return comparedArms(rollout)
    case 'promoting':
      return [{ arm: 'primary', version: rollout.to_version, weight: wholeWeight }]
    case undefined:
    case 'awaiting_approval':
    case 'loading':
    case 'succeeded':
    case 'rolling_back':
    case 'rolled_back':
    case 'failed':
    case 'declined':
      return endpoint.version === null ? [] : [{ arm: 'primary', version: endpoint.version, weight: wholeWeight }]
  }
}

function comparedArms({ id, plan, step_index: step, from_version: from, to_version: to }: RolloutRow): DesiredArms {
  const percent = plan.steps[step]
  if (from === null || percent === undefined) throw new Error(`The rollout ${id} compares without a champion or step.`)
  const weight = Math.round(percent * 100)
  return [
    { arm: 'primary', version: from, weight: wholeWeight - 2 * weight },
    { arm: 'canary', version: to, weight },
    { arm: 'baseline', version: from, weight },
  ]
}

function desiredArtifacts(servings: readonly Serving[], artifacts: readonly ArtifactRow[]): DesiredState['artifacts'] {
  const held = new Set(
    servings.flatMap(({ endpoint, rollout }) =>
      [endpoint.version, endpoint.previous_version, rollout?.resident ? rollout.to_version : null]
        .filter((version) => version !== null)
        .map((version) => artifactOf(artifacts, endpoint.model, version)),
    ),
  )
  return [...held].map(({ model, version, digest, size_bytes: sizeBytes, golden }) => {
    return { model, version, digest, sizeBytes, golden, path: `/api/v1/artifacts/${digest}` }
  })
}

function artifactOf(artifacts: readonly ArtifactRow[], model: string, version: number): ArtifactRow {
  const found = artifacts.find((row) => row.model === model && row.version === version)
  if (!found) throw new Error(`The artifact of ${model} v${version} was never stored.`)
  return found
}
