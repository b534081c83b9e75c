import { ApiError, type ClientOptions, ConnectionError } from '@evenkeel/client/http'
import { appendFileSync, readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readContext, type StepContext } from './context.ts'

/** The step cannot work as the pipeline is written; trying again changes nothing. The message says what to change. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}

/** What one step is given, and where it puts what it makes. */
export interface Step {
  readonly context: StepContext
  /** For `createClient`. */
  readonly api: ClientOptions
  /** @throws ConfigurationError naming each param that does not suit the schema */
  params<S extends z.ZodType>(schema: S): z.output<S>
  /** Path of an input that is one file. @throws ConfigurationError when the pipeline does not give it */
  file(name: string): string
  /** Name and files of a dataset input, oldest first. @throws ConfigurationError when the pipeline does not give it */
  dataset(name: string): { readonly name: string; readonly files: readonly string[] }
  /** Where to write an output. @throws ConfigurationError when the pipeline does not take it */
  output(name: string): string
  readJson<S extends z.ZodType>(name: string, schema: S): Promise<z.output<S>>
  writeJson(name: string, value: unknown): Promise<void>
  /** @param share - done so far, in [0, 1] */
  progress(share: number, says: string): void
  /** One number that it measures; those of one name and the same labels are a course. */
  metric(name: string, value: number, labels?: Readonly<Record<string, string>>): void
  /** A small value that is shown with the step. */
  value(name: string, value: string | number | boolean): void
  /** Markdown that is shown with the step. */
  summary(markdown: string): void
}

/** Runs a step as a process: exit code 0, 1 for a failure, 75 to be tried again, 78 for a wrong configuration. */
export async function runStep(work: (step: Step) => Promise<void>): Promise<void> {
  try {
    await work(openStep(process.env))
  } catch (error) {
    process.stderr.write(`${describe(error)}\n`)
    process.exitCode = exitCodeOf(error)
  }
}

function describe(error: unknown): string {
  if (error instanceof ApiError) {
    const { message, why, fix, code, details } = error
    return [...new Set([message, why, fix]), `(${code} ${JSON.stringify(details)})`].join(' ')
  }
  if (error instanceof ConfigurationError || error instanceof ConnectionError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigurationError) return 78
  if (error instanceof ConnectionError) return 75
  return error instanceof ApiError && error.status === 503 ? 75 : 1
}

type Environment = Readonly<Record<string, string | undefined>>

function openStep(environment: Environment): Step {
  const context = readContext(variable(environment, 'EVENKEEL_CONTEXT'))
  const append = (name: string, text: string) => appendFileSync(variable(environment, name), text)

  const inputOf = (name: string) => {
    const input = context.inputs[name]
    if (!input)
      throw new ConfigurationError(`This step needs an input "${name}"; add it to the step "${context.step}".`)
    return input
  }
  const output = (name: string) => {
    const found = context.outputs[name]
    if (found) return found.path
    throw new ConfigurationError(`This step makes an output "${name}"; add it to the step "${context.step}".`)
  }
  const file = (name: string) => {
    const input = inputOf(name)
    if (input.kind === 'file') return input.path
    throw new ConfigurationError(`The input "${name}" is a dataset; give the output of an earlier step.`)
  }

  return {
    context,
    api: { baseUrl: variable(environment, 'EVENKEEL_URL'), token: environment['EVENKEEL_TOKEN'] || undefined },
    params: (schema) => parseParams(schema, context),
    file,
    output,

    dataset(name) {
      const input = inputOf(name)
      if (input.kind === 'dataset') return { name: input.dataset, files: filesIn(input.path) }
      throw new ConfigurationError(`The input "${name}" is a file; give a dataset.`)
    },

    readJson: async (name, schema) => schema.parse(JSON.parse(await readFile(file(name), 'utf8'))),
    writeJson: (name, value) => writeFile(output(name), JSON.stringify(value)),
    progress: (share, says) => append('EVENKEEL_METRICS', `${JSON.stringify({ progress: share, says })}\n`),
    metric: (name, value, labels = {}) =>
      append('EVENKEEL_METRICS', `${JSON.stringify({ name, value: numberOrName(value), labels })}\n`),
    value: (name, value) => append('EVENKEEL_OUTPUT', `${JSON.stringify({ [name]: value })}\n`),
    summary: (markdown) => append('EVENKEEL_SUMMARY', markdown),
  }
}

/** JSON has no number for what is not finite. */
const numberOrName = (value: number) => (Number.isFinite(value) ? value : String(value))

function variable(environment: Environment, name: string): string {
  const value = environment[name]
  if (value) return value
  throw new ConfigurationError(`${name} is not set; run this step in a pipeline, or set what the engine would set.`)
}

function parseParams<S extends z.ZodType>(schema: S, { params, step }: StepContext): z.output<S> {
  const parsed = schema.safeParse(params)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => `"${path.join('.')}": ${message}`).join('; ')
  throw new ConfigurationError(
    `The params of the step "${step}" do not fit: ${issues}. Set them in the pipeline or the run, and list them under "params" of the step.`,
  )
}

/** The engine numbers the files of a dataset from 0, oldest first. */
const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
    .map((name) => join(folder, name))

/** A moment of event time, as the params of a run hold it. */
export const Moment = z.iso.datetime()
