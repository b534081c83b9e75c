import type { Command } from 'commander'
import { CliError, exitCodes } from '../errors.ts'

/** Prints a script that completes verbs, their own verbs, and options. */
export function completion(program: Command) {
  return async (shell: string): Promise<number> => {
    process.stdout.write(scriptFor(shell, program.commands.map(verbOf)))
    return exitCodes.ok
  }
}

interface Verb {
  readonly name: string
  readonly text: string
  readonly options: readonly string[]
  readonly verbs: readonly Verb[]
}

const verbOf = (command: Command): Verb => ({
  name: command.name(),
  text: command.description(),
  options: command.options.map(({ long }) => long ?? '').filter(Boolean),
  verbs: command.commands.map(verbOf),
})

const namesOf = (verbs: readonly Verb[]): string => verbs.map(({ name }) => name).join(' ')

function scriptFor(shell: string, verbs: readonly Verb[]): string {
  switch (shell) {
    case 'bash':
      return bash(verbs)
    case 'zsh':
      return zsh(verbs)
    case 'fish':
      return fish(verbs)
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

function bash(verbs: readonly Verb[]): string {
  const words = (list: string) => `COMPREPLY=($(compgen -W "${list}" -- "$cur"))`
  const inner = verbs.flatMap(({ name, verbs: own }) => own.map((verb) => ({ path: `${name} ${verb.name}`, verb })))
  return `_evenkeel() {
  local cur=\${COMP_WORDS[COMP_CWORD]}
  if [ "$COMP_CWORD" -eq 1 ]; then ${words(namesOf(verbs))}; return; fi
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${inner.map(({ path, verb }) => `      "${path}") ${words(verb.options.join(' '))}; return;;`).join('\n')}
    esac
  fi
  case "\${COMP_WORDS[1]}" in
${verbs.map((verb) => `    ${verb.name}) ${words(verb.verbs.length > 0 ? namesOf(verb.verbs) : verb.options.join(' '))};;`).join('\n')}
  esac
}
complete -F _evenkeel -o default evenkeel
`
}

function zsh(verbs: readonly Verb[]): string {
  const described = (list: readonly Verb[]) => list.map(({ name, text }) => `${name}\\:"${text}"`).join(' ')
  const groups = verbs.filter((verb) => verb.verbs.length > 0)
  return `#compdef evenkeel
_arguments -C '1:command:((${described(verbs)}))' '*::argument:->rest'
case "$words[1]" in
${groups.map(({ name, verbs: own }) => `  ${name}) _arguments '1:command:((${described(own)}))' '*:file:_files';;`).join('\n')}
  *) _files;;
esac
`
}

function fish(verbs: readonly Verb[]): string {
  const line = (when: string, { name, text }: Verb) => `complete -c evenkeel -n "${when}" -a ${name} -d '${text}'`
  const outer = verbs.map((verb) => line('__fish_use_subcommand', verb))
  const inner = verbs.flatMap((group) =>
    group.verbs.map((verb) => line(`__fish_seen_subcommand_from ${group.name}`, verb)),
  )
  return `${[...outer, ...inner].join('\n')}\n`
}
