import { writeFile } from 'node:fs/promises'
import { requireRepository, scopeHere } from '../ci/git.ts'
import { markdownOf } from '../ci/markdown.ts'
import { withServer } from '../ci/server.ts'
import { runTest, type TestResult, testsOf } from '../ci/tests.ts'
import { type Ready, type Report, type Trial, tryOut } from '../ci/trial.ts'
import { CliError, exitCodes } from '../errors.ts'
import type { Output } from '../output.ts'
import { fetchGitSteps, type GitSteps, gitUsesIn } from '../pipeline/git-steps.ts'
import { lineOf, loadPipelines, pipelineFilesHere } from '../pipeline/load.ts'
import { durationText } from '../table.ts'
import { type CommonOptions, outputOf } from './common.ts'

interface CiOptions extends CommonOptions {
  readonly base?: string
  readonly sample: number
  readonly scope?: string
  readonly param?: readonly string[]
  readonly summary?: string
}

/** Checks and tests what is here, and tries out what it would change. */
export async function ci(names: readonly string[], options: CiOptions): Promise<number> {
  const output = outputOf(options)
  const folder = process.cwd()
  await requireRepository(folder)
  const scope = options.scope ?? (await scopeHere(folder))
  const files = pipelineFilesHere()
  // Steps of other repositories are fetched by a server; without them, what is wrong is told before one is started.
  const early = gitUsesIn(files).length === 0 ? await check(files, names, undefined, output) : undefined
  const report =
    early?.passed === false
      ? { ...early, trials: [] }
      : await withServer(options, output, async (connection, serverIsNew): Promise<Report> => {
          const git = await fetchGitSteps(async () => connection, files)
          const { ready, tests, passed } = early ?? (await check(files, names, git, output))
          const { base, sample, param: params = [] } = options
          const trials: Trial[] = []
          for (const one of passed ? ready : []) {
            trials.push(await tryOut(connection, one, { base, scope, sample, params, serverIsNew }, output))
          }
          return { passed: passed && trials.every(isGood), tests, trials }
        })
  if (options.summary !== undefined) await writeFile(options.summary, markdownOf(report))
  output.result(report, () => linesOf(report))
  return report.passed ? exitCodes.ok : exitCodes.gateFailed
}

async function check(files: readonly string[], names: readonly string[], git: GitSteps | undefined, output: Output) {
  const ready = chosen(files, names, git)
  const tests = await runTests(ready, output)
  return { ready, tests, passed: tests.every((test) => test.passed) }
}

const isGood = ({ run }: Trial): boolean => run === null || run.state === 'succeeded'

/** The pipelines of the files here, or those that are named. @throws CliError with every mistake */
function chosen(files: readonly string[], names: readonly string[], git: GitSteps | undefined): Ready[] {
  const loaded = files.flatMap((file) => loadPipelines(file, { hash: true, git }))
  const findings = loaded.flatMap((one) => one.findings)
  if (findings.length > 0) {
    throw usage('cli.pipeline_invalid', 'A pipeline cannot be run as it is written', findings.map(lineOf).join('\n'))
  }
  const ready = loaded.flatMap((one) => (one.pipeline ? [{ ...one, pipeline: one.pipeline }] : []))
  const found = ready.map(({ pipeline }) => pipeline.name)
  const unknown = names.find((name) => !found.includes(name))
  if (unknown !== undefined) {
    throw usage('cli.no_pipeline', `There is no pipeline ${unknown} here`, `there are: ${found.join(', ')}`)
  }
  return names.length === 0 ? ready : ready.filter(({ pipeline }) => names.includes(pipeline.name))
}

const usage = (code: string, message: string, why: string) =>
  new CliError({ code, message, why, fix: 'evenkeel pipeline validate', exitCode: exitCodes.usage })

async function runTests(ready: readonly Ready[], output: Output): Promise<TestResult[]> {
  const results: TestResult[] = []
  for (const test of testsOf(ready)) {
    const result = await runTest(test)
    const { of, command, passed, durationMs } = result
    output.tell(
      { event: 'test', of, command, passed },
      `${passed ? '✓' : '✗'} test of ${of}  ${durationText(durationMs)}`,
    )
    if (!passed) output.say(result.output)
    results.push(result)
  }
  return results
}

const linesOf = ({ passed, tests, trials }: Report): string[] => [
  ...trials.flatMap(trialLines),
  ...tests.filter((test) => !test.passed).map(({ of, command }) => `the test of ${of} failed: ${command}`),
  passed ? 'passed' : 'failed',
]

const trialLines = ({ pipeline, base, affected, run, notRun }: Trial): string[] => [
  `${pipeline}  compared with ${base}`,
  ...affected.filter(({ kind }) => kind !== 'same').map(({ key, why }) => `  ~ ${key}  ${why.join(' ')}`),
  run ? `  run ${run.id} ${run.state}${run.reason ? `: ${run.reason}` : ''}` : `  not run: ${notRun}`,
]
