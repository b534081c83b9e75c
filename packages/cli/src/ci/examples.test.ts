import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { type Local, startLocal } from '../supervisor/index.ts'
import { freePort } from '../free-port.ts'

// A database, a server and a node are started for this, and commands as processes of their own.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const examples = fileURLToPath(new URL('../../../../examples/ci/', import.meta.url))
const program = fileURLToPath(new URL('../../bin/evenkeel.js', import.meta.url))

let folder: string
let local: Local | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-ci-example-'))
  // Whoever starts the database as root lets another user run it, who must get there.
  await chmod(folder, 0o755)
  const [port, inferencePort] = await Promise.all([freePort(), freePort()])
  local = await startLocal({ folder: join(folder, 'data'), port, inferencePort, onProgress: () => undefined })
  await makeTools()
  await makeRepository()
})
afterAll(async () => {
  await local?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What a runner brings along and this machine does not: packages from a registry, and the program of GitHub. */
async function makeTools(): Promise<void> {
  await mkdir(join(folder, 'bin'))
  const tools = {
    npm: 'test "$1" = ci',
    npx: `test "$1" = evenkeel && shift && exec "${process.execPath}" "${program}" "$@"`,
    gh: `cp "$5" "${folder}/comment.md"`,
  }
  for (const [name, script] of Object.entries(tools)) {
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
    await chmod(join(folder, 'bin', name), 0o755)
  }
}

const work = () => join(folder, 'work')

async function run(script: string, environment: NodeJS.ProcessEnv = {}, cwd = work()) {
  const { EVENKEEL_URL: _, EVENKEEL_TOKEN: __, GITHUB_REF: ___, ...inherited } = process.env
  const env = { ...inherited, PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, ...environment }
  return promisify(execFile)('/bin/bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env,
    maxBuffer: 64 * 1024 ** 2,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  )
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['-c', 'user.name=ana', '-c', 'user.email=ana@example.org', ...args],
    {
      cwd: work(),
    },
  )
  return stdout.trim()
}

async function makeRepository(): Promise<void> {
  await cp(examples, join(folder, 'origin'), { recursive: true })
  await mkdir(work())
  const inOrigin = { cwd: join(folder, 'origin') }
  const author = ['-c', 'user.name=ana', '-c', 'user.email=ana@example.org']
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    [...author, 'commit', '-qm', 'begin'],
  ]) {
    await promisify(execFile)('git', args, inOrigin)
  }
  await git('clone', '-q', join(folder, 'origin'), '.')
  await writeFile(join(folder, 'work/.git/info/exclude'), '*.md\n')
}

/** A change on a branch of its own. */
async function change(branch: string, path: string, from: string, to: string): Promise<void> {
  await git('checkout', '-q', '-B', branch, 'origin/main')
  const text = await readFile(join(work(), path), 'utf8')
  expect(text).toContain(from)
  await writeFile(join(work(), path), text.replace(from, to))
  await git('commit', '-qam', `change ${path}`)
}

async function merge(branch: string): Promise<void> {
  await git('push', '-q', 'origin', `${branch}:merged-${branch}`)
  await promisify(execFile)('git', ['reset', '-q', '--hard', `merged-${branch}`], { cwd: join(folder, 'origin') })
  await git('fetch', '-q')
  await git('checkout', '-q', '-B', 'main', 'origin/main')
}

interface Job {
  readonly commands: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Runs the commands of a job one after the other, as a runner does. */
async function runJob({ commands, environment }: Job, more: NodeJS.ProcessEnv) {
  const summary = join(folder, 'step-summary.md')
  await writeFile(summary, '')
  const done = []
  for (const command of commands) {
    const result = await run(command, { ...environment, GITHUB_STEP_SUMMARY: summary, ...more })
    done.push({ command, ...result })
    if (result.code !== 0) break
  }
  return done
}

const codesOf = (done: readonly { command: string; code: number; stderr: string }[]) =>
  done.filter(({ code }) => code !== 0).map(({ command, code, stderr }) => `${command}: ${code}\n${stderr}`)

const GitHub = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      env: z.record(z.string(), z.string()).default({}),
      steps: z.array(z.object({ run: z.string().optional() })),
    }),
  ),
})

async function gitHubJob(name: string, context: Readonly<Record<string, string>>): Promise<Job> {
  const { jobs } = GitHub.parse(parse(await readFile(join(examples, 'github-actions.yml'), 'utf8')))
  const fill = (text: string) =>
    text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
      const value = context[expression]
      if (value === undefined) throw new Error(`The example uses ${expression}, which the test does not know.`)
      return value
    })
  const { env, steps } = jobs[name]!
  const environment = Object.fromEntries(Object.entries(env).map(([key, value]) => [key, fill(value)]))
  return { commands: steps.flatMap((step) => step.run ?? []), environment }
}

const GitLabJob = z.object({ script: z.array(z.string()) })

async function gitLabJob(name: string): Promise<Job> {
  const file: unknown = parse(await readFile(join(examples, 'gitlab-ci.yml'), 'utf8'))
  const { default: common } = z.object({ default: z.object({ before_script: z.array(z.string()) }) }).parse(file)
  const { script } = z
    .record(z.string(), z.unknown())
    .transform((jobs) => GitLabJob.parse(jobs[name]))
    .parse(file)
  // The lines of a job share one shell.
  return { commands: [[...common.before_script, ...script].join('\n')], environment: {} }
}

const context = (url: string) => ({
  'vars.EVENKEEL_URL': url,
  'secrets.EVENKEEL_TOKEN': '',
  'secrets.EVENKEEL_APPROVER_TOKEN': '',
  'github.token': 'x',
  'github.base_ref': 'main',
  'github.event.number': '12',
  'github.event.head_commit.message': 'change `words` "$(touch hacked)"',
  'github.actor': 'ana',
})

const ask = async (...args: string[]) => {
  const { stdout } = await run(`npx evenkeel ${args.join(' ')} --json --url ${local!.url}`)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>
}

describe('the way of a change', () => {
  it('with GitHub Actions, from a pull request without a server to production', async () => {
    await change('longer', 'steps/count/count.sh', 'sort', 'LC_ALL=C sort')
    const tried = await runJob(await gitHubJob('try-out', context('')), {})
    expect(codesOf(tried)).toEqual([])
    const comment = await readFile(join(folder, 'comment.md'), 'utf8')
    expect(comment).toContain('## Evenkeel: passed')
    expect(comment).toContain('| count | changed | succeeded |')
    expect(comment).toContain('The file count.sh changed.')
    expect(comment).toContain('| steps/count | sh test.sh | passed |')
    expect(await readFile(join(folder, 'step-summary.md'), 'utf8')).toBe(comment)

    await merge('longer')
    const facts = context(local!.url)
    expect(codesOf(await runJob(await gitHubJob('staging', facts), {}))).toEqual([])
    expect(codesOf(await runJob(await gitHubJob('production', facts), {}))).toEqual([])
    const { document, inForceIn } = await ask('release', 'show', 'words@1')
    expect({ document, inForceIn }).toMatchObject({
      document: { commit: await git('rev-parse', 'HEAD'), dirty: false },
      inForceIn: ['production', 'staging'],
    })
  })

  it('with GitLab CI, where a merge request reuses what production has, and production keeps it', async () => {
    await run(`npx evenkeel run start words --environment production --follow --url ${local!.url}`)
    await change('fewer', 'steps/count/count.sh', 'uniq -c', 'uniq -c | sort -rn')
    const variables = {
      EVENKEEL_URL: local!.url,
      CI_MERGE_REQUEST_DIFF_BASE_SHA: await git('rev-parse', 'origin/main'),
      CI_MERGE_REQUEST_IID: '7',
      CI_COMMIT_TITLE: 'Sort by count',
      GITLAB_USER_LOGIN: 'ben',
    }
    expect(codesOf(await runJob(await gitLabJob('try-out'), variables))).toEqual([])
    const plan = await readFile(join(work(), 'plan.md'), 'utf8')
    expect(plan).toMatch(/\| draw \| same \| reused from [0-9a-f-]+ \|/)
    expect(plan).toContain('| count | changed | succeeded |')
    expect(plan).toMatch(/\| count \| long \| 5001 \| 5001 \| 0 \|/)

    await merge('fewer')
    expect(codesOf(await runJob(await gitLabJob('staging'), variables))).toEqual([])
    expect(codesOf(await runJob(await gitLabJob('production'), variables))).toEqual([])
    const again = await ask('run', 'start', 'words', '--environment production --follow')
    expect(again).toMatchObject({
      pipelineVersion: 3,
      environment: 'production',
      steps: [
        { key: 'draw', state: 'cached' },
        // The trial and the smoke run made this result before, and production takes neither.
        { key: 'count', state: 'succeeded' },
      ],
    })
  })

  it('makes a bundle that can be checked without a server, and tells when a file in it was changed', async () => {
    await run(`npx evenkeel release keys --url ${local!.url} | sed 1d > ${folder}/key.pem`)
    await run(`npx evenkeel release export words@1 --output ${folder}/words.tar --url ${local!.url}`)
    const verify = (path: string) =>
      run(`npx evenkeel release verify ${path} --key ${folder}/key.pem --url http://127.0.0.1:9`)
    expect(await verify(`${folder}/words.tar`)).toMatchObject({ code: 0, stdout: expect.stringContaining('✓ code') })

    await run(`mkdir -p ${folder}/bundle && tar -xf ${folder}/words.tar -C ${folder}/bundle`)
    expect((await verify(`${folder}/bundle`)).code).toBe(0)
    await run(`for f in ${folder}/bundle/code/*; do chmod u+w $f; echo changed >> $f; break; done`)
    expect(await verify(`${folder}/bundle`)).toMatchObject({ code: 6, stdout: expect.stringContaining('✗ code') })
    expect((await run(`npx evenkeel release import ${folder}/words.tar --url ${local!.url}`)).code).toBe(0)
  })
})

const registering = `
const { EVENKEEL_URL: url, EVENKEEL_TOKEN: token, EVENKEEL_RUN_ID: runId } = process.env
const content = {
  artifact: { digest: 'sha256:' + '0'.repeat(64), sizeBytes: 1, format: 'onnx' },
  golden: null,
  metrics: {},
  params: {},
  evaluation: null,
  baselines: [],
  lineage: { runId, pipeline: null, trigger: null, datasets: [], featureViews: [], trainedFrom: null, trainedUntil: null, trainingRowCount: null, commit: 'x', environment: {} },
  card: '',
}
const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' }
const answer = await fetch(url + '/api/v1/models/tried/versions', { method: 'POST', headers, body: JSON.stringify(content) })
console.log(answer.status, (await answer.json()).detail)
process.exitCode = answer.ok ? 0 : 1
`

describe('evenkeel ci', () => {
  it('ends with 6 when a component fails its test, shows what it wrote, and runs nothing', async () => {
    await change('broken', 'steps/count/test.sh', 'long=3', 'long=4')
    const { code, stderr, stdout } = await run(`npx evenkeel ci --url ${local!.url} --summary plan.md`)

    expect({ code, stdout }).toMatchObject({
      code: 6,
      stdout: expect.stringContaining('the test of steps/count failed'),
    })
    expect(stderr).toContain('✗ test of steps/count')
    expect(await readFile(join(work(), 'plan.md'), 'utf8')).toContain('A test failed, so nothing was run.')
  })

  it('ends with 6 when a step of the trial fails, and with 2 when a file is wrong or git is missing', async () => {
    await change('failing', 'steps/count/count.sh', 'set -eu', 'set -eu; test -z "${EVENKEEL_SAMPLE:-}"')
    const failed = await run(`npx evenkeel ci --url ${local!.url} --summary plan.md`)
    expect(failed).toMatchObject({ code: 6, stdout: expect.stringContaining('failed') })
    expect(await readFile(join(work(), 'plan.md'), 'utf8')).toContain('| count | changed | failed |')

    await change('wrong', 'pipelines/words.yaml', 'steps:', 'stpes:')
    expect(await run(`npx evenkeel ci --url ${local!.url}`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean "steps"?'),
    })
    await cp(examples, join(folder, 'bare'), { recursive: true })
    const bare = await run('npx evenkeel ci', { GIT_CEILING_DIRECTORIES: folder }, join(folder, 'bare'))
    expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining('no git repository') })
  })

  it('lets no trial register a model, also not by a command of its own', async () => {
    await git('checkout', '-q', '-B', 'registers', 'origin/main')
    await writeFile(join(work(), 'register.mjs'), registering)
    const steps = { try: { run: ['node', 'register.mjs'], code: ['register.mjs'] } }
    await writeFile(join(work(), 'pipelines/registers.yaml'), JSON.stringify({ name: 'registers', steps }))
    const { code, stdout } = await run(`npx evenkeel ci registers --url ${local!.url}`)

    const [, id] = /run (\S+) failed/.exec(stdout)!
    const { stdout: log } = await run(`npx evenkeel run logs ${id} --url ${local!.url}`)
    expect({ code, log }).toEqual({
      code: 6,
      log: expect.stringContaining('403 The run saw a sample of the data (0.01)'),
    })
    await rm(join(work(), 'pipelines/registers.yaml'))
    await rm(join(work(), 'register.mjs'))
  })

  it('says that nothing is affected, and starts no run', async () => {
    await git('checkout', '-q', '-B', 'main', 'origin/main')
    const report = await ask('ci', 'words')

    expect(report).toMatchObject({ passed: true, trials: [{ run: null, notRun: 'no step is affected.' }] })
  })
})
