import type { Command } from 'commander'
import { durationOption } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

export function addRuntimeCommands(program: Command, { remote, action }: Dressing): void {
  const group = program.command('runtimes').description('software environments that steps run in').helpGroup('SYSTEM')
  remote(group.command('list').description('list them, with size, age and last use')).action(
    action(async () => (await import('./commands/runtimes/look.ts')).list),
  )
  const withRuntime = (name: string, text: string) =>
    remote(group.command(name).description(text)).argument('<digest>', 'digest of the environment, or a unique start')
  withRuntime('show', 'what it was built from, its packages and the log of its building').action(
    action(async () => (await import('./commands/runtimes/look.ts')).show),
  )
  withRuntime('delete', 'remove one that no step uses; the next step that needs it builds it again').action(
    action(async () => (await import('./commands/runtimes/remove.ts')).remove),
  )
  remote(group.command('prune').description('remove those that nobody has used for a while'))
    .requiredOption('--older-than <duration>', 'since their last use, as in 12h or 30d', durationOption)
    .action(action(async () => (await import('./commands/runtimes/remove.ts')).prune))
}
