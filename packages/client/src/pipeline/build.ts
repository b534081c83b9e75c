import type { FileStep, ParamDeclaration, PipelineFile } from '@evenkeel/contract'
import type { Builtins } from './builtins.ts'

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

type Head = Frozen<Omit<PipelineFile, 'steps' | 'params'>>
type Params = Readonly<Record<string, Frozen<ParamDeclaration>>>

/** What a step may say; it needs only steps that were defined before it. */
type Definition<Known extends string> = Frozen<Omit<FileStep, 'needs'>> & { readonly needs?: Known | readonly Known[] }

/** Names of the outputs of a step: of a folder any, because only its `step.yaml` knows them. */
type OutputsOf<D> = D extends { readonly uses: `evenkeel/${infer N}@${string}` }
  ? N extends keyof Builtins
    ? Builtins[N]['outputs'][number]
    : never
  : D extends { readonly uses: string }
    ? string
    : D extends { readonly outputs: infer O }
      ? O extends readonly (infer N extends string)[]
        ? N
        : keyof O & string
      : never

interface Step<Outputs extends string> {
  readonly outputs: Readonly<Record<Outputs, string>>
  /** The same of every step of a matrix, in its order. */
  readonly all: { readonly outputs: Readonly<Record<Outputs, string>> }
}

/** References as the file holds them, `${{ … }}`; a name that does not exist is an error of the compiler. */
interface References<P, S extends Record<string, string>> {
  readonly params: { readonly [K in keyof P]: string }
  readonly steps: { readonly [K in keyof S]: Step<S[K]> }
  /** What the step itself declares. */
  readonly inputs: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
  readonly matrix: Readonly<Record<string, string>>
}

interface PipelineBuilder<P, S extends Record<string, string>> {
  step<const N extends string, const D extends Definition<keyof S & string>>(
    name: N,
    define: D | ((references: References<P, S>) => D),
  ): PipelineBuilder<P, S & Record<N, OutputsOf<D>>>
  /** The same object as a YAML file of it, or a JSON one, would be read to. */
  readonly file: PipelineFile
}

/**
 * Writes a pipeline in TypeScript.
 *
 * ```ts
 * definePipeline({ name: 'churn', params: { lr: { type: 'number', default: 0.1 } } })
 *   .step('prepare', { run: ['python3', 'prepare.py'], outputs: ['table'] })
 *   .step('train', ({ params, steps }) => ({
 *     run: ['python3', 'train.py', params.lr],
 *     inputs: { table: steps.prepare.outputs.table },
 *   })).file
 * ```
 */
export function definePipeline<const P extends Params = Record<never, never>>(
  head: Head & { readonly params?: P },
): PipelineBuilder<P, Record<never, never>> {
  // What is frozen for the compiler is written by nobody here.
  return builderOf({ ...(head as Omit<PipelineFile, 'steps'>), steps: {} })
}

function builderOf<P, S extends Record<string, string>>(file: PipelineFile): PipelineBuilder<P, S> {
  return {
    file,
    step(name, define) {
      const step = typeof define === 'function' ? define(references as unknown as References<P, S>) : define
      return builderOf({ ...file, steps: { ...file.steps, [name]: step as unknown as FileStep } })
    },
  }
}

/** Answers to every name; the types say which ones there are. */
const named = <T>(make: (name: string) => T): Readonly<Record<string, T>> =>
  new Proxy<Record<string, T>>({}, { get: (_, name) => make(String(name)) })

const to = (what: string) => named((name) => `\${{ ${what}.${name} }}`)

const references = {
  params: to('params'),
  inputs: to('inputs'),
  outputs: to('outputs'),
  matrix: to('matrix'),
  steps: named((step) => ({
    outputs: to(`steps.${step}.outputs`),
    all: { outputs: to(`steps.${step}.*.outputs`) },
  })),
}
