import { type ConvertedModel, Evaluation, type ModelFormat, type ModelVersion } from '@evenkeel/contract'
import { readFile } from 'node:fs/promises'
import { z, ZodError } from 'zod'
import { CliError, exitCodes } from '../../errors.ts'
import { table } from '../../table.ts'
import type { Output } from '../../output.ts'
import { type CommonOptions, type Connection, connect, outputOf } from '../common.ts'
import { contentOf, type Origin } from './content.ts'
import { inspectionLines, inspectSource, neverLoaded } from './python-file.ts'
import { convertPython } from './register-python.ts'
import { registerWeights, tellWeights } from './register-weights.ts'
import { findSource, type Source, storeSource } from './source.ts'
import { findWeights, type WeightsHere } from './weights.ts'

interface RegisterOptions extends CommonOptions {
  readonly model?: string
  readonly format?: ModelFormat
  readonly metric: readonly (readonly [name: string, value: number])[]
  readonly evaluation?: string
  readonly dryRun?: boolean
  readonly python?: string
  readonly sample?: string
  readonly trustImports?: readonly string[]
}

/**
 * Registers a model that was made elsewhere: a file, a folder of MLflow, or the files of a registered version. Trees
 * become ONNX on the way, and nothing in the file is run; what only Python can read is inspected, and converted by a
 * Python of the user in a sandbox when one is named. Weights of safetensors are kept as they are.
 */
export async function register(what: string, options: RegisterOptions): Promise<number> {
  const { dryRun = false, python, sample, format } = options
  const connection = await connect(options)
  const output = outputOf(options)
  const weights = python === undefined && format === undefined ? await findWeights(what) : undefined
  if (weights) return ofWeights(connection, output, weights, { ...options, what })
  const source = await findSource(connection, what)
  const file = format === undefined ? await inspectSource(connection, source, options.trustImports ?? []) : undefined
  if (file && python === undefined) {
    if (!dryRun) throw neverLoaded(file, what)
    const { inspection, verdict } = file
    output.result({ inspection, verdict }, () => inspectionLines(file, what))
    return verdict.mayLoad ? exitCodes.ok : exitCodes.usage
  }
  const model = options.model ?? source.version?.model
  const evaluation = options.evaluation === undefined ? null : await readEvaluation(options.evaluation)
  if (model === undefined) throw nameless(what)
  const { converted, origin } =
    file && python !== undefined
      ? await convertPython(connection, output, { source, file }, { what, python, sample })
      : await convertHere(connection, source, format)
  output.say(`${source.says}: ${wordsOf(converted)}`)
  if (dryRun) {
    output.result(converted, () => [`would register it as a version of ${model}`, ...signatureLines(converted)])
    return exitCodes.ok
  }
  const body = contentOf(origin, converted, { evaluation, metrics: Object.fromEntries(options.metric) })
  const version = await connection.registry.register({ params: { model }, body })
  output.result(version, () => [...signatureLines(converted), ...outcome(version)])
  return version.stage === 'refused' ? exitCodes.gateFailed : exitCodes.ok
}

async function ofWeights(
  connection: Connection,
  output: Output,
  weights: WeightsHere,
  { what, model, metric, evaluation, dryRun = false }: RegisterOptions & { readonly what: string },
): Promise<number> {
  if (dryRun) return tellWeights(output, { model: model ?? 'NAME', weights })
  if (model === undefined) throw nameless(what)
  const evaluated = evaluation === undefined ? {} : (await readEvaluation(evaluation)).candidate
  const metrics = { ...evaluated, ...Object.fromEntries(metric) }
  return registerWeights(connection, output, { model, weights, metrics })
}

/** ONNX stays as it is, and trees become it on the server, which reads them itself. */
async function convertHere(
  connection: Connection,
  source: Source,
  asked: ModelFormat | undefined,
): Promise<{ readonly converted: ConvertedModel; readonly origin: Origin }> {
  const digest = await storeSource(connection, source)
  const converted = await connection.registry.convert({
    body: { digest, ...(asked !== undefined && { format: asked }) },
  })
  const { format, treeCount } = converted
  const origin = {
    says: source.says,
    version: source.version,
    words:
      format === 'onnx'
        ? 'an ONNX file'
        : `a ${formats[format]} model, converted to ONNX without running any code of it`,
    library: format,
    environment: { format, source: digest },
    params: treeCount === null ? {} : { trees: treeCount },
    notes: [],
  }
  return { converted, origin }
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

function outcome({ model, version, stage, gate }: ModelVersion): string[] {
  const name = `${model}@${version}`
  const said = [`${name} is ${stage}. ${gate?.says ?? ''}`.trim()]
  if (stage === 'passed') return [...said, `  next   evenkeel deploy ${name} --endpoint ENDPOINT`]
  if (stage !== 'refused') return said
  const path = `/api/v1/models/${encodeURIComponent(model)}/versions/${version}/override-gate`
  return [...said, `  next   evenkeel api POST ${path} '{"reason":"…"}'   if a person stands for it`]
}
