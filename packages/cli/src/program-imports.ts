import { type Command, Option } from 'commander'
import { collect, numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

export function addImportCommands(program: Command, { remote, action }: Dressing): void {
  const group = program.command('import').description('bring what another server kept').helpGroup('SYSTEM')
  remote(group.command('mlflow').argument('<source>', 'address of an MLflow tracking server'))
    .description('bring experiments, runs, files, models and prompts; started again, it goes on')
    .option('--experiment <name>', 'only this one, without the registry; may be repeated', collect)
    .addOption(new Option('--only <part>', 'only runs, or only the model registry').choices(['runs', 'registry']))
    .option('--deleted', 'deleted experiments and runs too')
    .option('--full', 'read again also runs that were brought in full')
    .option('-n, --dry-run', 'say what would come')
    .option('--concurrency <count>', 'runs at once', numberBetween(1, 64, { whole: true }), 4)
    .option('--rate <count>', 'requests per second to the source, at most', numberBetween(0.1, 10_000))
    .addOption(new Option('--token-env <name>', 'variable that holds a token of the source').conflicts('userEnv'))
    .option('--user-env <name>', 'variable that holds user:password of the source')
    .action(action(async () => (await import('./commands/import/mlflow.ts')).mlflow))
}
