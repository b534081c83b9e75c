import {
  type ConvertedModel,
  Evaluation,
  type ModelFormat,
  type ModelVersion,
  type NewModelVersion,
} from '@evenkeel/contract'
import { readFile } from 'node:fs/promises'
import { z, ZodError } from 'zod'
import { CliError, exitCodes } from '../../errors.ts'
import { table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { findSource, type Source } from './source.ts'

interface RegisterOptions extends CommonOptions {
  readonly model?: string
  readonly format?: ModelFormat
  readonly metric: readonly (readonly [name: string, value: number])[]
  readonly evaluation?: string
  readonly dryRun?: boolean
}

/**
 * Registers a model that was made elsewhere: a file, a folder of MLflow, or the files of a registered version. Trees
 * become ONNX on the way; nothing in the file is run.
 */
export async function register(what: string, options: RegisterOptions): Promise<number> {
  const connection = await connect(options)
  const output = outputOf(options)
  const source = await findSource(connection, what)
  const model = options.model ?? source.version?.model
  const evaluation = options.evaluation === undefined ? null : await readEvaluation(options.evaluation)
  if (model === undefined) throw nameless(what)
  const { format } = options
  const converted = await connection.registry.convert({
    body: { digest: source.digest, ...(format !== undefined && { format }) },
  })
  output.say(`${source.says}: ${wordsOf(converted)}`)
  if (options.dryRun) {
    output.result(converted, () => [`would register it as a version of ${model}`, ...signatureLines(converted)])
    return exitCodes.ok
  }
  const body = contentOf(source, converted, { evaluation, metrics: Object.fromEntries(options.metric) })
  const version = await connection.registry.register({ params: { model }, body })
  output.result(version, () => [...signatureLines(converted), ...outcome(version)])
  return version.stage === 'refused' ? exitCodes.gateFailed : exitCodes.ok
}

const nameless = (what: string) =>
  new CliError({
    code: 'cli.usage',
    message: 'The model has no name.',
    why: 'A file does not say which model it is a version of.',
    fix: `evenkeel register ${what} --model NAME`,
    exitCode: exitCodes.usage,
  })

async function readEvaluation(path: string): Promise<Evaluation> {
  try {
    return Evaluation.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new CliError(
      {
        code: 'cli.usage',
        message: `The evaluation in ${path} cannot be read.`,
        why: error instanceof ZodError ? z.prettifyError(error) : String(error),
        fix: 'docs/models.md shows what it holds, and Python that writes it',
        exitCode: exitCodes.usage,
      },
      { cause: error },
    )
  }
}

const formats = { onnx: 'ONNX', lightgbm: 'LightGBM', xgboost: 'XGBoost' } as const

const wordsOf = ({ format, treeCount, artifact }: ConvertedModel): string =>
  treeCount === null
    ? `ONNX, ${artifact.sizeBytes} bytes`
    : `${treeCount} trees of ${formats[format]}, now ONNX of ${artifact.sizeBytes} bytes`

const signatureLines = ({ signature, importance }: ConvertedModel): string[] => {
  const shares = new Map(importance.map(({ feature, share }) => [feature, share]))
  const rows = signature.inputs.map(({ name, datatype, shape }) => {
    const share = shares.get(name)
    return [name, datatype, `[${shape.join(', ')}]`, share === undefined ? '–' : `${(100 * share).toFixed(1)} %`]
  })
  return table(['input', 'type', 'shape', 'gain'], rows)
}

function contentOf(
  source: Source,
  converted: ConvertedModel,
  { evaluation, metrics }: Pick<NewModelVersion, 'evaluation' | 'metrics'>,
): NewModelVersion {
  const { format, treeCount, artifact, golden } = converted
  return {
    artifact,
    golden,
    metrics: { ...source.version?.metrics, ...evaluation?.candidate, ...metrics },
    params: { ...source.version?.params, ...(treeCount !== null && { trees: treeCount }) },
    evaluation,
    baselines: [],
    lineage: {
      runId: null,
      pipeline: null,
      trigger: null,
      datasets: source.version?.lineage.datasets ?? [],
      featureViews: [],
      trainedFrom: null,
      trainedUntil: null,
      trainingRowCount: null,
      commit: source.version?.lineage.commit ?? 'unknown',
      environment: { format, source: source.digest },
    },
    card: cardOf(source, converted),
  }
}

/** What is known of a model that was made elsewhere. */
function cardOf({ says, version }: Source, { format, importance, signature }: ConvertedModel): string {
  const features = importance.toSorted((a, b) => b.share - a.share).slice(0, 20)
  const rows = features.map(({ feature, share }) => `| \`${feature}\` | ${(100 * share).toFixed(1)} % |`)
  const from =
    format === 'onnx' ? 'an ONNX file' : `a ${formats[format]} model, converted to ONNX without running any code of it`
  return [
    `---\nlibrary_name: ${format}\n---`,
    `Made outside of Evenkeel: ${from} (${says}${version ? '' : ', as it was called where it came from'}).`,
    `It takes ${signature.inputs.map(({ name }) => `\`${name}\``).join(', ')}.`,
    ...(rows.length > 0 ? [`| feature | share of the gain |\n| --- | --- |\n${rows.join('\n')}`] : []),
  ].join('\n\n')
}

function outcome({ model, version, stage, gate }: ModelVersion): string[] {
  const name = `${model}@${version}`
  const said = [`${name} is ${stage}. ${gate?.says ?? ''}`.trim()]
  if (stage === 'passed') return [...said, `  next   evenkeel deploy ${name} --endpoint ENDPOINT`]
  if (stage !== 'refused') return said
  const path = `/api/v1/models/${encodeURIComponent(model)}/versions/${version}/override-gate`
  return [...said, `  next   evenkeel api POST ${path} '{"reason":"…"}'   if a person stands for it`]
}
