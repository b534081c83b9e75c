import { BackfillState } from '@evenkeel/contract'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { readEvery } from './commands/backfill/every.ts'
import { collect, numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

const everyOf = (text: string) => {
  const every = readEvery(text)
  if (every) return every
  throw new InvalidArgumentError('Write a number and h, d, w or mo, such as 6h, 1d, 2w or 1mo.')
}

export function addBackfillCommands(program: Command, { remote, action }: Dressing): void {
  const group = program.command('backfill').description('run a pipeline for the past, partition by partition')
  group.helpGroup('LOOP')
  remote(
    group
      .command('start')
      .argument('<pipeline>')
      .description('start a backfill; with --plan only say what it would do'),
  )
    .requiredOption('--from <date>', 'first date, or a moment in UTC')
    .requiredOption('--to <date>', 'last date, which belongs to it; or a moment, which does not')
    .requiredOption('--every <span>', 'length of a partition: 1d, 6h, 1w, 1mo', everyOf)
    .requiredOption('--code <code>', 'which code runs: version:7, current or as-of-run')
    .option('--timezone <zone>', 'IANA name; of days, weeks and months (default UTC)')
    .addOption(new Option('--cache <cache>', 'results of earlier runs').choices(['reuse', 'ignore']).default('reuse'))
    .option('--max-active <count>', 'runs at the same time', numberBetween(1, 100, { whole: true }), 4)
    .addOption(new Option('--order <order>', 'which come first').choices(['oldest', 'newest']).default('oldest'))
    .option('--param <name=value>', 'a param of every run; may be repeated', collect)
    .option('--start-param <name>', 'the param that gets the start of a partition')
    .option('--end-param <name>', 'the param that gets its end')
    .option('--reason <reason>', 'why; it is kept with the backfill', '')
    .option('--plan', 'say what would happen, and start nothing')
    .option('--wait', 'wait for its end; the exit code is its outcome')
    .action(action(async () => (await import('./commands/backfill/start.ts')).start))
  remote(group.command('list').description('list backfills, newest first'))
    .option('--pipeline <pipeline>', 'of this pipeline')
    .addOption(new Option('--state <state>', 'in this state').choices(BackfillState.options))
    .option('--limit <count>', 'at most', numberBetween(1, 500, { whole: true }), 20)
    .action(action(async () => (await import('./commands/backfill/look.ts')).list))
  const withOne = (name: string, text: string) =>
    remote(group.command(name).description(text)).argument('<backfill>', 'its id, or a unique start of it')
  withOne('show', 'how far it is, and what failed')
    .option('--wait', 'wait for its end; the exit code is its outcome')
    .action(action(async () => (await import('./commands/backfill/look.ts')).show))
  const withReason = (name: string, text: string) =>
    withOne(name, text).option('--reason <reason>', 'why; it is kept in the audit log', '')
  withReason('pause', 'start no further run; those that run go on').action(
    action(async () => (await import('./commands/backfill/change.ts')).pause),
  )
  withReason('resume', 'go on after a pause').action(
    action(async () => (await import('./commands/backfill/change.ts')).resume),
  )
  withReason('cancel', 'give up what has not run yet')
    .option('--runs', 'and cancel its open runs')
    .action(action(async () => (await import('./commands/backfill/change.ts')).cancel))
  withReason('retry', 'run the failed partitions again, and no others')
    .option('--skipped', 'and those that had no data')
    .action(action(async () => (await import('./commands/backfill/change.ts')).retry))
}
