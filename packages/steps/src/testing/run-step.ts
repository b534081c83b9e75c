import type { ParamValue } from '@evenkeel/contract'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface StepRun {
  readonly exitCode: number
  readonly log: string
  readonly values: Readonly<Record<string, unknown>>
  readonly progress: readonly { readonly progress: number; readonly says: string }[]
  readonly metrics: readonly { readonly name: string; readonly value: number | string }[]
  readonly summary: string
  /** Names of what it left at home, which is its scratch folder. */
  leftAtHome(): Promise<string[]>
  /** Path of an output. */
  output(name: string): string
  json(name: string): Promise<unknown>
}

export interface StepAsk {
  readonly params?: Readonly<Record<string, ParamValue>>
  /** Input name to a file. */
  readonly files?: Readonly<Record<string, string>>
  /** Parquet files of the dataset input `data`, oldest first. */
  readonly data?: readonly string[]
  readonly outputs?: readonly string[]
  readonly url?: string
  readonly model?: string
  readonly folder?: string
  /** Of a run that makes a version again. */
  readonly reproduces?: { readonly champion: number | null }
}

const digest = `sha256:${'0'.repeat(64)}`

/** Runs a step of this package as the engine does: a process with a folder, a context file and a clean environment. */
export async function runStepProcess(step: string, ask: StepAsk): Promise<StepRun> {
  const folder = ask.folder ?? (await mkdtemp(join(tmpdir(), `evenkeel-${step}-`)))
  for (const name of ['control', 'inputs/data', 'outputs', 'scratch'])
    await mkdir(join(folder, name), { recursive: true })
  for (const [at, file] of (ask.data ?? []).entries()) await symlink(file, join(folder, `inputs/data/${at}.parquet`))
  const control = (name: string) => join(folder, 'control', name)
  await writeFile(control('context.json'), JSON.stringify(contextOf(step, folder, ask)))

  const environment = {
    EVENKEEL_CONTEXT: control('context.json'),
    EVENKEEL_OUTPUT: control('output'),
    EVENKEEL_METRICS: control('metrics.jsonl'),
    EVENKEEL_SUMMARY: control('summary.md'),
    EVENKEEL_URL: ask.url ?? 'http://127.0.0.1:9',
    HOME: join(folder, 'scratch'),
    TMPDIR: join(folder, 'scratch'),
    TZ: 'UTC',
    NODE_COMPILE_CACHE: join(tmpdir(), 'evenkeel-node-cache'),
  }
  const { exitCode, log } = await execute(join(import.meta.dirname, `../${step}.ts`), environment)
  const read = (name: string) => readFile(control(name), 'utf8').catch(() => '')
  const told = jsonLines(await read('metrics.jsonl')) as (StepRun['progress'][number] | StepRun['metrics'][number])[]
  return {
    exitCode,
    log,
    values: Object.assign({}, ...jsonLines(await read('output'))) as Record<string, unknown>,
    progress: told.filter((line) => 'progress' in line),
    metrics: told.filter((line) => 'name' in line),
    summary: await read('summary.md'),
    leftAtHome: () => readdir(join(folder, 'scratch')),
    output: (name) => join(folder, 'outputs', name),
    json: async (name) => JSON.parse(await readFile(join(folder, 'outputs', name), 'utf8')) as unknown,
  }
}

function contextOf(
  step: string,
  folder: string,
  { params = {}, files = {}, data, outputs = [], model, reproduces }: StepAsk,
) {
  const version = { version: 1, digest, row_count: 1, event_time_min: null, event_time_max: null }
  const dataset = { kind: 'dataset', path: join(folder, 'inputs/data'), dataset: 'flights' }
  return {
    version: 1,
    pipeline: 'late',
    model: model ?? null,
    run: '0197f0c0-0000-7000-8000-000000000000',
    step,
    attempt: 1,
    commit: 'c0ffee',
    trigger: { kind: 'request', says: 'A test asked for it.', event_time: null },
    ...(reproduces && { reproduces }),
    params,
    inputs: {
      ...Object.fromEntries(Object.entries(files).map(([name, path]) => [name, { kind: 'file', path }])),
      ...(data && { data: { ...dataset, versions: data.map(() => ({ ...version, dataset: 'flights' })) } }),
    },
    outputs: Object.fromEntries(outputs.map((name) => [name, { path: join(folder, 'outputs', name) }])),
    datasets: [{ ...version, dataset: 'flights' }],
  }
}

function execute(script: string, env: NodeJS.ProcessEnv): Promise<{ exitCode: number; log: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error ? Number(error.code) : 0, log: stdout + stderr })
    })
  })
}

const jsonLines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
