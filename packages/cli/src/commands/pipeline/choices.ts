import type { Client } from '@evenkeel/client'
import { type ParamValue, type pipelines, type PipelineSpec, whyNotValue } from '@evenkeel/contract'
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

/** Reads `k=v` as the pipeline declares its params. What the newest version would refuse is refused here when it is asked for. */
export async function paramsFor(
  api: Client<typeof pipelines>,
  name: string,
  given: readonly string[] = [],
  target?: TargetOptions,
) {
  if (given.length === 0) return {}
  const { spec } = await api.get({ params: { pipeline: name } })
  const params = given.map((text) => readParam(text, spec))
  const takesNewest = target && target.version === undefined && (target.environment ?? 'dev') === 'dev'
  if (takesNewest) refuseWrong(params, spec)
  return Object.fromEntries(params)
}

type Params = Pick<PipelineSpec, 'params' | 'declarations'>

function refuseWrong(params: readonly [string, ParamValue][], { declarations }: Params): void {
  for (const [name, value] of params) {
    const declared = declarations[name]
    const why = declared && whyNotValue(name, declared, value)
    if (why !== undefined) throw usage(why)
  }
}

/** Reads `k=v` by the type that is declared, or else as the default suggests. */
export function readParam(text: string, { params, declarations }: Params): [string, ParamValue] {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`"${text}" is not of the form name=value`)
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  switch (declarations[name]?.type ?? typeOf(params[name])) {
    case 'number':
      return [name, numberOf(name, value)]
    case 'boolean':
      return [name, booleanOf(name, value)]
    case 'list':
      return [name, listOf(name, value)]
    default:
      return [name, value]
  }
}

const typeOf = (usual: ParamValue | undefined): string => (Array.isArray(usual) ? 'list' : typeof usual)

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw usage(`${name} is a number, and "${text}" is none`)
}

function booleanOf(name: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw usage(`${name} is true or false, and "${text}" is neither`)
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
