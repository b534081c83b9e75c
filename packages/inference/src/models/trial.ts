import { readFile } from 'node:fs/promises'
import { Refusal } from '../protocol/refusal.ts'
import { joinRows, mapTensors, sliceRows, type Tensors } from '../protocol/tensor.ts'
import { blankTensor, Golden, goldenDifference, goldenTensors, selfTestHash } from './golden.ts'
import { type ModelSignature, openSession, type Session, UnsupportedModel } from './session.ts'

export interface TrialRequest {
  readonly modelPath: string
  /** Undefined: the model runs on blank inputs, which shows that it runs at all. */
  readonly goldenPath: string | undefined
}

export interface Proof {
  readonly signature: ModelSignature
  readonly selfTestHash: string
  readonly loadMs: number
  /** Median time of a run with one row, in microseconds. */
  readonly oneRowUs: number
  /** The same with `manyRows` rows; of one row when the model takes no batches. */
  readonly manyRowsUs: number
}
export const manyRows = 32

export type TrialResult =
  | { readonly passed: true; readonly proof: Proof }
  | { readonly passed: false; readonly reason: 'load' | 'selftest' | 'unsupported'; readonly detail: string }

/** Loads a model, compares its golden outputs, and measures it. Runs in a process of its own. */
export async function tryModel({ modelPath, goldenPath }: TrialRequest): Promise<TrialResult> {
  const startedAt = performance.now()
  let session: Session
  try {
    session = await openSession(modelPath)
  } catch (error) {
    const reason = error instanceof UnsupportedModel ? 'unsupported' : 'load'
    return { passed: false, reason, detail: messageOf(error) }
  }
  const loadMs = performance.now() - startedAt
  try {
    return await prove(session, goldenPath, loadMs)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { passed: false, reason: 'selftest', detail: messageOf(error) }
  } finally {
    await session.close()
  }
}

async function prove(session: Session, goldenPath: string | undefined, loadMs: number): Promise<TrialResult> {
  const { signature } = session
  const golden = goldenPath === undefined ? undefined : await readGolden(goldenPath)
  const inputs = golden ? goldenTensors(golden.inputs) : blankInputs(signature)
  const outputs = await session.run(inputs, outputNames(signature))
  const difference = golden && goldenDifference(golden, outputs)
  if (difference) return { passed: false, reason: 'selftest', detail: difference }
  return {
    passed: true,
    proof: { signature, selfTestHash: selfTestHash(outputs), loadMs, ...(await measure(session, inputs)) },
  }
}

async function readGolden(path: string): Promise<Golden> {
  const parsed = Golden.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (parsed.success) return parsed.data
  throw new Error(`The golden file is not {inputs, outputs, tolerance}: ${parsed.error.issues[0]?.message}.`)
}

async function measure(session: Session, inputs: Tensors): Promise<Pick<Proof, 'oneRowUs' | 'manyRowsUs'>> {
  if (!session.signature.batchable) {
    const oneRowUs = await typicalUs(session, inputs)
    return { oneRowUs, manyRowsUs: oneRowUs }
  }
  const one = mapTensors(inputs, (tensor) => sliceRows(tensor, 0, 1))
  const many = mapTensors(one, (tensor) => joinRows(Array.from({ length: manyRows }, () => tensor)))
  return { oneRowUs: await typicalUs(session, one), manyRowsUs: await typicalUs(session, many) }
}

/** The lower quartile of at most 40 runs or 200 ms, after three that warm up: a busy machine only ever adds time. */
async function typicalUs(session: Session, inputs: Tensors): Promise<number> {
  const outputs = outputNames(session.signature)
  for (let i = 0; i < 3; i++) await session.run(inputs, outputs)
  const times: number[] = []
  const until = performance.now() + 200
  while (times.length === 0 || (times.length < 40 && performance.now() < until)) {
    const startedAt = performance.now()
    await session.run(inputs, outputs)
    times.push((performance.now() - startedAt) * 1000)
  }
  return times.toSorted((a, b) => a - b)[times.length >> 2]!
}

/** Inputs for a run that only has to happen. */
export const blankInputs = ({ inputs }: ModelSignature): Tensors =>
  Object.fromEntries(inputs.map((spec) => [spec.name, blankTensor(spec)]))

export const outputNames = ({ outputs }: ModelSignature): string[] => outputs.map(({ name }) => name)

function messageOf(error: unknown): string {
  return error instanceof Error || error instanceof Refusal ? error.message : String(error)
}
