import { type ApprovalSpec, didYouMean, Duration, type FileStep } from '@evenkeel/contract'
import type { z } from 'zod'
import { toSeconds } from './durations.ts'
import { soleReference } from './expressions.ts'
import { type Surroundings, unknownStep } from './inputs.ts'
import { PipelineMistake } from './mistake.ts'

type With = NonNullable<FileStep['with']>
type Approval = z.input<typeof ApprovalSpec>

const known = ['message', 'by', 'count', 'expires', 'environment', 'separate_duties', 'subject'] as const

/** What `uses: evenkeel/approve@1` is given. @throws PipelineMistake for what it does not know or cannot read */
export function approvalOf(given: With = {}, around: Surroundings): Approval {
  const unknown = Object.keys(given).find((name) => !known.some((one) => one === name))
  if (unknown !== undefined) {
    const guess = didYouMean(unknown, known) || ` There are: ${known.join(', ')}.`
    throw new PipelineMistake(`An approval knows no "${unknown}".${guess}`, ['with', unknown])
  }
  const { message, by, count, expires, environment, separate_duties, subject } = given
  return {
    ...(message !== undefined && { message: text('message', message) }),
    ...(by !== undefined && { by: people(by) }),
    ...(count !== undefined && { count: wholeNumber(count) }),
    ...(expires !== undefined && { expiresSeconds: seconds(expires) }),
    ...(environment !== undefined && { environment: text('environment', environment) }),
    ...(separate_duties !== undefined && { separateDuties: yesOrNo(separate_duties) }),
    ...(subject !== undefined && { subject: subjectOf(subject, around) }),
  }
}

function text(name: string, value: With[string]): string {
  if (typeof value === 'string') return value
  throw new PipelineMistake('It must be text.', ['with', name])
}

function people(value: With[string]): string[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return [value]
  throw new PipelineMistake('List the names of the people who are asked, as in [ben, ana].', ['with', 'by'])
}

function wholeNumber(value: With[string]): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value
  throw new PipelineMistake('It must be a whole number.', ['with', 'count'])
}

function seconds(value: With[string]): number {
  if (typeof value === 'string' && Duration.safeParse(value).success) return toSeconds(value)
  throw new PipelineMistake('Write a duration as in 12h or 5d.', ['with', 'expires'])
}

function yesOrNo(value: With[string]): boolean {
  if (typeof value === 'boolean') return value
  throw new PipelineMistake('It must be true or false.', ['with', 'separate_duties'])
}

/** An output of a step, or a small value that it writes, which no step declares. */
function subjectOf(value: With[string], { outlines }: Surroundings): NonNullable<Approval['subject']> {
  const reference = typeof value === 'string' ? soleReference(value) : undefined
  if (reference?.to !== 'steps' || reference.all) {
    throw new PipelineMistake('A subject is ${{ steps.<step>.outputs.<output> }}.', ['with', 'subject'])
  }
  const { step, output } = reference
  const outline = outlines.get(step)
  if (!outline) throw new PipelineMistake(unknownStep(step, outlines.keys()).message, ['with', 'subject'])
  if (!outline.hasMatrix) return { step, output }
  throw new PipelineMistake(`The step "${step}" is a matrix; decide on what one step leaves.`, ['with', 'subject'])
}
