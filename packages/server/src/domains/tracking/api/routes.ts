import {
  experiments as experimentEndpoints,
  retention as retentionEndpoints,
  runViews as viewEndpoints,
  trackedRuns as runEndpoints,
} from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../../platform/auth.ts'
import { failPlatform } from '../../../platform/errors.ts'
import { mount } from '../../../platform/http.ts'
import type { Tracking } from '../service.ts'

export function trackingRoutes(app: FastifyInstance, tracking: Tracking): void {
  const { curves, experimentList, experiments, purge, retention, runChanges, runDetails, runViews, search, stepRuns } =
    tracking
  mount(app, experimentEndpoints, {
    list: ({ query }, caller) => experimentList.list(caller, query),
    get: ({ params }, caller) => experimentList.get(caller, params.experiment),
    change: async ({ params, body }, caller) => {
      refuseStep(caller, 'A step logs to experiments and may begin them; a person renames and moves them.')
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
  mount(app, viewEndpoints, {
    list: async ({ params }, caller) => ({ views: await runViews.list(caller, params.experiment) }),
    create: ({ params, body }, caller) => {
      refuseStep(caller, viewsArePeoples)
      return runViews.create(caller, params.experiment, body)
    },
    update: ({ params, body }, caller) => {
      refuseStep(caller, viewsArePeoples)
      return runViews.update(caller, params.experiment, params.view, body)
    },
    delete: ({ params }, caller) => {
      refuseStep(caller, viewsArePeoples)
      return runViews.delete(caller, params.experiment, params.view)
    },
  })
  mount(app, retentionEndpoints, {
    list: ({ query }, caller) => retention.list(caller, query),
    get: async ({ params }, caller) => ({ inForce: await retention.get(caller, params.scope) }),
    set: ({ params, body }, caller) => retention.set(caller, params.scope, body),
    unset: async ({ params }, caller) => ({ removed: await retention.unset(caller, params.scope) }),
    preview: ({ params, body }, caller) => retention.preview(caller, params.scope, body.policy),
    apply: ({ params }, caller) => retention.apply(caller, params.scope),
    passes: ({ query }, caller) => retention.passes.list(caller, query),
    pass: ({ params }, caller) => retention.passes.get(caller, params.pass),
  })
}

const viewsArePeoples = 'A step logs to experiments; how their runs are looked at is for people to say.'

/** As MLflow's clients are refused. @throws DomainError `auth.not_allowed` */
function refuseStep({ kind, roles }: Caller, why: string): void {
  if (kind !== 'step') return
  throw failPlatform('auth.not_allowed', { access: 'tracking:write', roles: [...roles] }, { why })
}
