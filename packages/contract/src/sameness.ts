import { plural } from './plural.ts'
import type { Judged, OutputComparison, Reproduction, Sameness, StepComparison } from './reproductions.ts'

/** From the best to the worst; what was not repeated says nothing. */
const order: readonly Sameness[] = ['not_repeated', 'identical', 'equal', 'pending', 'differs']

/** Stands for the step of a model file that is no output of any. */
export const modelKey = 'evenkeel.model'

/** The worst of several; `identical` when there are none. */
export const worstOf = (all: readonly Sameness[]): Sameness =>
  order[Math.max(1, ...all.map((one) => order.indexOf(one)))]!

/** Whether two numbers are as near as the tolerance asks. @see Tolerance */
export const isNear = (a: number, b: number, tolerance: number): boolean =>
  Object.is(a, b) || (Number.isFinite(a - b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b)))

/** Compares two texts that may be numbers. */
export function sameText(before: string | null, after: string | null, tolerance: number): Sameness {
  if (before === after) return 'identical'
  if (before === null || after === null) return 'differs'
  const [a, b] = [numberIn(before), numberIn(after)]
  return isNear(a, b, tolerance) && !Number.isNaN(a) ? 'equal' : 'differs'
}

const numberIn = (text: string): number => (text.trim() === '' ? NaN : Number(text))

type Verdict = Pick<Reproduction, 'verdict' | 'says'>

/** Puts what a comparison has found into its place, and draws the sum. */
export function withJudged<R extends Pick<Reproduction, 'steps' | 'modelFile'>>(
  reproduction: R,
  judged: readonly Judged[],
): R & Verdict {
  const found = new Map(judged.map((one) => [`${one.step}/${one.output}`, one]))
  const steps = reproduction.steps.map((step) => judgeStep(step, found))
  const modelFile = judgeModelFile(reproduction.modelFile, steps, found.get(`${modelKey}/model`))
  return { ...reproduction, steps, modelFile, ...verdictOf(steps, modelFile) }
}

function judgeStep(step: StepComparison, found: ReadonlyMap<string, Judged>): StepComparison {
  const outputs = step.outputs.map((one): OutputComparison => {
    const judged = found.get(`${step.step}/${one.output}`)
    return judged ? { ...one, ...pick(judged) } : one
  })
  if (step.sameness === 'not_repeated') return step
  // A step that has ended with outputs waits for nothing but these.
  const waits = step.sameness === 'pending' && outputs.length === 0
  const own = step.sameness === 'differs' || waits ? [step] : []
  const sameness = worstOf([...own, ...outputs, ...step.values].map((one) => one.sameness))
  return { ...step, outputs, sameness, says: step.says || saysOf({ ...step, outputs }) }
}

const pick = ({ sameness, says, maxDifference }: Judged) => ({ sameness, says, maxDifference })

function saysOf({ outputs, values }: Pick<StepComparison, 'outputs' | 'values'>): string {
  const output = outputs.find(({ sameness }) => sameness === 'differs')
  if (output) return `${output.output}: ${output.says}`
  const value = values.find(({ sameness }) => sameness === 'differs')
  if (value) return `The value ${value.name} was ${value.before ?? 'missing'} and is ${value.after ?? 'missing'}.`
  const equal = outputs.find(({ sameness }) => sameness === 'equal')
  return equal ? `${equal.output}: ${equal.says}` : ''
}

/** The model file is an output of a step: what holds there, holds here. */
function judgeModelFile(
  file: Reproduction['modelFile'],
  steps: readonly StepComparison[],
  judged: Judged | undefined,
): Reproduction['modelFile'] {
  const made = judged ?? steps.flatMap(({ outputs }) => outputs).find(({ before }) => before?.digest === file.before)
  return made && file.sameness === 'pending' ? { ...file, sameness: made.sameness, says: made.says } : file
}

function verdictOf(steps: readonly StepComparison[], { sameness }: Reproduction['modelFile']): Verdict {
  const repeated = steps.filter((step) => step.sameness !== 'not_repeated')
  const all = plural(repeated.length, 'step')
  const count = (wanted: Sameness) => repeated.filter((step) => step.sameness === wanted).length
  const worst = worstOf([...repeated.map((step) => step.sameness), sameness])
  switch (worst) {
    case 'not_repeated':
    case 'identical':
      return { verdict: 'identical', says: `Bit-identical in ${repeated.length} of ${all}.` }
    case 'equal': {
      const says = `Bit-identical in ${count('identical')} of ${all}, equal within the tolerance in ${count('equal')}.`
      return { verdict: 'equal', says }
    }
    case 'pending':
      return { verdict: null, says: `${count('pending')} of ${all} have not been compared yet.` }
    case 'differs': {
      const first = repeated.find((step) => step.sameness === 'differs')
      if (!first) return { verdict: 'differs', says: 'Every step is the same, but the model file is another one.' }
      return { verdict: 'differs', says: `${count('differs')} of ${all} differ, ${first.step} first. ${first.says}` }
    }
  }
}
