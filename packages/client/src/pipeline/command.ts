import type { FileStep, Shell } from '@evenkeel/contract'
import { hasPlaceholder, splitTemplate } from './expressions.ts'
import { PipelineMistake } from './mistake.ts'
import { fillScript } from './script.ts'

/** `trainFrom` becomes `TRAINFROM`: the part of an environment variable that names a param, an input or an output. */
export const variableName = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '_')

/** The variable that holds what an expression means; throws a PipelineMistake when the step has no such thing. */
export type VariableOf = (expression: string) => string

/** Linux takes no longer argument. */
const scriptLimitBytes = 128 * 1024 - 1

/**
 * The program and arguments of a `run`. A list without placeholders is taken as it is; one with placeholders becomes a
 * script that only starts it.
 */
export function commandOf(run: NonNullable<FileStep['run']>, shell: Shell, variableOf: VariableOf): string[] {
  const command = typeof run === 'string' ? scriptCommand(run, shell, variableOf) : listCommand(run, variableOf)
  checkCommand(command)
  return command
}

function scriptCommand(script: string, shell: Shell, variableOf: VariableOf): string[] {
  switch (shell) {
    case 'sh':
      return ['sh', '-eu', '-c', fillScript(script, variableOf)]
    case 'bash':
      // A bash that takes its input for a network connection would read the settings of a person.
      return ['bash', '--norc', '-euo', 'pipefail', '-c', fillScript(script, variableOf)]
    case 'python':
      return ['python3', '-c', pythonScript(script, variableOf)]
  }
}

/** Text of a param inside a Python program would be a part of the program. */
function pythonScript(script: string, variableOf: VariableOf): string {
  const placeholder = splitTemplate(script).find((piece) => typeof piece === 'object')
  if (!placeholder) return script
  const variable = variableOf(placeholder.expression)
  throw new PipelineMistake(`A Python script takes no placeholders; read os.environ["${variable}"] instead.`)
}

function listCommand(run: readonly (string | number | boolean)[], variableOf: VariableOf): string[] {
  const words = run.map(String)
  if (!words.some(hasPlaceholder)) return words
  return ['sh', '-eu', '-c', `exec ${words.map((word) => quoteTemplate(word, variableOf)).join(' ')}`]
}

/** A text with placeholders as one word of a shell. */
export function quoteTemplate(text: string, variableOf: VariableOf): string {
  const pieces = splitTemplate(text)
  if (pieces.length === 0) return "''"
  return pieces
    .map((piece) => (typeof piece === 'string' ? quote(piece) : `"\${${variableOf(piece.expression)}}"`))
    .join('')
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Sets variables before a command: `values` are words of a shell, quoted already. All are read before one is set. */
export function withVariables(values: ReadonlyMap<string, string>, command: readonly string[]): readonly string[] {
  if (values.size === 0) return command
  const assignments = [...values].map(([name, word]) => `${name}=${word}`).join(' ')
  return ['sh', '-eu', '-c', `export ${assignments}; exec "$@"`, 'sh', ...command]
}

function checkCommand(command: readonly string[]): void {
  if (command.some((word) => word.includes('\0'))) {
    throw new PipelineMistake('A command cannot hold the character NUL; take it out.')
  }
  if (command.some((word) => new TextEncoder().encode(word).length > scriptLimitBytes)) {
    throw new PipelineMistake('The script is longer than 128 KiB; put it into a file, list it under "code" and run it.')
  }
}
