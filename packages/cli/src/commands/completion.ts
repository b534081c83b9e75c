import type { Command } from 'commander'
import { CliError, exitCodes } from '../errors.ts'

/** Prints a script that completes verbs and their options. */
export function completion(program: Command) {
  return async (shell: string): Promise<number> => {
    const verbs = program.commands.map((command) => ({
      name: command.name(),
      text: command.description(),
      options: command.options.map(({ long }) => long ?? '').filter(Boolean),
    }))
    process.stdout.write(scriptFor(shell, verbs))
    return exitCodes.ok
  }
}

interface Verb {
  readonly name: string
  readonly text: string
  readonly options: readonly string[]
}

function scriptFor(shell: string, verbs: readonly Verb[]): string {
  const names = verbs.map(({ name }) => name).join(' ')
  switch (shell) {
    case 'bash':
      return `_evenkeel() {
  local cur=\${COMP_WORDS[COMP_CWORD]}
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${names}" -- "$cur")); return; fi
  case "\${COMP_WORDS[1]}" in
${verbs.map(({ name, options }) => `    ${name}) COMPREPLY=($(compgen -W "${options.join(' ')}" -- "$cur"));;`).join('\n')}
  esac
}
complete -F _evenkeel evenkeel
`
    case 'zsh':
      return `#compdef evenkeel
_arguments '1:command:((${verbs.map(({ name, text }) => `${name}\\:"${text}"`).join(' ')}))'
`
    case 'fish':
      return `${verbs.map(({ name, text }) => `complete -c evenkeel -n __fish_use_subcommand -a ${name} -d '${text}'`).join('\n')}\n`
    default:
      throw new CliError({
        code: 'cli.usage',
        message: `There is no completion for "${shell}"`,
        why: 'bash, zsh and fish are known',
        fix: 'evenkeel completion bash',
        exitCode: exitCodes.usage,
      })
  }
}
