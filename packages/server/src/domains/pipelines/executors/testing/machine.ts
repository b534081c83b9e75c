import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { processesOf, signal } from '../local/processes.ts'

/** One job of a machine, as a platform would know it. */
export interface MachineJob {
  readonly id: string
  readonly pid: number
  /** Null while it runs; 137 when it was killed. */
  exitCode: number | null
  /** Epoch milliseconds. */
  readonly startedAt: number
}

/**
 * A machine of a cluster, pretended: it starts what it is given as real processes of this host, with an environment of
 * its own, and kills them with all they started.
 */
export function createMachine() {
  const jobs = new Map<string, MachineJob>()
  const children = new Set<ChildProcess>()

  return {
    jobs,

    /** Starts one more, also under an id that is there: to see that is the platform's business. */
    async run(id: string, [program, ...rest]: readonly string[], folder: string): Promise<MachineJob> {
      const child = spawn(program!, rest, {
        cwd: folder,
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', MACHINE: 'pretended' },
        detached: true,
        stdio: 'ignore',
      })
      await once(child, 'spawn')
      children.add(child)
      const job: MachineJob = { id, pid: child.pid!, exitCode: null, startedAt: Date.now() }
      jobs.set(id, job)
      child.on('exit', (code) => {
        job.exitCode = code ?? 137
        children.delete(child)
      })
      return job
    },

    async kill(id: string): Promise<void> {
      const job = jobs.get(id)
      if (job?.exitCode === null) signal(-job.pid, 'SIGKILL')
      for (const pid of await processesOf(id)) signal(pid, 'SIGKILL')
    },

    async close(): Promise<void> {
      for (const id of jobs.keys()) await this.kill(id)
      await Promise.all([...children].map((child) => once(child, 'exit')))
    },
  }
}
