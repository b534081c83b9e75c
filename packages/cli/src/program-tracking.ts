import { type Command, InvalidArgumentError, Option } from 'commander'
import type { BestRuns } from './commands/retention.ts'
import { durationOption, numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

const pageSize = numberBetween(1, 500, { whole: true })

/** Names apart from each other by commas. */
const names = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)

/** A list that may be longer than a page. */
const pages = (command: Command): Command =>
  command
    .addOption(new Option('--all', 'every page').conflicts('cursor'))
    .option('--cursor <cursor>', 'go on behind an earlier page')

const ofPipelines = ['pipeline', 'state', 'environment']

/** What a list of tracked runs may be asked, and one of runs of pipelines may not. */
export function trackedChoices(command: Command): Command {
  const only = (flags: string, text: string) => command.addOption(new Option(flags, text).conflicts(ofPipelines))
  only('--experiment <name>', 'tracked runs of this experiment (or its id)')
  only('--filter <filter>', 'tracked runs that it lets through, as in "metrics.auc > 0.8"')
  only('--order-by <order>', 'as in "metrics.auc DESC"; the newest first without it')
  command.addOption(new Option('--metrics <names>', 'columns, as in auc,loss').argParser(names).conflicts(ofPipelines))
  command.addOption(new Option('--params <names>', 'columns, as in lr,depth').argParser(names).conflicts(ofPipelines))
  only('--deleted', 'tracked runs that are deleted')
  only('--cursor <cursor>', 'go on behind an earlier page of tracked runs')
  return command.addOption(new Option('--all', 'every page of tracked runs').conflicts([...ofPipelines, 'cursor']))
}

/** Commands on runs that clients logged. */
export function addTrackedRuns(group: Command, { remote, action }: Pick<Dressing, 'remote' | 'action'>): void {
  const id = 'id of a tracked run, or a unique start of it'
  remote(group.command('get').description('all of a tracked run').argument('<run>', id)).action(
    action(async () => (await import('./commands/tracked/get.ts')).get),
  )
  remote(group.command('diff').description('in what tracked runs differ'))
    .argument('<run>', id)
    .argument('<others...>', 'others')
    .option('--all', 'also what is the same')
    .action(action(async () => (await import('./commands/tracked/diff.ts')).diff))
  remote(group.command('delete').description('delete tracked runs; they can be restored until they are purged'))
    .argument('<runs...>', 'ids of tracked runs')
    .option('--purge', 'delete for good what was deleted before; without --yes only say what that takes away')
    .option('--yes', 'do it')
    .action(action(async () => (await import('./commands/tracked/remove.ts')).remove))
  remote(group.command('restore').description('restore tracked runs that were deleted'))
    .argument('<runs...>', 'ids of tracked runs')
    .action(action(async () => (await import('./commands/tracked/remove.ts')).restore))
}

export function addExperimentCommands(program: Command, { remote, action }: Dressing): void {
  const group = program.command('experiment').description('what tracked runs belong to').helpGroup('LOOP')
  pages(remote(group.command('list').description('list experiments, those with the newest runs first')))
    .option('--in <folder>', 'in this folder of experiments and below')
    .option('--search <text>', 'a part of the name')
    .option('--deleted', 'those that are deleted')
    .option('--limit <count>', 'at most', pageSize, 50)
    .action(action(async () => (await import('./commands/tracked/experiments.ts')).list))
  const withExperiment = (name: string, text: string) =>
    remote(group.command(name).description(text)).argument('<experiment>', 'its name or id')
  withExperiment('move', 'put an experiment into a folder')
    .argument('<folder>', 'names joined by /; / is the top')
    .action(action(async () => (await import('./commands/tracked/experiments.ts')).move))
  withExperiment('rename', 'give an experiment another name')
    .argument('<name>', 'its new name')
    .action(action(async () => (await import('./commands/tracked/experiments.ts')).rename))
}

const days = (text: string): number => {
  const seconds = durationOption(text)
  if (seconds >= 86_400 && seconds % 86_400 === 0) return seconds / 86_400
  throw new InvalidArgumentError('Write whole days as in 30d.')
}

const bestRuns = (text: string, before: readonly BestRuns[] = []): BestRuns[] => {
  const [, metric, order = 'max', count] = /^(.+?)(?::(max|min))?:(\d{1,4})$/.exec(text) ?? []
  if (metric === undefined) throw new InvalidArgumentError('Write a metric and how many, as in auc:5 or loss:min:5.')
  return [...before, { metric, order: order as BestRuns['order'], count: Number(count) }]
}

export function addRetentionCommands(program: Command, { remote, action }: Dressing): void {
  const group = program
    .command('retention')
    .description('how long runs, their files and traces are kept')
    .helpGroup('SYSTEM')
  const load = async () => import('./commands/retention.ts')
  const on = (name: string, text: string) =>
    remote(group.command(name).description(text)).argument('[experiment]', 'its name or id; the default without it')
  const policy = (command: Command): Command =>
    command
      .option(
        '--runs <days>',
        'delete runs so long after their end, as in 90d; they can be restored until they are purged',
        days,
      )
      .option('--files <days>', 'delete files of runs for good; params and metrics stay', days)
      .option('--traces <days>', 'delete traces for good', days)
      .option('--purge <days>', 'delete for good what has been deleted for so long', days)
      .option('--keep-tag <tag>', 'runs and traces with this tag stay (evenkeel.keep)')
      .option('--keep-latest <count>', 'the newest runs of an experiment stay', numberBetween(0, 1000, { whole: true }))
      .option('--keep-best <metric:count>', 'so do the best, as in auc:5 or loss:min:5; may be repeated', bestRuns)
  remote(group.command('list').description('policies that were set')).action(action(async () => (await load()).list))
  on('get', 'the policy that holds: its own, or the default').action(action(async () => (await load()).get))
  policy(on('preview', 'what would go now by the policy in force, or by the one of the options')).action(
    action(async () => (await load()).preview),
  )
  policy(on('set', 'set a policy; without --yes only say what it would take away; without a time nothing ever goes'))
    .option('--yes', 'do it')
    .action(action(async () => (await load()).set))
  on('unset', 'take a policy away').action(action(async () => (await load()).unset))
  on('apply', 'apply the policy in force now, and not at night').action(action(async () => (await load()).apply))
  remote(group.command('history').description('what policies took away'))
    .option('--limit <count>', 'at most', pageSize, 20)
    .action(action(async () => (await load()).history))
}
