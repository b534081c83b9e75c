import { PipelineMistake } from './mistake.ts'

/** What stands between `${{` and `}}`. */
export type Reference =
  | { readonly to: 'params' | 'matrix' | 'inputs' | 'outputs'; readonly name: string }
  | { readonly to: 'secrets'; readonly name: string }
  | { readonly to: 'steps'; readonly step: string; readonly output: string; readonly all: boolean }

const named = /^(params|matrix|inputs|outputs)\.([A-Za-z0-9][A-Za-z0-9_.-]*)$/
const ofStep = /^steps\.([A-Za-z0-9_-]+)(\.\*)?\.outputs\.([A-Za-z0-9][A-Za-z0-9_.-]*)$/
const ofSecret = /^secrets\.([A-Za-z_][A-Za-z0-9_]*)$/
const understood =
  '${{ params.x }}, ${{ matrix.x }}, ${{ inputs.x }}, ${{ outputs.x }}, ${{ steps.s.outputs.x }} and ${{ steps.s.*.outputs.x }}'

/** @throws PipelineMistake for anything but a plain reference */
export function parseReference(expression: string): Reference {
  const text = expression.trim()
  const plain = named.exec(text)
  if (plain) return { to: plain[1] as 'params' | 'matrix' | 'inputs' | 'outputs', name: plain[2]! }
  const secret = ofSecret.exec(text)
  if (secret) return { to: 'secrets', name: secret[1]! }
  const step = ofStep.exec(text)
  if (step) return { to: 'steps', step: step[1]!, all: step[2] !== undefined, output: step[3]! }
  throw new PipelineMistake(`The expression "${text}" is not supported yet; ${hintFor(text)}`)
}

const hints: Readonly<Record<string, string>> = {
  run: 'a command finds the id of its run in EVENKEEL_RUN_ID, and the rest in the file EVENKEEL_CONTEXT.',
  trigger: 'a command finds why it runs in the file EVENKEEL_CONTEXT, under "trigger".',
  secrets: 'a secret is called by letters, digits and "_": ${{ secrets.DB_PROD }}.',
  environment: 'there is one environment for pipelines; take it out.',
  steps: 'of another step one can use outputs: ${{ steps.s.outputs.x }}, or ${{ steps.s.*.outputs.x }} of a matrix.',
}

const hintFor = (text: string): string => hints[/^[a-z]+/.exec(text)?.[0] ?? ''] ?? `there are ${understood}.`

/** The pieces of a text: plain ones, and what stood in `${{ … }}`. @throws PipelineMistake when one is not closed */
export function splitTemplate(text: string): (string | { readonly expression: string })[] {
  const pieces: (string | { readonly expression: string })[] = []
  let from = 0
  for (;;) {
    const start = text.indexOf('${{', from)
    if (start < 0) return text.length > from ? [...pieces, text.slice(from)] : pieces
    const end = endOfPlaceholder(text, start)
    if (start > from) pieces.push(text.slice(from, start))
    pieces.push({ expression: text.slice(start + 3, end - 2) })
    from = end
  }
}

/** Just behind the `}}` of a placeholder. @throws PipelineMistake when there is none */
export function endOfPlaceholder(text: string, start: number): number {
  const end = text.indexOf('}}', start)
  if (end < 0) throw new PipelineMistake('A placeholder begins with "${{" and has no "}}"; close it.')
  return end + 2
}

/** The reference a text consists of, or `undefined` when it is no single placeholder. */
export function soleReference(text: string): Reference | undefined {
  const pieces = splitTemplate(text.trim())
  const [piece] = pieces
  return pieces.length === 1 && typeof piece === 'object' ? parseReference(piece.expression) : undefined
}

export const hasPlaceholder = (text: string): boolean => text.includes('${{')
