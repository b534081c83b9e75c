import {
  type ParamDeclaration,
  PipelineFile,
  type PipelineSpec,
  PipelineSpec as Spec,
  type StepSpec,
} from '@evenkeel/contract'
import type { z } from 'zod'
import { checkCycles } from './graph.ts'
import { runLimitsOf } from './limits.ts'
import { stepLimit } from './matrix.ts'
import { type Notebook, openNotebook, PipelineMistake, type PipelineProblem } from './mistake.ts'
import { explainIssues } from './schema-problems.ts'
import { findMisplacedSecrets } from './secrets.ts'
import { checkVariables } from './scope.ts'
import { compileStep, type WrittenStep, writtenStep } from './steps.ts'
import { type CompiledTrigger, triggersOf } from './triggers.ts'
import type { Sources } from './uses.ts'

export interface CompiledPipeline {
  readonly name: string
  readonly spec: PipelineSpec
  readonly triggers: readonly CompiledTrigger[]
}

export type Compilation =
  | { readonly ok: true; readonly pipeline: CompiledPipeline }
  | { readonly ok: false; readonly problems: readonly PipelineProblem[] }

/** Makes of a parsed file what the server runs, or says everything that is wrong with it. */
export function compilePipeline(value: unknown, sources: Sources): Compilation {
  const parsed = PipelineFile.safeParse(value)
  if (!parsed.success) return { ok: false, problems: explainIssues(parsed.error, PipelineFile) }
  const notebook = openNotebook()
  const pipeline = compileFile(parsed.data, sources, notebook)
  return pipeline ? { ok: true, pipeline } : { ok: false, problems: notebook.problems }
}

function compileFile(file: PipelineFile, sources: Sources, notebook: Notebook): CompiledPipeline | undefined {
  findMisplacedSecrets(file, notebook)
  if (notebook.problems.length > 0) return undefined
  const params = file.params ?? {}
  for (const [name, declaration] of Object.entries(params)) {
    notebook.part(['params', name], () => checkParam(declaration))
  }
  notebook.part(['params'], () => checkVariables(Object.keys(params)))
  notebook.part(['steps'], () => checkCycles(file))
  const steps = compileSteps(file, sources, notebook)
  const triggers = triggersOf(file, notebook)
  if (notebook.problems.length > 0) return undefined
  const spec = Spec.parse({
    description: file.description ?? '',
    ...(file.model !== undefined && { model: file.model }),
    params: defaultsOf(params),
    declarations: params,
    ...runLimitsOf(file),
    steps,
  })
  return { name: file.name, spec, triggers }
}

function compileSteps(file: PipelineFile, sources: Sources, notebook: Notebook): z.input<typeof StepSpec>[] {
  const entries = Object.entries(file.steps)
  if (entries.length === 0) notebook.part(['steps'], () => fail('A pipeline has at least one step; add one.'))
  const written = entries.flatMap(
    ([name, step]): WrittenStep[] =>
      notebook.part(['steps', name], () => [writtenStep(name, step, file.defaults, sources)]) ?? [],
  )
  const count = written.reduce((sum, { outline }) => sum + outline.instances.length, 0)
  if (count > stepLimit) {
    notebook.part(['steps'], () =>
      fail(`There are ${count} steps, and a pipeline holds ${stepLimit}; shorten a matrix.`),
    )
  }
  // Where a step itself cannot be read, what others say of it cannot be judged.
  if (written.length < entries.length || count > stepLimit) return []
  const outlines = new Map(written.map(({ name, outline }) => [name, outline]))
  const around = { outlines, params: file.params ?? {} }
  return written.flatMap((step) => compileStep(step, around, sources, notebook) ?? [])
}

const fail = (message: string): never => {
  throw new PipelineMistake(message)
}

function checkParam(declaration: ParamDeclaration): void {
  if (declaration.type !== 'number') return
  const { default: value, min = -Infinity, max = Infinity } = declaration
  if (min > max) throw new PipelineMistake(`The least value, ${min}, is above the largest, ${max}.`, ['min'])
  if (value === undefined) return
  if (value < min) throw new PipelineMistake(`The default ${value} is below the least value, ${min}.`, ['default'])
  if (value > max) throw new PipelineMistake(`The default ${value} is above the largest value, ${max}.`, ['default'])
}

/** Params without a default are those that a run must give. */
function defaultsOf(
  params: Readonly<Record<string, ParamDeclaration>>,
): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, declaration]) =>
      declaration.default === undefined ? [] : [[name, declaration.default] as const],
    ),
  )
}
