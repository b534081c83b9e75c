import { RunEnvironment, RunState } from '@evenkeel/contract'
import { type Command, Option } from 'commander'
import { collect, numberBetween } from './options.ts'
import { addTrackedRuns, trackedChoices } from './program-tracking.ts'

type Run = (...args: never[]) => Promise<number>

/** What every command has; see `program.ts`. */
export interface Dressing {
  readonly common: (command: Command) => Command
  readonly remote: (command: Command) => Command
  readonly action: (load: () => Promise<Run>) => (...args: unknown[]) => Promise<void>
}

const wholeNumber = numberBetween(1, 1e9, { whole: true })
const priority = numberBetween(-100, 100, { whole: true })
const capacity = numberBetween(0, 1000, { whole: true })
const pageSize = numberBetween(1, 500, { whole: true })

/** What a run, or the plan of one, may be given. */
const choices = (command: Command): Command =>
  command
    .option('--param <name=value>', 'a param of the run; may be repeated', collect)
    .option('--version <version>', 'an earlier version of the pipeline', wholeNumber)
    .addOption(
      new Option(
        '--environment <environment>',
        'where it belongs (dev); production runs what is in force there',
      ).choices(['dev', 'staging', 'production']),
    )
    .option('--no-cache [steps]', 'run every step, or with =train,report these, whatever earlier runs left')

export function addPipelineCommands(program: Command, dressing: Dressing): void {
  addPipeline(program.command('pipeline').description('write, check and send pipelines').helpGroup('LOOP'), dressing)
  addRun(program.command('run').description('start, watch and explain runs of pipelines').helpGroup('LOOP'), dressing)
  addSlots(program.command('slots').description('what a project has only so much of').helpGroup('LOOP'), dressing)
  addSecret(
    program.command('secret').description('what steps may know and nobody may read').helpGroup('LOOP'),
    dressing,
  )
  dressing
    .remote(program.command('explain').description('why a step of a run ran, or was reused'))
    .helpGroup('LOOK')
    .argument('<run>', 'id of the run, or a unique start of it')
    .argument('<step>', "step, as in train or 'train[lr=0.1]'")
    .action(dressing.action(async () => (await import('./commands/explain.ts')).explain))
}

function addPipeline(group: Command, { common, remote, action }: Dressing): void {
  common(group.command('init').argument('<name>').description('write an example and the schema for editors')).action(
    action(async () => (await import('./commands/pipeline/init.ts')).init),
  )
  remote(group.command('validate').argument('[files...]', 'default: pipelines/*.yaml and evenkeel.yaml'))
    .description(
      'check files, without a server unless they use steps of other repositories; file:line:column for each mistake',
    )
    .action(action(async () => (await import('./commands/pipeline/validate.ts')).validate))
  remote(group.command('apply').argument('<file>').description('send a pipeline, its code and its triggers'))
    .option('-n, --dry-run', 'say what would change')
    .action(action(async () => (await import('./commands/pipeline/apply.ts')).apply))
  remote(group.command('list').description('list pipelines')).action(
    action(async () => (await import('./commands/pipeline/look.ts')).list),
  )
  remote(group.command('show').argument('<name>').description('a pipeline, its params and its steps')).action(
    action(async () => (await import('./commands/pipeline/look.ts')).show),
  )
  remote(group.command('cost').argument('<name>').description('what its attempts used, day by day'))
    .option('--days <days>', 'so many days back', numberBetween(1, 366, { whole: true }), 30)
    .action(action(async () => (await import('./commands/pipeline/cost.ts')).cost))
  choices(remote(group.command('plan').argument('<name>').description('what a run would do, and why'))).action(
    action(async () => (await import('./commands/pipeline/look.ts')).plan),
  )
  common(group.command('schema').description('print the JSON Schema of a pipeline file')).action(
    action(async () => (await import('./commands/pipeline/schema.ts')).schema),
  )
}

function addSlots(group: Command, { remote, action }: Dressing): void {
  remote(group.command('list').description('how many there are, who holds them, and who waits')).action(
    action(async () => (await import('./commands/slots.ts')).list),
  )
  remote(group.command('set').description('say how many there are; 0 takes it away'))
    .argument('<name>', 'gpu, or a name of yours, as in matlab')
    .argument('<count>', 'for all runs of the project', capacity)
    .action(action(async () => (await import('./commands/slots.ts')).set))
}

function addRun(group: Command, { remote, action }: Dressing): void {
  choices(remote(group.command('start').argument('<pipeline>').description('start a run')))
    .option('--priority <number>', 'whose turn it is where places are scarce, from -100 to 100', priority)
    .option('--follow', 'watch it; the exit code is its outcome')
    .action(action(async () => (await import('./commands/run/start.ts')).start))
  trackedChoices(remote(group.command('list').description('list runs of pipelines, or those that clients logged')))
    .option('--pipeline <pipeline>', 'of this pipeline')
    .addOption(new Option('--state <state>', 'in this state').choices(RunState.options))
    .addOption(new Option('--environment <environment>', 'in this environment').choices(RunEnvironment.options))
    .option('--limit <count>', 'at most', pageSize, 20)
    .action(action(async () => (await import('./commands/run/list.ts')).list))
  const withRun = (name: string, text: string) =>
    remote(group.command(name).description(text)).argument('<run>', 'id of the run, or a unique start of it')
  withRun('show', 'a run, its steps, and what to do next')
    .option('--follow', 'watch it; the exit code is its outcome')
    .action(action(async () => (await import('./commands/run/show.ts')).show))
  withRun('logs', 'what the steps of a run wrote')
    .argument('[step]', 'one step, or all of a matrix')
    .option('--follow', 'until the run ends')
    .option('--attempt <attempt>', 'an earlier attempt of its steps', wholeNumber)
    .action(action(async () => (await import('./commands/run/logs.ts')).logs))
  withRun('metrics', 'the newest value of each metric')
    .argument('[step]', 'one step, or all of a matrix')
    .option('--against <run>', 'beside those of this run')
    .action(action(async () => (await import('./commands/run/metrics.ts')).metrics))
  withRun('download', 'write an output of a step to a file or folder')
    .argument('<step>', "step, as in train or 'train[lr=0.1]'")
    .argument('<output>', 'its output')
    .option('--to <path>', 'where to; by default its name, here')
    .action(action(async () => (await import('./commands/run/download.ts')).download))
  withRun('cancel', 'cancel a run; its processes are asked to end')
    .option('--reason <reason>', 'why; it is kept with the run', '')
    .action(action(async () => (await import('./commands/run/change.ts')).cancel))
  withRun('retry', 'run again what failed, and keep what succeeded').action(
    action(async () => (await import('./commands/run/change.ts')).retry),
  )
  addTrackedRuns(group, { remote, action })
}

function addSecret(group: Command, { remote, action }: Dressing): void {
  remote(
    group.command('set').argument('<name>').description('set a secret; its value comes from stdin or a prompt'),
  ).action(action(async () => (await import('./commands/secret.ts')).set))
  remote(group.command('list').description('names of the secrets, and who set them')).action(
    action(async () => (await import('./commands/secret.ts')).list),
  )
  remote(group.command('delete').argument('<name>').description('delete a secret')).action(
    action(async () => (await import('./commands/secret.ts')).remove),
  )
}
