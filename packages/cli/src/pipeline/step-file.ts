import { explainIssues, PipelineMistake } from '@evenkeel/client'
import { StepFile } from '@evenkeel/contract'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseYaml, YamlMistake } from './yaml-file.ts'

/** @throws PipelineMistake when the folder has no `step.yaml`, or a wrong one */
export function readStepFile(project: string, folder: string): StepFile {
  const name = `${folder}/step.yaml`
  if (!statSync(join(project, name), { throwIfNoEntry: false })?.isFile()) {
    throw new PipelineMistake(`There is no ${name} in the project folder; write it, or correct the path.`, ['uses'])
  }
  return parseStepFile(readFileSync(join(project, name)), name)
}

/** @param name - what it is called where it is wrong. @throws PipelineMistake */
export function parseStepFile(bytes: Uint8Array, name: string): StepFile {
  const file = yamlOf(bytes, name)
  const parsed = StepFile.safeParse(file.value)
  if (parsed.success) return parsed.data
  const lines = explainIssues(parsed.error, StepFile).map((problem) => {
    const { line, column } = file.locate(problem)
    return `${name}:${line}:${column} ${problem.message}`
  })
  throw new PipelineMistake(lines.join(' '), ['uses'])
}

function yamlOf(bytes: Uint8Array, name: string) {
  try {
    return parseYaml(bytes)
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error
    throw new PipelineMistake(`${name}:${error.line}:${error.column} ${error.message}`, ['uses'])
  }
}
