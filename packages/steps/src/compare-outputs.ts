import { createClient } from '@evenkeel/client/http'
import { artifacts } from '@evenkeel/contract/artifacts'
import { registry } from '@evenkeel/contract/registry'
import { type Judged, type Reproduction, reproductions } from '@evenkeel/contract/reproductions'
import { modelKey, withJudged, worstOf } from '@evenkeel/contract/sameness'
import { FolderManifest, type StepOutput } from '@evenkeel/contract/step-results'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { z } from 'zod'
import { type Comparing, compareFiles } from './lib/sameness/files.ts'
import { differs, type Finding } from './lib/sameness/finding.ts'
import { runStep, type Step } from './lib/step.ts'
import { openTables } from './lib/tables.ts'

/**
 * The last step of a reproduction: compares what the steps have left with what they left in the first run, where that is
 * not the same bytes, and makes `report` (JSON).
 */
async function compareOutputs(step: Step): Promise<void> {
  const reproduction = await createClient(reproductions, step.api).get({ params: { reproduction: step.context.run } })
  const comparing = await prepare(step, reproduction)
  const pairs = pairsOf(reproduction)
  const judged: Judged[] = []
  for (const { before, after, ...pair } of pairs) {
    step.progress(judged.length / pairs.length, `${pair.step}, output ${pair.output}`)
    judged.push({ ...pair, ...(await comparePair(step, before, after, comparing)) })
  }
  comparing.tables.close()
  await step.writeJson('report', judged)
  const { verdict, says } = withJudged(reproduction, judged)
  if (verdict === null) throw new Error(`Not everything was compared. ${says}`)
  step.value('verdict', verdict)
  step.value('says', says)
  step.summary(`${says}\n`)
  process.stdout.write(`${says}\n`)
}

type Stored = z.output<typeof StepOutput>
type Pair = Pick<Judged, 'step' | 'output'> & { readonly before: Stored; readonly after: Stored }

/** Outputs that are not the same bytes, and a model file that is no output of any step. */
function pairsOf({ steps, modelFile }: Reproduction): Pair[] {
  const outputs = steps.flatMap(({ step, outputs: all }) =>
    all.flatMap(({ output, sameness, before, after }) =>
      sameness === 'pending' ? [{ step, output, before: before!, after: after! }] : [],
    ),
  )
  const isOutput = steps.some((step) => step.outputs.some(({ before }) => before?.digest === modelFile.before))
  if (modelFile.sameness !== 'pending' || isOutput) return outputs
  const fileOf = (digest: string): Stored => ({ digest, sizeBytes: 0, fileCount: null })
  const { before, after } = modelFile
  return [...outputs, { step: modelKey, output: 'model', before: fileOf(before), after: fileOf(after!) }]
}

async function prepare(step: Step, { model, version, tolerance }: Reproduction): Promise<Comparing> {
  const { golden } = await createClient(registry, step.api).getVersion({ params: { model, version } })
  return { tables: await openTables(), tolerance, golden: golden ? await download(step, golden) : undefined }
}

async function comparePair(step: Step, before: Stored, after: Stored, comparing: Comparing): Promise<Finding> {
  if ((before.fileCount === null) !== (after.fileCount === null)) return differs('One is a file, the other a folder.')
  if (before.fileCount !== null) return compareFolders(step, before, after, comparing)
  return compareFiles(await download(step, before.digest), await download(step, after.digest), comparing)
}

async function compareFolders(step: Step, before: Stored, after: Stored, comparing: Comparing): Promise<Finding> {
  const [a, b] = [await readManifest(step, before), await readManifest(step, after)]
  const then = new Map(a.files.map((file) => [file.path, file]))
  const now = new Map(b.files.map((file) => [file.path, file]))
  const missing = [...then.keys()].find((path) => !now.has(path))
  if (missing !== undefined) return differs(`${missing} is not there any more.`)
  const added = [...now.keys()].find((path) => !then.has(path))
  if (added !== undefined) return differs(`${added} is new.`)
  const found: (Finding & { readonly path: string })[] = []
  for (const [path, { digest, executable }] of then) {
    const file = now.get(path)!
    if (file.executable !== executable) return differs(`${path} may be executed in one of them only.`)
    if (file.digest === digest) continue
    const paths = [await download(step, digest), await download(step, file.digest)] as const
    found.push({ path, ...(await compareFiles(...paths, comparing)) })
  }
  return sumOf(found)
}

/** The first of the worst speaks for all. */
function sumOf(found: readonly (Finding & { readonly path: string })[]): Finding {
  const sameness = worstOf(found.map((one) => one.sameness))
  const first = found.find((one) => one.sameness === sameness)
  const widths = found.flatMap(({ maxDifference }) => (maxDifference === null ? [] : [maxDifference]))
  return {
    sameness: sameness === 'identical' ? 'equal' : sameness,
    says: first ? `${first.path}: ${first.says}` : 'Only the list of files is written otherwise.',
    maxDifference: widths.length > 0 ? Math.max(...widths) : null,
  }
}

async function readManifest(step: Step, { digest }: Stored): Promise<FolderManifest> {
  return FolderManifest.parse(JSON.parse(await readFile(await download(step, digest), 'utf8')))
}

/** @returns the path of the file, in the scratch folder of the step */
async function download(step: Step, digest: string): Promise<string> {
  const path = join(tmpdir(), digest.slice('sha256:'.length))
  const { stream } = await createClient(artifacts, step.api).download({ params: { digest } })
  await pipeline(stream, createWriteStream(path))
  return path
}

await runStep(compareOutputs)
