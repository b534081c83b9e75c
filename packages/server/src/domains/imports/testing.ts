import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Face } from '../mlflow/testing.ts'

const program = fileURLToPath(new URL('../../../../cli/bin/evenkeel.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `evenkeel import mlflow` as people do, in a process of its own. */
export function startImport(from: string, into: string, args: readonly string[] = []) {
  const command = [program, 'import', 'mlflow', from, '--url', into, '--json', ...args]
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
      runs: await Promise.all(runs.map((run: never) => runOf(face, run))),
      models: await Promise.all(models.map((model: never) => modelOf(face, model))),
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
  const histories = run.data.metrics.map(({ key }) =>
    ask(face, 'GET', 'metrics/get-history', { run_id: info.run_id, metric_key: key }),
  )
  return { ...run, info: kept, histories: await Promise.all(histories), files: await filesOf(face, uri) }
}

async function modelOf(face: Face, { info, data }: { info: Record<string, unknown>; data: unknown }) {
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
