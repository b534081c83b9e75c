import { type Command, Option } from 'commander'
import { readSample } from './ci/sample.ts'
import { collect, numberBetween } from './options.ts'
import type { Dressing } from './program-pipelines.ts'

const wholeNumber = numberBetween(1, 1e9, { whole: true })

/** From a pull request to production. */
export function addReleaseCommands(program: Command, { remote, action, common }: Dressing): void {
  remote(program.command('ci').description('check, test and try out what a change does to pipelines, on a sample'))
    .helpGroup('LOOP')
    .argument('[pipelines...]', 'default: all of pipelines/*.yaml and evenkeel.yaml')
    .option('--base <ref>', 'commit of git to compare with; default: what is in force in production, else the newest')
    .option('--sample <part>', 'part of the rows, as in 1% or 5000', readSample, 0.01)
    .addOption(new Option('--environment <environment>', 'where it runs').choices(['ci']).default('ci'))
    .option('--scope <name>', 'what is tried out; default: the pull request, else the branch')
    .option('--param <name=value>', 'a param of the runs; may be repeated', collect)
    .option('--summary <file>', 'write what was found as Markdown')
    .action(action(async () => (await import('./commands/ci.ts')).ci))
  addRelease(program.command('release').description('make, check and move releases of pipelines'), {
    remote,
    action,
    common,
  })
  remote(program.command('promote-pipeline').description('put a release in force: staging, then production'))
    .helpGroup('LOOP')
    .argument('<pipeline>')
    .addOption(new Option('--to <environment>', 'where').choices(['staging', 'production']).makeOptionMandatory())
    .option(
      '--version <version>',
      'default: the newest release to staging, what is in staging to production',
      wholeNumber,
    )
    .option('--reason <reason>', 'why; it is kept in the audit log')
    .option('--approve', 'say, as another person than who made the release, that it may run in production')
    .option('--smoke [part]', 'run it on a part of the rows as soon as it is there (1%)')
    .option('--param <name=value>', 'a param of the smoke run; may be repeated', collect)
    .option('--summary <file>', 'write what happened as Markdown')
    .action(action(async () => (await import('./commands/promote-pipeline.ts')).promotePipeline))
}

function addRelease(group: Command, { remote, action }: Dressing): void {
  group.helpGroup('LOOP')
  remote(group.command('make <pipeline>', { isDefault: true }).description('release a version: immutable and signed'))
    .option('--version <version>', 'default: the newest', wholeNumber)
    .option('--notes <notes>', 'for whoever reads it later')
    .option('--allow-dirty', 'although the code is not what a commit holds; the release says so')
    .action(action(async () => (await import('./commands/release/make.ts')).make))
  remote(group.command('list <pipeline>').description('releases of a pipeline, and where they are in force')).action(
    action(async () => (await import('./commands/release/look.ts')).list),
  )
  remote(group.command('show <release>').description('what a release is made of, as in churn@7')).action(
    action(async () => (await import('./commands/release/look.ts')).show),
  )
  remote(group.command('verify <what>').description('check a bundle, a release.json or churn@7'))
    .option('--key <file>', 'public key in PEM; without, the keys that the server trusts')
    .action(action(async () => (await import('./commands/release/look.ts')).verify))
  remote(group.command('export <release>').description('write release, spec and code as a bundle'))
    .requiredOption('--output <path>', 'a .tar, or a folder')
    .action(action(async () => (await import('./commands/release/move.ts')).exportOne))
  remote(group.command('import <bundle>').description('take over a release of another installation')).action(
    action(async () => (await import('./commands/release/move.ts')).importOne),
  )
  remote(group.command('keys').description('public keys whose releases are trusted')).action(
    action(async () => (await import('./commands/release/move.ts')).keys),
  )
  remote(group.command('trust <key>').description('trust the releases of another installation; for admins'))
    .requiredOption('--name <name>', 'whose key it is')
    .action(action(async () => (await import('./commands/release/move.ts')).trust))
}
