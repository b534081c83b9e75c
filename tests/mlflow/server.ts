import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { freePort, until } from '../faults/platform.ts'
import { python, runScript } from './python.ts'

/** MLflow's own server, as its manual starts it, with its data in a folder. */
export async function startMlflow(folder: string) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const stores = ['--backend-store-uri', `sqlite:///${folder}/mlflow.db`, '--artifacts-destination', `${folder}/files`]
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', ...stores]
  const child = spawn(python, args, { cwd: folder, stdio: 'ignore', detached: true })
  await until('the MLflow server', () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return {
    url,
    async stop(): Promise<void> {
      // The server is a family of processes.
      process.kill(-child.pid!, 'SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

export type MlflowServer = Awaited<ReturnType<typeof startMlflow>>

export type Everything = Record<'experiments' | 'models' | 'prompts', object>

/** All that the client of MLflow reads from a server. */
export async function everythingOf(url: string): Promise<Everything> {
  const text = await runScript('everything', { MLFLOW_TRACKING_URI: url })
  return JSON.parse(text.trim().split('\n').at(-1)!)
}
