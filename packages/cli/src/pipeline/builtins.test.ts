import { builtins } from '@evenkeel/client'
import { PipelineSpec } from '@evenkeel/contract'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const repository = fileURLToPath(new URL('../../../..', import.meta.url))
/** The server adds it to runs by itself; it is no part of a file. */
const ownStep = 'compare-outputs.ts'
const steps = globSync(`${repository}/packages/steps/src/*.ts`).filter(
  (file) => !file.endsWith('.test.ts') && basename(file) !== ownStep,
)

it('every step that ships with Evenkeel is declared, and no other', () => {
  expect(Object.keys(builtins).toSorted()).toEqual(steps.map((file) => basename(file, '.ts')).toSorted())
})

it.each(steps.map((file) => [basename(file, '.ts'), readFileSync(file, 'utf8')] as const))(
  '%s makes the outputs that are declared',
  (name, source) => {
    const made = [...source.matchAll(/step\.(?:output|writeJson)\('(\w+)'/g)].map(([, output]) => output)

    expect(new Set(builtins[name]!.outputs)).toEqual(new Set(made))
  },
)

it('the pipeline of the flights uses them as they are declared', () => {
  const spec = PipelineSpec.parse(JSON.parse(readFileSync(`${repository}/examples/flights/pipeline.json`, 'utf8')))

  for (const { uses, inputs, outputs, params } of spec.steps) {
    const declared = builtins[uses!]!
    expect(Object.keys(inputs)).toEqual([...declared.inputs])
    expect(outputs).toEqual([...declared.outputs])
    expect(params.filter((param) => !declared.params.includes(param))).toEqual([])
  }
})
