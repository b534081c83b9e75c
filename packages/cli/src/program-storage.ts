import { collectionGraceHours } from '@evenkeel/contract'
import { type Command, Option } from 'commander'
import { numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

const hours = numberBetween(collectionGraceHours.least, collectionGraceHours.most)
const pageSize = numberBetween(1, 500, { whole: true })

export function addStorageCommands(program: Command, { remote, action }: Dressing): void {
  remote(program.command('gc').description('delete stored content that nothing refers to'))
    .helpGroup('SYSTEM')
    .option('-n, --dry-run', 'say what would be deleted')
    .option('--grace <hours>', 'leave what was stored or referred to so shortly ago (that of the server)', hours)
    .option('--no-wait', 'come back at once; it goes on')
    .addOption(new Option('--history', 'list what was done before').conflicts(['dryRun', 'grace', 'wait']))
    .option('--limit <count>', 'of the history, at most', pageSize, 20)
    .action(action(async () => (await import('./commands/gc.ts')).gc))
}
