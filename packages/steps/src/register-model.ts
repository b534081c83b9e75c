import { createClient } from '@evenkeel/client/http'
import { artifacts } from '@evenkeel/contract/artifacts'
import { Baseline, Evaluation, type NewModelVersion, registry } from '@evenkeel/contract/registry'
import { readOnnx } from '@evenkeel/numerics'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import type { StepContext } from './lib/context.ts'
import { modelCard } from './lib/model-card.ts'
import { TrainingSchema } from './lib/schema.ts'
import { ConfigurationError, runStep, type Step } from './lib/step.ts'
import { TrainingReport } from './lib/training.ts'

/**
 * Registers the inputs `model` and `golden` as a version of the pipeline's model, with `baselines`, `training`,
 * `evaluation` and `schema`. A gate that refuses the version is a verdict, not a failure of this step.
 */
async function registerModel(step: Step): Promise<void> {
  const { model } = step.context
  if (model === null) throw new ConfigurationError('The pipeline makes no model; set its "model".')
  const [artifact, golden] = [await upload(step, 'model'), await upload(step, 'golden')]
  step.progress(0.6, 'registering')
  const schema = await step.readJson('schema', TrainingSchema)
  const training = await step.readJson('training', TrainingReport)
  const evaluation = await step.readJson('evaluation', Evaluation)
  const body: NewModelVersion = {
    artifact: { ...artifact, format: 'onnx' },
    golden: golden.digest,
    metrics: { ...evaluation.candidate, ...(training.backtest && { backtest_auc: training.backtest.metrics['auc']! }) },
    params: training.params,
    evaluation,
    baselines: await step.readJson('baselines', z.array(Baseline)),
    lineage: lineageOf(step.context, schema, training, await environmentOf(step.file('model'))),
    card: modelCard({ model, context: step.context, schema, training, evaluation }),
  }
  const { version, stage, gate } = await createClient(registry, step.api).register({ params: { model }, body })
  step.value('version', version)
  step.value('gate', gate === null ? 'none' : gate.passed ? 'passed' : 'refused')
  step.summary(`Version ${version} of \`${model}\` is ${stage}. ${gate?.says ?? ''}\n`)
  process.stdout.write(`${model} version ${version}: ${stage}. ${gate?.says ?? ''}\n`)
}

async function upload(step: Step, name: string) {
  const file = Readable.toWeb(createReadStream(step.file(name))) as ReadableStream<Uint8Array>
  return createClient(artifacts, step.api).upload({ query: {}, file })
}

function lineageOf(
  { run, pipeline, trigger, datasets, commit }: StepContext,
  { trainFrom, trainUntil, featureViews }: TrainingSchema,
  { rowCount }: TrainingReport,
  environment: Record<string, string>,
): NewModelVersion['lineage'] {
  return {
    runId: run,
    pipeline,
    trigger: { kind: trigger.kind, says: trigger.says, eventTime: trigger.event_time },
    datasets: datasets.map(({ dataset, version, digest }) => ({ dataset, version, digest })),
    featureViews,
    trainedFrom: trainFrom,
    trainedUntil: trainUntil,
    trainingRowCount: rowCount,
    commit,
    environment,
  }
}

/** What the model was made with. */
async function environmentOf(modelPath: string): Promise<Record<string, string>> {
  const { irVersion, opsets } = readOnnx(await readFile(modelPath))
  return {
    evenkeel: manifest.version,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    onnx_ir: String(irVersion),
    ...Object.fromEntries(opsets.map(({ domain, version }) => [`opset ${domain}`, String(version)])),
  }
}

await runStep(registerModel)
