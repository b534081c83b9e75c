import type { FileStep, PipelineFile } from '@evenkeel/contract'
import { stepsInCondition } from './condition.ts'
import { sourceOf } from './inputs.ts'
import { stepsInMatrix } from './matrix.ts'
import { PipelineMistake } from './mistake.ts'

/** Names of the steps a step waits for. */
function sourcesOf({ needs = [], inputs = {}, with: given = {}, when, matrix }: FileStep): string[] {
  const read = [...Object.values(inputs), ...Object.values(given)].flatMap((value) => sourceOf(value) ?? [])
  return [...new Set([...[needs].flat(), ...read, ...stepsInCondition({ when }), ...stepsInMatrix(matrix)])]
}

/** @throws PipelineMistake naming the steps that wait for each other, in order */
export function checkCycles({ steps }: PipelineFile): void {
  const done = new Set<string>()
  const visit = (name: string, trail: readonly string[]) => {
    const at = trail.indexOf(name)
    if (at >= 0) {
      const cycle = [...trail.slice(at), name].join(' → ')
      throw new PipelineMistake(`These steps wait for each other: ${cycle}; take one of the needs away.`, [name])
    }
    if (done.has(name) || !steps[name]) return
    for (const source of sourcesOf(steps[name])) visit(source, [...trail, name])
    done.add(name)
  }
  for (const name of Object.keys(steps)) visit(name, [])
}
