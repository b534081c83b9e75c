import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ack, DesiredState } from '@evenkeel/contract'
import { readConfig } from './config.ts'
import { createLog } from './log.ts'
import { type InferenceNode, startNode } from './node.ts'
import type { ControlPlane, UnsignedState } from './testing.ts'

export const makeFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'evenkeel-node-'))

export function environmentOf(plane: ControlPlane, folder: string): Record<string, string> {
  return {
    EVENKEEL_URL: plane.url,
    EVENKEEL_NODE: 'n1',
    EVENKEEL_NODE_FOLDER: folder,
    EVENKEEL_INFERENCE_PORT: '0',
    EVENKEEL_LOG_LEVEL: 'error',
  }
}

/** A node in this process. */
export function startTestNode(
  plane: ControlPlane,
  folder: string,
  more: Record<string, string> = {},
): Promise<InferenceNode> {
  const config = readConfig({ ...environmentOf(plane, folder), ...more })
  return startNode(config, createLog('silent'))
}

type EndpointState = DesiredState['endpoints'][number]
type ArtifactState = DesiredState['artifacts'][number]

export const artifact = (version: number, digest: string, more: Partial<ArtifactState> = {}): ArtifactState => ({
  model: 'm',
  version,
  digest,
  sizeBytes: 1,
  golden: null,
  path: `/api/v1/artifacts/${digest}`,
  ...more,
})

export const endpoint = (name: string, more: Partial<EndpointState> = {}): EndpointState => ({
  name,
  model: 'm',
  signature: { inputs: [], outputs: [] },
  recording: { mode: 'durable', sampleShare: 1 },
  featureViews: [],
  salt: 'salt',
  arms: [{ arm: 'primary', version: 1, weight: 10_000 }],
  paired: null,
  rolloutId: null,
  ...more,
})

export const stateOf = (
  generation: number,
  endpoints: readonly EndpointState[],
  artifacts: readonly ArtifactState[],
): UnsignedState => ({ environment: 'production', generation, endpoints: [...endpoints], artifacts: [...artifacts] })

/** Waits until something is there, and returns it. @throws Error after 30 seconds */
export async function until<T>(what: string, look: () => T | false | undefined): Promise<T> {
  const endsAt = performance.now() + 30_000
  for (;;) {
    const seen = look()
    if (seen) return seen
    if (performance.now() > endsAt) throw new Error(`It did not happen within 30 seconds: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** @throws Error with the reason when the node refuses the generation */
export async function isServing(plane: ControlPlane, generation: number): Promise<void> {
  const { stage, detail } = await answerTo(plane, generation)
  if (stage === 'refused') throw new Error(`The node refused generation ${generation}: ${detail}`)
}

/** What the node finally says of a generation. */
export const answerTo = (plane: ControlPlane, generation: number): Promise<Ack> =>
  until(`an answer to generation ${generation}`, () =>
    plane.acks.find((ack) => ack.generation === generation && (ack.stage === 'serving' || ack.stage === 'refused')),
  )

/** One row of float32 columns. */
export const row = (values: Readonly<Record<string, number>>, more: object = {}): string =>
  JSON.stringify({
    inputs: Object.entries(values).map(([name, value]) => ({ name, datatype: 'FP32', shape: [1, 1], data: [value] })),
    ...more,
  })

export const post = (
  url: string,
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Response> => fetch(`${url}${path}`, { method: 'POST', body: body as BodyInit, headers })
