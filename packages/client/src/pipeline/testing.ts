import type { CodeFile, StepFile } from '@evenkeel/contract'
import { compilePipeline } from './compile.ts'
import { PipelineMistake } from './mistake.ts'
import type { Sources } from './uses.ts'

export const file = (path: string): CodeFile => ({ path, digest: `sha256:${'a'.repeat(64)}`, executable: false })

const clean: StepFile = {
  inputs: ['raw'],
  outputs: ['table'],
  params: { limit: { type: 'number', default: 10 }, mode: { type: 'string' } },
  run: ['./clean', '${{ inputs.raw }}', '${{ outputs.table }}', '--limit', '${{ params.limit }}'],
}

const sources: Sources = {
  step: (folder) => {
    if (folder === 'steps/clean') return clean
    throw new PipelineMistake(`There is no ${folder}/step.yaml.`, ['uses'])
  },
  code: (folder, globs) => [file(globs?.[0] ?? (folder ? 'clean' : 'all'))],
  file: () => undefined,
}

export const params = { lr: { type: 'number', default: 0.1 }, from: { type: 'moment' }, until: { type: 'moment' } }

export function compiled(steps: object, rest: object = {}) {
  const result = compilePipeline({ name: 'p', params, steps, ...rest }, sources)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.pipeline
}

export function problemsOf(steps: object, rest: object = {}): string[] {
  const result = compilePipeline({ name: 'p', params, steps, ...rest }, sources)
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

export const a = { run: 'true', outputs: ['out'] }
