import { type Command, Option } from 'commander'
import { collect, numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

export function addExportCommands(program: Command, { remote, action }: Dressing): void {
  const group = program.command('export').description('send what is kept here to another server').helpGroup('SYSTEM')
  remote(group.command('mlflow').argument('<target>', 'address of an MLflow tracking server'))
    .description('send experiments, runs, files, models and prompts; started again, it goes on')
    .option('--experiment <name>', 'only this one, without the registry; may be repeated', collect)
    .addOption(new Option('--only <part>', 'only runs, or only the model registry').choices(['runs', 'registry']))
    .option('--deleted', 'deleted experiments and runs too')
    .option('--full', 'send again also what was sent in full')
    .option('-n, --dry-run', 'say what would go')
    .option('--concurrency <count>', 'runs at once', numberBetween(1, 64, { whole: true }), 4)
    .option('--rate <count>', 'requests per second to the target, at most', numberBetween(0.1, 10_000))
    .addOption(new Option('--token-env <name>', 'variable that holds a token of the target').conflicts('userEnv'))
    .option('--user-env <name>', 'variable that holds user:password of the target')
    .action(action(async () => (await import('./commands/export/mlflow.ts')).mlflow))
}
