import { compilePipeline, type Sources } from '@evenkeel/client'
import { StepFile } from '@evenkeel/contract'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseYaml } from './yaml-file.ts'

const page = readFileSync(new URL('../../../../docs/pipelines.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => parseYaml(Buffer.from(text!)).value)
const [pipeline, step] = blocks as Record<string, unknown>[]
const triggers = (blocks as Record<string, unknown>[]).find((block) => 'on' in block)
const limits = (blocks as Record<string, unknown>[]).find((block) => 'concurrency' in block)

const executors = readFileSync(new URL('../../../../docs/executors.md', import.meta.url), 'utf8')

const sources: Sources = {
  step: () => StepFile.parse(step),
  git: () => ({ declared: { inputs: ['raw'], run: 'true' }, code: () => [], file: () => undefined }),
  code: () => [],
  file: (path) => ({ file: { path, digest: `sha256:${'a'.repeat(64)}`, executable: false }, text: '' }),
}
const problemsOf = (value: unknown) => {
  const compiled = compilePipeline(value, sources)
  return compiled.ok ? [] : compiled.problems
}

it('every example of docs/pipelines.md is valid', () => {
  expect(problemsOf(pipeline)).toEqual([])
  expect(problemsOf({ ...pipeline, ...triggers })).toEqual([])
  expect(problemsOf({ name: 'limits', ...limits })).toEqual([])
  const parts = blocks.filter((block) => 'steps' in (block as object) && block !== pipeline && block !== limits)
  expect(parts.map((part) => problemsOf({ name: 'part', ...(part as object) }))).toEqual(parts.map(() => []))
})

it('the example of docs/executors.md is valid', () => {
  const [, text] = /```yaml\n(.*?)```/s.exec(executors)!
  const { value } = parseYaml(Buffer.from(text!))

  expect(problemsOf({ name: 'p', ...(value as object) })).toEqual([])
})

it('the step of the page is used as the page says', () => {
  const [, used] = /Used as `(\{.*?\} \})`/.exec(page)!
  const steps = { a: { run: 'true', outputs: ['x'], code: [] }, clean: parseYaml(Buffer.from(used!)).value }

  expect(problemsOf({ name: 'p', params: { n: { type: 'number' } }, steps })).toEqual([])
})
