import { LineageNodeKind } from '@evenkeel/contract'
import { type Command, Option } from 'commander'
import { numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

export function addLineageCommands(program: Command, { remote, action }: Dressing): void {
  const group = program.command('lineage').description('where things come from, and who is told').helpGroup('LOOK')
  remote(group.command('show').argument('<node>', 'as in flights, churn@3, model_version:churn@3, a run, or an id'))
    .description('what a node comes from, and what comes from it')
    .addOption(new Option('--upstream', 'only what it comes from').conflicts('downstream'))
    .option('--downstream', 'only what comes from it')
    .option('--depth <count>', 'how far', numberBetween(1, 20, { whole: true }), 6)
    .action(action(async () => (await import('./commands/lineage/show.ts')).show))
  remote(group.command('search').argument('<text>', 'a part of the name').description('nodes of the graph'))
    .addOption(new Option('--kind <kind>', 'of this kind').choices(LineageNodeKind.options))
    .action(action(async () => (await import('./commands/lineage/show.ts')).search))
  remote(group.command('events').description('OpenLineage events, newest first'))
    .option('--run <id>', 'of this run (OpenLineage id)')
    .addOption(new Option('--origin <origin>', 'ours, or those of others').choices(['own', 'received']))
    .option('--limit <count>', 'at most', numberBetween(1, 500, { whole: true }), 20)
    .action(action(async () => (await import('./commands/lineage/events.ts')).events))

  const targets = group.command('targets').description('where our events are sent')
  remote(targets.command('list', { isDefault: true }).description('targets, and how far each one is')).action(
    action(async () => (await import('./commands/lineage/targets.ts')).list),
  )
  remote(targets.command('add').argument('<name>').description('send our events to an address, or into a file'))
    .addOption(new Option('--to <url>', 'whole address, as in https://host/api/v1/lineage').conflicts('file'))
    .option('--file', 'JSON lines in the data folder of the server')
    .option('--key-file <path>', 'file with the key that is sent as a Bearer token')
    .option('--from-beginning', 'also all events there are')
    .action(action(async () => (await import('./commands/lineage/targets.ts')).add))
  remote(targets.command('remove').argument('<name>').description('send our events there no longer')).action(
    action(async () => (await import('./commands/lineage/targets.ts')).remove),
  )
}
