import { type DatasetSpan, didYouMean, type FileInput, type ParamDeclaration, type StepInput } from '@evenkeel/contract'
import type { z } from 'zod'
import { type Reference, soleReference } from './expressions.ts'
import type { Instance } from './matrix.ts'
import { PipelineMistake } from './mistake.ts'

export type CompiledInput = z.input<typeof StepInput>
type DatasetVersionSelector = Extract<CompiledInput, { from: 'dataset-version' }>['version']

/** What other steps have to know of a step. */
export interface Outline {
  readonly instances: readonly Instance[]
  readonly hasMatrix: boolean
  readonly outputs: readonly string[]
}

/** What an input may refer to. */
export interface Surroundings {
  readonly outlines: ReadonlyMap<string, Outline>
  readonly params: Readonly<Record<string, ParamDeclaration>>
}

/** @throws PipelineMistake when it is none, or what it names is not there */
export function inputOf(value: FileInput, around: Surroundings): CompiledInput {
  if (typeof value !== 'string') return spanOf(value, around)
  if (value.startsWith('dataset:')) return selected(value, around)
  const reference = soleReference(value)
  if (reference?.to === 'steps') return outputOf(reference, around)
  throw new PipelineMistake(
    'An input is ${{ steps.<step>.outputs.<output> }}, ${{ steps.<step>.*.outputs.<output> }} of a matrix, or ' +
      'dataset:<name>@<version>, or dataset:<name>@<start>..<end> with two params; files of the project belong under "code".',
  )
}

/** `dataset:flights@trainFrom..trainUntil`, `dataset:flights@7`, `dataset:flights@latest` */
function selected(text: string, around: Surroundings): CompiledInput {
  const [, dataset, selector] = /^dataset:([^@]*)@?(.*)$/s.exec(text)!
  const [start, end, ...more] = selector!.split('..')
  if (dataset && start && end && more.length === 0) return spanOf({ dataset, start, end }, around)
  if (dataset && start && end === undefined)
    return { from: 'dataset-version', dataset, version: versionOf(start, around) }
  const name = dataset || '<name>'
  throw new PipelineMistake(
    `A dataset is read by version or for a span of event time; write dataset:${name}@7, dataset:${name}@latest, ` +
      `dataset:${name}@<param>, or dataset:${name}@<start>..<end>, where start and end are params of type moment.`,
  )
}

function versionOf(text: string, { params }: Surroundings): DatasetVersionSelector {
  if (text === 'latest') return 'latest'
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  const name = paramNamed(text)
  const declared = params[name]
  if (!declared) throw unknownParam(name, params)
  if (declared.type === 'number' || declared.type === 'string') return { param: name }
  throw new PipelineMistake(
    `The param "${name}" names a version; give it "type: number", or "string" for "latest" too.`,
  )
}

function spanOf({ dataset, start, end }: DatasetSpan, { params }: Surroundings): CompiledInput {
  return { from: 'dataset', dataset, start: momentParam(start, params), end: momentParam(end, params) }
}

function momentParam(text: string, params: Surroundings['params']): string {
  const name = paramNamed(text)
  const declared = params[name]
  if (!declared) throw unknownParam(name, params)
  if (declared.type === 'moment') return name
  throw new PipelineMistake(`The param "${name}" bounds a span of event time; give it "type: moment".`)
}

function paramNamed(text: string): string {
  const reference = soleReference(text)
  return reference?.to === 'params' ? reference.name : text
}

export const unknownParam = (name: string, params: Surroundings['params']): PipelineMistake =>
  new PipelineMistake(
    `The pipeline declares no param "${name}"; add it under "params".${didYouMean(name, Object.keys(params))}`,
  )

function outputOf(reference: Reference & { to: 'steps' }, { outlines }: Surroundings): CompiledInput {
  const { step, output, all } = reference
  const outline = outlines.get(step)
  if (!outline) throw unknownStep(step, outlines.keys())
  if (!outline.outputs.includes(output)) {
    const outputs = outline.outputs.join(', ') || 'none'
    throw new PipelineMistake(
      `The step "${step}" declares no output "${output}"; it has: ${outputs}.${didYouMean(output, outline.outputs)}`,
    )
  }
  const keys = outline.instances.map(({ key }) => key)
  if (all) return { from: 'steps', steps: keys, output }
  if (!outline.hasMatrix) return { from: 'step', step, output }
  throw new PipelineMistake(
    `The step "${step}" is a matrix of ${keys.length}; take all with \${{ steps.${step}.*.outputs.${output} }}.`,
  )
}

export const unknownStep = (step: string, steps: Iterable<string>): PipelineMistake =>
  new PipelineMistake(`There is no step "${step}".${didYouMean(step, steps)}`)

/** The names of the steps an input reads. */
export function sourceOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  try {
    const reference = soleReference(value)
    return reference?.to === 'steps' ? reference.step : undefined
  } catch (error) {
    if (error instanceof PipelineMistake) return undefined
    throw error
  }
}
