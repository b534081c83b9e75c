import { ModelFormat, SnippetLanguage } from '@evenkeel/contract'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { collect, numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

type Metric = readonly [name: string, value: number]

/** `auc=0.73`, as often as there are metrics. */
function addMetric(text: string, before: readonly Metric[]): readonly Metric[] {
  const at = text.lastIndexOf('=')
  const value = Number(text.slice(at + 1) || NaN)
  if (at < 1 || !Number.isFinite(value)) throw new InvalidArgumentError('write a metric as in auc=0.73')
  return [...before, [text.slice(0, at), value]]
}

export function addModelCommands(program: Command, { remote, action }: Dressing): void {
  remote(
    program
      .command('register')
      .argument('<what>', 'a file, a folder of MLflow or Hugging Face, churn@3 or models:/churn/3'),
  )
    .description(
      'register a model made elsewhere: ONNX, trees of LightGBM and XGBoost, safetensors, scikit-learn with --python',
    )
    .helpGroup('LOOP')
    .option('--model <name>', 'the model that it is a version of')
    .option('--metric <name=value>', 'how good it was; may be given several times', addMetric, [])
    .addOption(
      new Option('--format <format>', 'of the file (default: by its first bytes)').choices(ModelFormat.options),
    )
    .option('--evaluation <file>', 'how it did on held-out rows: JSON, see docs/models.md')
    .option('-n, --dry-run', 'convert it and say what it takes, and register nothing; of a pickle: what it is')
    .option('--python <path>', 'load a pickle or skops file with this Python, in a sandbox, and convert it')
    .option('--sample <file>', 'CSV with rows that the ONNX file must predict as the model does')
    .option('--trust-imports <name...>', 'what a pickle may import beside known libraries: churn.features.Encoder')
    .action(action(async () => (await import('./commands/model/register.ts')).register))

  remote(program.command('reproduce').argument('[version]', 'churn@7, or churn@champion'))
    .description('make a version again, and say step by step what is identical, equal or other')
    .helpGroup('LOOP')
    .option('--tolerance <number>', 'how far numbers may be apart (1e-6), relative above 1', numberBetween(0, 1))
    .option('--without <step>', 'a step that is not to be repeated; may be given several times', collect)
    .option('--no-wait', 'start it and come back')
    .option('--follow <run>', 'watch one that was started, or show how it ended')
    .option('--list', 'those of a model, or of one version')
    .option('--limit <count>', 'of --list, at most', numberBetween(1, 500, { whole: true }), 20)
    .addHelpText('after', '\nExit codes: 0 identical or equal · 5 something differs · 1 nothing could be compared')
    .action(action(async () => (await import('./commands/reproduce/reproduce.ts')).reproduce))

  const group = program.command('model').description('models and their versions').helpGroup('LOOK')
  remote(group.command('list', { isDefault: true }).description('models of the registry'))
    .option('--owner <owner>', 'only those of a user or a team: ana, team:risk')
    .option('--text <part>', 'only those with this in their name')
    .option('--limit <count>', 'at most (default: all)', numberBetween(1, 500, { whole: true }))
    .option('--cursor <cursor>', 'where the page before ended')
    .action(action(async () => (await import('./commands/model/list.ts')).list))
  remote(group.command('get').argument('<name>', 'churn, churn@7, churn@champion').description('a model, or a version'))
    .option('--limit <count>', 'versions at most', numberBetween(1, 500, { whole: true }), 20)
    .option('--cursor <cursor>', 'where the page before ended')
    .action(action(async () => (await import('./commands/model/get.ts')).get))
  remote(group.command('card').argument('<version>', 'churn@7').description('the model card, as Markdown; or write it'))
    .addOption(
      new Option('--format <format>', 'mct is JSON of the Model Card Toolkit')
        .choices(['markdown', 'mct'])
        .default('markdown'),
    )
    .option('--file <file>', 'write the card: this file, or - for what comes in')
    .option('--edit', 'write the card: opens it in $EDITOR')
    .option('--reason <reason>', 'why it is written, for its history')
    .option('--history', 'who wrote it when and why')
    .option('--revision <revision>', 'as it was', numberBetween(0, 1e9, { whole: true }))
    .action(action(async () => (await import('./commands/model/card.ts')).card))
  remote(group.command('diff').argument('<before>', 'churn@6').argument('<after>', 'churn@7'))
    .description('what is different between two versions')
    .option('--all', 'also what is the same')
    .action(action(async () => (await import('./commands/model/diff.ts')).diff))
  remote(group.command('alias').argument('<version>', 'churn@7').argument('<alias>', 'as in best'))
    .description('point an alias at a version')
    .action(action(async () => (await import('./commands/model/alias.ts')).alias))
  remote(group.command('download').argument('<version>', 'churn@7, churn@champion'))
    .description('bring a version here as a folder: model, card, signature, samples, metadata, digests')
    .option('--to <folder>', 'the folder to write (default: churn-7)')
    .action(action(async () => (await import('./commands/model/download.ts')).download))
  remote(group.command('snippets').argument('<version>', 'churn@7, churn@champion'))
    .description('code that uses a version: calls its endpoint, or loads its files')
    .addOption(new Option('--lang <language>', 'only this, ready to be piped').choices(SnippetLanguage.options))
    .action(action(async () => (await import('./commands/model/snippets.ts')).snippets))
  addPeople(group, { remote, action })
}

function addPeople(group: Command, { remote, action }: Pick<Dressing, 'remote' | 'action'>): void {
  remote(group.command('owners').argument('<model>').description('who owns a model; or say who does'))
    .option('--set <owner...>', 'users and teams: ana team:risk')
    .option('--none', 'nobody')
    .action(action(async () => (await import('./commands/model/owners.ts')).owners))
  remote(group.command('comment').argument('<version>', 'churn@7').argument('[text]', 'Markdown'))
    .description('comments on a version, newest first; with a text, another one')
    .option('--edit <id>', 'the text replaces this comment')
    .option('--delete <id>', 'delete this comment')
    .option('--limit <count>', 'at most', numberBetween(1, 500, { whole: true }), 20)
    .option('--cursor <cursor>', 'where the page before ended')
    .action(action(async () => (await import('./commands/model/comments.ts')).comment))
  remote(group.command('history').argument('<name>', 'churn, churn@7'))
    .description('everything that happened to a model, newest first, with who and why')
    .option('--limit <count>', 'at most', numberBetween(1, 500, { whole: true }), 20)
    .option('--cursor <cursor>', 'where the page before ended')
    .action(action(async () => (await import('./commands/model/history.ts')).history))
}
