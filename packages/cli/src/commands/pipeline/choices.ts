import type { Client } from '@evenkeel/client'
import type { ParamValue, pipelines } from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'

export interface NoCacheOption {
  /** `--no-cache` alone, or with steps. */
  readonly cache?: boolean | string
}

/** Where a run belongs, and which version it takes. */
export interface TargetOptions {
  readonly version?: number
  readonly environment?: 'dev' | 'staging' | 'production'
}

export const targetBody = ({ version, environment }: TargetOptions) => ({
  ...(environment !== undefined && { environment }),
  ...(version !== undefined && { version }),
})

/** True: every step runs. A list: these steps do. */
export function cacheChoice({ cache = true }: NoCacheOption): boolean | string[] {
  // A comma inside the brackets of a matrix belongs to the name of the step.
  return typeof cache === 'string' ? cache.split(/,(?![^[]*\])/).filter(Boolean) : !cache
}

/** Reads `k=v` as the defaults of the pipeline suggest. */
export async function paramsFor(api: Client<typeof pipelines>, name: string, given: readonly string[] = []) {
  if (given.length === 0) return {}
  const { spec } = await api.get({ params: { pipeline: name } })
  return Object.fromEntries(given.map((text) => readParam(text, spec.params)))
}

export function readParam(text: string, defaults: Readonly<Record<string, ParamValue>>): [string, ParamValue] {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`"${text}" is not of the form name=value`)
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  const usual = defaults[name]
  if (typeof usual === 'number') return [name, numberOf(name, value, usual)]
  if (typeof usual === 'boolean') return [name, booleanOf(name, value, usual)]
  if (Array.isArray(usual)) return [name, listOf(name, value)]
  return [name, value]
}

function numberOf(name: string, text: string, usual: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw usage(`${name} is a number, as its default ${usual} is, and "${text}" is none`)
}

function booleanOf(name: string, text: string, usual: boolean): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw usage(`${name} is true or false, as its default ${usual} is, and "${text}" is neither`)
}

/** JSON, or texts with commas in between. */
function listOf(name: string, text: string): string[] {
  if (!text.startsWith('[')) return text === '' ? [] : text.split(',')
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  } catch {
    // Said below.
  }
  throw usage(`${name} is a list of texts, as in ["a","b"] or a,b`)
}

const usage = (why: string) =>
  new CliError({
    code: 'cli.usage',
    message: 'The params cannot be read',
    why,
    fix: 'evenkeel pipeline show NAME   says what there is',
    exitCode: exitCodes.usage,
  })
