import { experiments as experimentEndpoints, trackedRuns as runEndpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../../platform/auth.ts'
import { failPlatform } from '../../../platform/errors.ts'
import { mount } from '../../../platform/http.ts'
import type { Tracking } from '../service.ts'

export function trackingRoutes(app: FastifyInstance, tracking: Tracking): void {
  const { curves, experimentList, experiments, purge, runChanges, runDetails, search, stepRuns } = tracking
  mount(app, experimentEndpoints, {
    list: ({ query }, caller) => experimentList.list(caller, query),
    get: ({ params }, caller) => experimentList.get(caller, params.experiment),
    change: async ({ params, body }, caller) => {
      refuseStep(caller)
      await experiments.change(caller, params.experiment, body)
      return experimentList.get(caller, params.experiment)
    },
    keys: ({ params, query }, caller) => experimentList.keys(caller, params.experiment, query),
  })
  mount(app, runEndpoints, {
    search: ({ body }, caller) => search.table(caller, body),
    count: async ({ body }, caller) => ({ runs: await search.count(caller, body) }),
    aggregate: ({ body }, caller) => search.aggregate(caller, body),
    get: async ({ params }, caller) => {
      await stepRuns.admit(caller, params.run, false)
      return runDetails.get(caller, params.run)
    },
    curves: async ({ body }, caller) => ({ curves: await curves.read(caller, body) }),
    change: async ({ body }, caller) => ({ changed: await runChanges.change(caller, body) }),
    remove: async ({ body }, caller) => ({ deleted: await runChanges.delete(caller, body.runs) }),
    restore: async ({ body }, caller) => ({ restored: await runChanges.restore(caller, body.runs) }),
    planPurge: ({ body }, caller) => purge.plan(caller, body.runs),
    purge: ({ body }, caller) => purge.purge(caller, body.runs, body.confirmation),
  })
}

/** As MLflow's clients are refused. @throws DomainError `auth.not_allowed` */
function refuseStep({ kind, roles }: Caller): void {
  if (kind !== 'step') return
  const why = 'A step logs to experiments and may begin them; a person renames and moves them.'
  throw failPlatform('auth.not_allowed', { access: 'tracking:write', roles: [...roles] }, { why })
}
