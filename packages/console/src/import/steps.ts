import type { ImportDraft } from '@evenkeel/contract'

export const STEPS = ['source', 'inspect', 'try', 'reference', 'register'] as const
export type Step = (typeof STEPS)[number]

export const TITLES = {
  source: 'Source',
  inspect: 'Inspect',
  try: 'Try',
  reference: 'Reference',
  register: 'Register',
} as const satisfies Record<Step, string>

export const isStep = (text: string): text is Step => (STEPS as readonly string[]).includes(text)

type Progress = Pick<ImportDraft, 'source' | 'trial' | 'reference' | 'registered'>

/** Why a step cannot be opened yet; undefined when it can. */
export function whyNotStep(step: Step, { source }: Pick<Progress, 'source'>): string | undefined {
  if (step === 'source' || source) return undefined
  return 'There is no file yet; upload one first.'
}

/** Whether a step left something behind. Looking at a file is done with its upload. */
export const isDone = (step: Step, { source, trial, reference, registered }: Progress): boolean =>
  ({
    source: source !== null,
    inspect: source !== null,
    try: trial !== null,
    reference: reference !== null,
    register: registered !== null,
  })[step]

/** Where whoever comes back goes on: the first step that can be done and is not, skipped ones included. */
export function stepToGoOn(draft: Progress): Step {
  if (draft.registered) return 'register'
  if (!draft.source) return 'source'
  return draft.reference ? 'register' : draft.trial ? 'reference' : 'inspect'
}

export const stepAfter = (step: Step): Step | undefined => STEPS[STEPS.indexOf(step) + 1]
export const stepBefore = (step: Step): Step | undefined => STEPS[STEPS.indexOf(step) - 1]
