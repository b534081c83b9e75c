import { queryRowLimit } from '@evenkeel/contract'
import { type Command, Option } from 'commander'
import { numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

const examples = `
Examples
  evenkeel query --schema
  evenkeel query "select experiment, count(*) from runs group by 1 order by 2 desc"
  evenkeel query --csv < best-runs.sql > best-runs.csv`

export function addQueryCommand(program: Command, { remote, action }: Dressing): void {
  remote(program.command('query').argument('[sql]', 'one SELECT; from stdin when it is left out or "-"'))
    .description('ask what is kept here in SQL, read-only')
    .helpGroup('LOOK')
    .option('--schema [view]', 'list the views, or the columns of one')
    .option('--limit <count>', 'rows at most', numberBetween(1, queryRowLimit, { whole: true }), 1000)
    .option('--csv', 'the same as --format csv')
    .addOption(
      new Option('--format <format>', 'how rows are printed').choices(['table', 'csv', 'json']).default('table'),
    )
    .addHelpText('after', examples)
    .action(action(async () => (await import('./commands/query/query.ts')).query))
}
