import type { ConvertedModel } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { type Converted, convertWithPython } from '../../python-models/convert.ts'
import type { OnnxResult } from '../../python-models/result.ts'
import type { Output } from '../../output.ts'
import type { Connection } from '../common.ts'
import type { Origin } from './content.ts'
import { isLoadable, type PythonFile, requireLoadable } from './python-file.ts'
import type { Source } from './source.ts'

interface Asked {
  readonly what: string
  readonly python: string
  readonly sample: string | undefined
}

/**
 * Converts a model with its own Python in a sandbox; what comes out is checked by the server like any other upload.
 *
 * @throws CliError `cli.cannot_convert`, `cli.no_python`
 */
export async function convertPython(
  connection: Connection,
  output: Output,
  { source, file }: { readonly source: Source; readonly file: PythonFile },
  { what, python, sample }: Asked,
): Promise<{ readonly converted: ConvertedModel; readonly origin: Origin }> {
  requireLoadable(file, what)
  const { bytes, inspection } = file
  const format = isLoadable(inspection.format) ? inspection.format : 'pickle'
  const onSandbox = ({ says }: { readonly says: string }) => output.say(`It is ${inspection.says}; loading it ${says}`)
  const made = await convertWithPython({ bytes, format, python, sample, onSandbox })
  for (const note of made.result.notes) output.say(`note: ${note}`)
  if (made.result.kind === 'onnx') output.say(comparisonWords(made.result))
  const converted = await store(connection, made)
  return { converted, origin: { ...originOf(source, file, made), params: paramsOf(converted, made) } }
}

async function store({ artifacts, registry }: Connection, { result, file }: Converted): Promise<ConvertedModel> {
  const put = async (bytes: Uint8Array) => {
    const stored = await artifacts.upload({ query: {}, file: new Blob([bytes as Uint8Array<ArrayBuffer>]).stream() })
    return stored.digest
  }
  const digest = await put(file)
  const format = result.kind === 'trees' ? result.format : 'onnx'
  const converted = await registry.convert({ body: { digest, format } })
  if (result.kind === 'trees') return converted
  return { ...converted, golden: await put(Buffer.from(JSON.stringify(result.golden))) }
}

const comparisonWords = ({ comparison }: OnnxResult): string => {
  const { rowCount, differingCount, largestDifference, rows } = comparison
  const of = `${rowCount} rows ${rows === 'sample' ? 'of the sample' : 'that were made up'}`
  const differ =
    differingCount === 0
      ? 'agrees with the model'
      : `agrees with the model on all but ${differingCount}, which are not among the golden rows,`
  return `The ONNX file ${differ} on ${of}; the largest difference is ${largestDifference.toPrecision(2)}.`
}

function originOf(
  { says, version }: Source,
  { bytes, inspection }: PythonFile,
  { result, sandbox }: Converted,
): Omit<Origin, 'params'> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const library = result.estimator.split('.')[0]!
  return {
    says,
    version,
    words: `${inspection.says}, converted to ONNX ${sandbox.forbidsNetwork ? 'in a sandbox without network' : 'in a process of its own'}`,
    library: /^\w+$/.test(library) ? library : 'python',
    environment: {
      ...result.versions,
      format: inspection.format,
      estimator: result.estimator,
      source: digest,
      sandbox: sandbox.name,
    },
    notes: result.kind === 'onnx' ? [comparisonWords(result), ...classNotes(result)] : [],
  }
}

function paramsOf({ treeCount }: ConvertedModel, { result }: Converted): Origin['params'] {
  if (treeCount !== null) return { trees: treeCount }
  return result.kind === 'onnx' && result.classes ? { classes: result.classes.join(', ').slice(0, 2000) } : {}
}

const classNotes = ({ classes }: OnnxResult): string[] =>
  classes === null || classes.length > 100
    ? []
    : [
        classes.length === 2
          ? `The output is the probability of class \`${classes[1]}\`, the other being \`${classes[0]}\`.`
          : `The classes are, in this order: ${classes.map((name) => `\`${name}\``).join(', ')}.`,
      ]
