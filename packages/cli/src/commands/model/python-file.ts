import {
  InspectionError,
  inspectModel,
  isPythonFile,
  isSafetensors,
  type LoadVerdict,
  type ModelInspection,
  safetensorsHeaderBytes,
  verdictOf,
} from '@evenkeel/contract/inspection'
import { CliError, exitCodes } from '../../errors.ts'
import type { Connection } from '../common.ts'
import { configBeside, readSource, type Source } from './source.ts'

/** A file of one of Python's libraries, looked at and not loaded. */
export interface PythonFile {
  readonly bytes: Uint8Array
  readonly inspection: ModelInspection
  readonly verdict: LoadVerdict
}

const largestBytes = 2 * 1024 ** 3 - 1

/** @returns undefined for a file of another format @throws CliError `cli.cannot_convert` */
export async function inspectSource(
  connection: Connection,
  source: Source,
  trusted: readonly string[],
): Promise<PythonFile | undefined> {
  const head = await readSource(connection, source, 64)
  if (!isPythonFile(head)) return undefined
  try {
    const { bytes, inspection } = await inspect(connection, source, head)
    return { bytes, inspection, verdict: verdictOf(inspection, trusted) }
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error
    const why = `It looks like a file of Python, which may run any code when it is loaded, so it is not; and it cannot be inspected: ${error.message}`
    throw refused(why, 'check that the file is whole, and save the model again', error)
  }
}

async function inspect(connection: Connection, source: Source, head: Uint8Array) {
  const { sizeBytes } = source
  if (isSafetensors(head)) {
    const bytes = await readSource(connection, source, safetensorsHeaderBytes(head))
    return { bytes, inspection: await inspectModel(bytes, { sizeBytes, config: await configBeside(source) }) }
  }
  if (sizeBytes > largestBytes)
    throw new InspectionError(`it has ${sizeBytes} bytes, and at most ${largestBytes} are read.`)
  const bytes = await readSource(connection, source)
  return { bytes, inspection: await inspectModel(bytes) }
}

/** Formats that a Python of the user can load here. */
export const isLoadable = (format: ModelInspection['format']): format is 'pickle' | 'skops' =>
  format === 'pickle' || format === 'skops'

/** What to do with a file that no Python is asked to load. */
export function adviceOn({ inspection: { format }, verdict }: PythonFile, what: string): string {
  if (!isLoadable(format)) return exports[format]
  const command = `evenkeel register ${what} --model NAME --python .venv/bin/python`
  if (verdict.mayLoad) return `convert it in a sandbox, with the Python that made it: ${command}`
  if (verdict.untrusted.length === 0) return 'do not load it'
  return `if you know who made it and trust these names: ${command} --trust-imports ${verdict.untrusted.join(' ')}`
}

const exports = {
  pytorch: 'export the model with torch.onnx.export, and register that file',
  keras: 'export the model with tf2onnx, and register that file',
  zip: 'give the file of the model itself',
  safetensors:
    'it holds numbers without the network that they belong to: export the model with torch.onnx.export or optimum, and register that file',
} as const

/** @throws CliError `cli.cannot_convert` unless its Python may load it */
export function requireLoadable(file: PythonFile, what: string): void {
  const { inspection, verdict } = file
  if (isLoadable(inspection.format) && verdict.mayLoad) return
  throw refused([`It is ${inspection.says}.`, ...verdict.why].join(' '), adviceOn(file, what))
}

/** Why a file is not registered as it is: loading it runs code. */
export function neverLoaded(file: PythonFile, what: string): CliError {
  const { inspection, verdict } = file
  const isCode = isLoadable(inspection.format) || inspection.format === 'pytorch'
  const why = isCode ? 'It is a file of Python that may run any code when it is loaded, so it is not.' : ''
  return refused([`It is ${inspection.says}.`, why, ...verdict.why].filter(Boolean).join(' '), adviceOn(file, what))
}

const refused = (why: string, fix: string, cause?: unknown) =>
  new CliError(
    { code: 'cli.cannot_convert', message: 'The model cannot be converted.', why, fix, exitCode: exitCodes.usage },
    { cause },
  )

/** For a person: what it is, and what loading it would do. */
export function inspectionLines(file: PythonFile, what: string): string[] {
  const { inspection, verdict } = file
  const { says, format, protocol, packing, imports, tensors } = inspection
  const how = [format, protocol !== null && `protocol ${protocol}`, packing].filter((part) => typeof part === 'string')
  return [
    `It is ${says} (${how.join(', ')}); nothing of it was loaded.`,
    ...(imports.length > 0
      ? [`It imports ${imports.length} names, all known and harmless.`].filter(() => verdict.mayLoad)
      : []),
    ...verdict.why,
    ...tensors.slice(0, 20).map(({ name, dtype, shape }) => `  ${name}  ${dtype} [${shape.join(', ')}]`),
    ...(tensors.length > 20 ? [`  … and ${tensors.length - 20} more`] : []),
    `  next   ${adviceOn(file, what)}`,
  ]
}
