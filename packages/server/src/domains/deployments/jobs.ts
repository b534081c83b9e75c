import { deploymentsEvents, governanceEvents, registryEvents } from '@evenkeel/contract'
import { on, type Subscription } from '../../platform/events.ts'
import { type Job, periodic } from '../../platform/jobs.ts'
import type { AutoDeploy } from './auto-deploy.ts'
import type { DeploymentsDeps } from './deps.ts'
import { fleetStore } from './fleet-store.ts'
import type { Rollouts } from './rollouts.ts'
import { lockEndpoint } from './start-rollout.ts'
import { deploymentsStore } from './store.ts'
import { trafficStore } from './traffic-store.ts'

interface JobsDeps extends Pick<DeploymentsDeps, 'db' | 'now'> {
  readonly rollouts: Rollouts
  readonly autoDeploy: AutoDeploy
}

export function deploymentsJobs({ db, now, rollouts, autoDeploy }: JobsDeps): readonly Job[] {
  return [
    // Events make it quick; this makes it certain.
    periodic('deployments.advance', 2, async () => {
      const running = await deploymentsStore(db).listRunning()
      const results = await Promise.allSettled([
        ...running.map(({ id }) => rollouts.advance(id)),
        autoDeploy.deployWanted(),
      ])
      const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
      if (failed.length > 0) throw new AggregateError(failed, 'some rollouts could not be advanced')
    }),
    periodic('deployments.tidy', 60, async () => {
      await trafficStore(db).thin(now())
      await db.transaction().execute((tx) => fleetStore(tx, now).forgetGone())
    }),
  ]
}

export function deploymentsSubscriptions({ db, rollouts, autoDeploy }: Omit<JobsDeps, 'now'>): readonly Subscription[] {
  async function settleApproval(approvalId: string, approved: boolean): Promise<void> {
    const found = await deploymentsStore(db).findRolloutOfApproval(approvalId)
    if (!found) return
    await db.transaction().execute(async (tx) => {
      await lockEndpoint(tx, { projectId: found.project_id, endpoint: found.endpoint })
      const rollout = await deploymentsStore(tx).findRollout(found.id)
      if (rollout?.state !== 'awaiting_approval') return
      if (approved) await deploymentsStore(tx).changeRollout(rollout.id, { approved: true })
      else await rollouts.rollBack(tx, rollout, 'the approval was not given')
    })
    await rollouts.advance(found.id)
  }

  return [
    on(registryEvents, 'registry.gate_decided', 'deployments.want', async ({ projectId, model, version, passed }) => {
      if (!passed) return
      await autoDeploy.want(projectId, model, version)
      await autoDeploy.deployWanted()
    }),
    on(deploymentsEvents, 'deployments.rollout_ended', 'deployments.deploy_wanted', () => autoDeploy.deployWanted()),
    on(governanceEvents, 'governance.approval_decided', 'deployments.settle_approval', (event) =>
      settleApproval(event.approvalId, event.approved),
    ),
  ]
}
