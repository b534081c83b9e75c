import { Command, CommanderError, Option } from 'commander'
import { exitCodes } from './errors.ts'
import { numberBetween } from './options.ts'
import { addBackfillCommands } from './program-backfills.ts'
import { addExportCommands } from './program-exports.ts'
import { addImportCommands } from './program-imports.ts'
import { addLineageCommands } from './program-lineage.ts'
import { addModelCommands } from './program-models.ts'
import { addPipelineCommands } from './program-pipelines.ts'
import { addQueryCommand } from './program-query.ts'
import { addReleaseCommands } from './program-releases.ts'
import { addExperimentCommands, addRetentionCommands } from './program-tracking.ts'
import { addRuntimeCommands } from './program-runtimes.ts'
import { addStorageCommands } from './program-storage.ts'

const EXAMPLES = `
Examples
  evenkeel demo                                   play the whole loop on real flights
  evenkeel up                                     start here; console at http://127.0.0.1:7070
  evenkeel status                                 where each model is in its loop, and what to do next
  evenkeel pipeline apply pipelines/churn.yaml    send a pipeline and its code
  evenkeel run start churn --follow               run it, and watch
  evenkeel run list --experiment churn --metrics auc  what was tried, with its results
  evenkeel deploy churn@7 --canary 10 --wait      canary at 10 %, judged, promoted or rolled back
  evenkeel rollback churn --reason "wrong units"  go back, at once

Exit codes: 0 ok · 1 unexpected · 2 usage · 3 not found · 4 not allowed · 5 conflict · 6 gate failed
            7 waiting for approval · 8 unreachable or timed out · 9 rolled back automatically`

type Run = (...args: never[]) => Promise<number>

const portNumber = numberBetween(1, 65_535, { whole: true })

const portOption = () =>
  new Option('--port <port>', 'console and API').env('EVENKEEL_PORT').argParser(portNumber).default(7070)

/** All commands, in the order of the loop. Each one loads what it needs when it is called. */
export function createProgram() {
  let code = 0
  const program = new Command('evenkeel')
    .description('Keeps machine-learning models right in production.')
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })

  const common = (command: Command) =>
    command
      .option('--json', 'print JSON and nothing else on stdout')
      .option('-q, --quiet', 'print no news on the way')
      .option('--no-input', 'never ask')
      .option('--debug', 'print stack traces')
  const remote = (command: Command) =>
    common(command)
      .option('--url <url>', 'server to ask (EVENKEEL_URL)')
      .option('--folder <folder>', 'data folder of a local installation (EVENKEEL_FOLDER)')
  const action =
    (load: () => Promise<Run>) =>
    async (...args: unknown[]) => {
      const run = await load()
      // Commander hands over the arguments, then the options, then the command.
      code = await (run as unknown as (...rest: unknown[]) => Promise<number>)(...args.slice(0, -1))
    }

  const start = (name: string, text: string) => common(program.command(name).description(text))
  start('up', 'start the database, the server and an inference node here')
    .helpGroup('START')
    .option('--folder <folder>', 'data folder (default .evenkeel)')
    .addOption(portOption())
    .option('--inference-port <port>', 'inference node', portNumber, 7071)
    .option('--detach', 'leave it running and come back')
    .action(action(async () => (await import('./commands/up.ts')).up))
  program
    .command('demo')
    .description('play the whole loop on real flights')
    .helpGroup('START')
    .option('--folder <folder>', 'data folder of the demo', '.evenkeel-demo')
    .addOption(portOption())
    .option('--inference-port <port>', 'inference node', portNumber, 7071)
    .option('--exit', 'leave when the story is told')
    .option('--json <file>', 'write what happened to a file')
    .option('--no-open', 'open no browser')
    .action(action(async () => (await import('./commands/demo.ts')).demo))
  start('down', 'stop everything that runs on a data folder')
    .helpGroup('START')
    .option('--folder <folder>', 'data folder (default .evenkeel)')
    .action(action(async () => (await import('./commands/down.ts')).down))
  remote(program.command('doctor').description('check this machine and the server, with a fix for each finding'))
    .helpGroup('START')
    .action(action(async () => (await import('./commands/doctor.ts')).doctor))
  remote(program.command('open').argument('[thing]', 'model, endpoint or path').description('open the console'))
    .helpGroup('START')
    .action(action(async () => (await import('./commands/open.ts')).open))

  addModelCommands(program, { common, remote, action })
  remote(program.command('approve').description('list, show, accept, reject or delegate requests for approval'))
    .helpGroup('LOOP')
    .argument('<verb>', 'list, show, accept, reject or delegate')
    .argument('[request]', 'id of the request, or a unique start of it')
    .option('--reason <reason>', 'why; needed to accept or reject')
    .option('--to <name>', 'who gets your voice when you delegate it')
    .action(action(async () => (await import('./commands/approve.ts')).approve))
  remote(program.command('deploy').description('bring a version into production: approval, canary, verdict'))
    .helpGroup('LOOP')
    .argument('<version>', 'model@7')
    .option('--endpoint <endpoint>', 'endpoint (default: the one that serves the model)')
    .option('--canary <percent>', 'share of the traffic; 0 switches at once', numberBetween(0, 50))
    .option('--comment <comment>', 'for the one who approves', '')
    .option('-n, --dry-run', 'say what would happen')
    .option('--wait', 'wait for the verdict')
    .action(action(async () => (await import('./commands/deploy.ts')).deploy))
  for (const verb of ['promote', 'abort', 'rollback'] as const) {
    const words = {
      promote: 'promote the running canary by hand',
      abort: 'abort the running rollout; all traffic goes back',
      rollback: 'go back to the version served before, at once',
    }
    const command = remote(program.command(verb).description(words[verb]))
      .helpGroup('LOOP')
      .argument('<endpoint>', 'endpoint')
      .requiredOption('--reason <reason>', 'why; it is kept in the audit log')
    if (verb === 'rollback')
      command.option('--to <version>', 'another version than the one before', numberBetween(1, 1e9, { whole: true }))
    command.action(action(async () => (await import('./commands/rollout.ts'))[verb]))
  }

  addPipelineCommands(program, { common, remote, action })
  addExperimentCommands(program, { common, remote, action })
  addBackfillCommands(program, { common, remote, action })
  addReleaseCommands(program, { common, remote, action })
  addLineageCommands(program, { common, remote, action })

  remote(program.command('status').description('where each model is in its loop, and what to do next'))
    .helpGroup('LOOK')
    .action(action(async () => (await import('./commands/status.ts')).status))
  addQueryCommand(program, { common, remote, action })
  remote(program.command('targets').description('where steps can run, and whether each place answers'))
    .helpGroup('LOOK')
    .action(action(async () => (await import('./commands/targets.ts')).targets))
  addRuntimeCommands(program, { common, remote, action })
  addRetentionCommands(program, { common, remote, action })
  addStorageCommands(program, { common, remote, action })
  addImportCommands(program, { common, remote, action })
  addExportCommands(program, { common, remote, action })
  remote(program.command('api').description('call any endpoint'))
    .helpGroup('SYSTEM')
    .argument('<method>', 'GET, POST, PUT, DELETE')
    .argument('<path>', 'e.g. /api/v1/models')
    .argument('[body]', 'JSON')
    .action(action(async () => (await import('./commands/api.ts')).api))
  common(program.command('completion').description('print a completion script'))
    .helpGroup('SYSTEM')
    .argument('<shell>', 'bash, zsh or fish')
    .action(action(async () => (await import('./commands/completion.ts')).completion(program)))
  common(program.command('version').description('print the version'))
    .helpGroup('SYSTEM')
    .action(action(async () => (await import('./commands/version.ts')).version))

  return {
    program,
    /** @returns the exit code */
    async run(args: readonly string[]): Promise<number> {
      try {
        await program.parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' })
        return code
      } catch (error) {
        // Commander has printed the help, or what is wrong and what was probably meant.
        if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
        throw error
      }
    },
  }
}
