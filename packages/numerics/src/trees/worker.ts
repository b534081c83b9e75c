import { parentPort, workerData } from 'node:worker_threads'
import { boost } from './boost.ts'
import { joinTeam } from './team.ts'
import type { Workspace } from './workspace.ts'

/** What a training thread is started with. */
export interface WorkerTask {
  readonly workspace: Workspace
  readonly member: number
}

// `train.ts` starts this file with nothing but a `WorkerTask`.
const { workspace, member } = workerData as WorkerTask
const team = joinTeam(workspace.meeting, member, workspace.plan.threadCount)
boost(workspace, team, (report) => parentPort?.postMessage(report))
