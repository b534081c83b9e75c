import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { pooled } from '../../platform/pooled.ts'
import type { Face } from '../mlflow/testing.ts'

const program = fileURLToPath(new URL('../../../../cli/bin/evenkeel.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `evenkeel import mlflow` as people do, in a process of its own. */
export const startImport = (from: string, into: string, args: readonly string[] = []) =>
  start(['import', 'mlflow', from, '--url', into, '--json', ...args])

/** The same for `evenkeel export mlflow`. */
export const startExport = (from: string, into: string, args: readonly string[] = []) =>
  start(['export', 'mlflow', into, '--url', from, '--json', ...args])

function start(args: readonly string[]) {
  const command = [program, ...args]
  const child: ChildProcess = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) child[stream]!.on('data', (text) => (written[stream] += text))
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...written })))
  return { child, ended }
}

/** An answer that has to be one. */
export async function ask({ call }: Face, method: string, path: string, message?: unknown) {
  const { status, body } = await call(method, path, message)
  if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`)
  return body
}

/** Stores a file behind `mlflow-artifacts:/`. */
export async function putFile({ world }: Face, uri: string, path: string, bytes: Uint8Array<ArrayBuffer>) {
  const folder = uri.replace(/^mlflow-artifacts:\/+/, '')
  const url = `${world.url}/api/2.0/mlflow-artifacts/artifacts/${folder}/${path}`
  const { ok, status } = await fetch(url, { method: 'PUT', body: bytes })
  if (!ok) throw new Error(`PUT ${url} answered ${status}`)
}

/** More at once would wait for connections of the database for so long that they are refused. */
const atOnce = 4

/** Experiments, runs, points, models and files of a server, as far as both sides must agree on them. */
export async function everythingOf(face: Face) {
  const { experiments } = await ask(face, 'POST', 'experiments/search', { view_type: 'ALL' })
  const found: Record<string, unknown> = {}
  for (const { experiment_id: id, name, tags, lifecycle_stage: lifecycle } of experiments) {
    const search = { experiment_ids: [id], run_view_type: 'ALL' }
    const { runs } = await ask(face, 'POST', 'runs/search', search)
    const { models } = await ask(face, 'POST', 'logged-models/search', { experiment_ids: [id] })
    found[name] = {
      tags,
      lifecycle,
      runs: await pooled(runs as FoundRun[], atOnce, (run) => runOf(face, run)),
      models: await pooled(models as FoundModel[], atOnce, (model) => modelOf(face, model)),
    }
  }
  const { registered_models: registered } = await ask(face, 'GET', 'registered-models/search', {})
  const { model_versions: versions } = await ask(face, 'GET', 'model-versions/search', {})
  const filter = "tags.`mlflow.prompt.is_prompt` = 'true'"
  const { model_versions: prompts } = await ask(face, 'GET', 'model-versions/search', { filter })
  return { found, registered: registered.map(plain), versions: versions.map(plain), prompts: prompts.map(plain) }
}

/** Ids of experiments differ, and so do places of files, which hold them. */
function plain({ source, latest_versions: _latest, ...thing }: Record<string, unknown>) {
  return { ...thing, source: String(source).replace(/^mlflow-artifacts:\/\d+\//, '') }
}

interface FoundRun {
  readonly info: { readonly run_id: string; readonly artifact_uri: string }
  readonly data: { readonly metrics: readonly { readonly key: string }[] }
}

async function runOf(face: Face, { info, ...run }: FoundRun) {
  const { experiment_id: _id, artifact_uri: uri, ...kept } = info as typeof info & { experiment_id: string }
  const histories: unknown[] = []
  for (const { key } of run.data.metrics) {
    histories.push(await ask(face, 'GET', 'metrics/get-history', { run_id: info.run_id, metric_key: key }))
  }
  return { ...run, info: kept, histories, files: await filesOf(face, uri) }
}

interface FoundModel {
  readonly info: Record<string, unknown>
  readonly data: unknown
}

async function modelOf(face: Face, { info, data }: FoundModel) {
  const { experiment_id: _id, artifact_uri: uri, ...kept } = info
  return { info: kept, data, files: await filesOf(face, String(uri)) }
}

/** Digests by path. */
async function filesOf({ world }: Face, uri: string): Promise<Record<string, string>> {
  const root = uri.replace(/^mlflow-artifacts:\/+/, '')
  const found: Record<string, string> = {}
  const list = async (folder: string) => {
    const answer = await fetch(`${world.url}/api/v1/files?${new URLSearchParams({ folder, limit: '500' })}`)
    const { items } = (await answer.json()) as { items: { name: string; isFolder: boolean; digest: string }[] }
    for (const { name, isFolder, digest } of items) {
      if (isFolder) await list(`${folder}/${name}`)
      else found[`${folder}/${name}`.slice(root.length)] = digest
    }
  }
  await list(root)
  return found
}

export const experimentName = 'Übung, "eins"'
export const runCount = 12
export const pointsOf = (key: string, count: number) =>
  Array.from({ length: count }, (_, step) => ({
    key,
    step: step === 0 ? '9007199254740993' : step,
    timestamp: 1_700_000_000_000 + step,
    value: step === 1 ? 'NaN' : step === 2 ? '-Infinity' : Math.sin(step),
  }))

/** What clients of MLflow leave: runs with long curves, files, a logged model, versions, aliases, a prompt, deleted runs. */
export async function fill(face: Face): Promise<void> {
  const tags = [{ key: 'team', value: 'fraud 🙂' }]
  const { experiment_id } = await ask(face, 'POST', 'experiments/create', { name: experimentName, tags })
  let first: string | undefined
  for (let number = 0; number < runCount; number++) {
    const { run } = await ask(face, 'POST', 'runs/create', {
      experiment_id,
      user_id: 'ana',
      run_name: `run ${number}`,
      start_time: 1_700_000_000_000 + number,
      tags,
    })
    const { run_id, artifact_uri } = run.info
    const params = Array.from({ length: 20 }, (_, at) => ({ key: `p${at}`, value: `${at}` }))
    await ask(face, 'POST', 'runs/log-batch', { run_id, params, metrics: pointsOf('auc', 900) })
    await ask(face, 'POST', 'runs/log-batch', { run_id, metrics: pointsOf('loss/a b', 5) })
    const dataset = { name: 'flights', digest: `d${number}`, source_type: 'local', source: '{}', profile: '{"n":1}' }
    const inputs = [{ tags: [{ key: 'mlflow.data.context', value: 'train' }], dataset }]
    await ask(face, 'POST', 'runs/log-inputs', { run_id, datasets: inputs })
    await putFile(face, artifact_uri, 'empty', new Uint8Array())
    await putFile(face, artifact_uri, 'a%20b/ü.bin', new Uint8Array(200_000).fill(number))
    await ask(face, 'POST', 'runs/update', { run_id, status: 'FINISHED', end_time: 1_700_000_100_000 })
    if (number === 0) await addModels(face, experiment_id, run_id, artifact_uri)
    first ??= run_id
    if (number > 8) await ask(face, 'POST', 'runs/set-tag', { run_id, key: 'mlflow.parentRunId', value: first })
    if (number === 1) await ask(face, 'POST', 'runs/delete', { run_id })
  }
}

async function addModels(face: Face, experiment_id: string, run_id: string, files: string): Promise<void> {
  const { model } = await ask(face, 'POST', 'logged-models', { experiment_id, name: 'm', source_run_id: run_id })
  const { model_id, artifact_uri } = model.info
  await putFile(face, artifact_uri, 'MLmodel', new TextEncoder().encode('flavors: {}'))
  await ask(face, 'POST', 'runs/outputs', { run_id, models: [{ model_id, step: 3 }] })
  const point = { key: 'f1', value: 0.5, timestamp: 1_700_000_000_000, step: 3, model_id }
  await ask(face, 'POST', 'runs/log-batch', { run_id, metrics: [point] })
  const history = JSON.stringify([{ run_id, artifact_path: 'a b', model_uuid: 'f'.repeat(32) }])
  await ask(face, 'POST', 'runs/set-tag', { run_id, key: 'mlflow.log-model.history', value: history })
  const name = "it's churn"
  await ask(face, 'POST', 'registered-models/create', { name, description: 'Who leaves.' })
  await ask(face, 'POST', 'model-versions/create', { name, source: `${files}/a b`, run_id })
  await ask(face, 'POST', 'model-versions/create', { name, source: 's3://bucket/gone' })
  await ask(face, 'DELETE', 'model-versions/delete', { name, version: '2' })
  await ask(face, 'POST', 'model-versions/create', { name, source: `models:/${model_id}`, model_id })
  await ask(face, 'POST', 'model-versions/create', { name, source: 's3://bucket/model' })
  await ask(face, 'POST', 'registered-models/alias', { name, alias: 'champion', version: '3' })
  await ask(face, 'POST', 'model-versions/transition-stage', { name, version: '1', stage: 'Staging' })
  const prompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }
  await ask(face, 'POST', 'registered-models/create', { name: 'ask', tags: [prompt] })
  const text = { key: 'mlflow.prompt.text', value: 'Dear {{name}}' }
  await ask(face, 'POST', 'model-versions/create', { name: 'ask', source: 'dummy-source', tags: [prompt, text] })
}
