import { join } from 'node:path'
import { createDockerPlatform } from './docker/index.ts'
import type { Executor, PlaceFile } from './executor.ts'
import { createFolderExecutor } from './folder/index.ts'
import type { Platform } from './folder/platform.ts'
import { createKubernetesPlatform } from './kubernetes/index.ts'
import { createLocalExecutor } from './local/index.ts'
import { createRayPlatform } from './ray/index.ts'
import { createSlurmPlatform } from './slurm/index.ts'
import type { RemoteTarget, Targets } from './targets.ts'

export interface ExecutorNeeds {
  /** Where the folders of attempts lie. */
  readonly folder: string
  readonly place: PlaceFile
  /** Runs one piece of work at a time under this name, of all servers on this database. */
  readonly exclusively: <T>(name: string, work: () => Promise<T>) => Promise<T>
}

/**
 * Every place a step can run, by the name of its target. A new kind is a folder, a line below and a green conformance
 * suite.
 */
export function createExecutors(needs: ExecutorNeeds, targets: Targets = {}): ReadonlyMap<string, Executor> {
  const remote = Object.entries(targets).flatMap(([name, target]) =>
    target.kind === 'local' ? [] : [[name, createRemote(name, target, needs)] as const],
  )
  return new Map([['local', createLocalExecutor(needs)], ...remote])
}

function createRemote(name: string, target: RemoteTarget, needs: ExecutorNeeds): Executor {
  const folder = target.folder ? join(target.folder, 'attempts') : needs.folder
  const { kind } = target
  const platform = createPlatform(name, target, folder, needs)
  return createFolderExecutor({ kind, platform, folder, place: needs.place, pollMs: pollMs[kind] })
}

function createPlatform(name: string, target: RemoteTarget, folder: string, { exclusively }: ExecutorNeeds): Platform {
  switch (target.kind) {
    case 'docker':
      return createDockerPlatform(target)
    case 'slurm':
      return createSlurmPlatform({ target, folder, exclusively: (work) => exclusively(`slurm ${name}`, work) })
    case 'ray':
      return createRayPlatform(target)
    case 'kubernetes':
      return createKubernetesPlatform(target, folder)
  }
}

/** How often each is asked; the end of a job is seen in its folder before that. */
const pollMs = { docker: 1000, slurm: 5000, ray: 2000, kubernetes: 2000 } as const satisfies Record<
  RemoteTarget['kind'],
  number
>
