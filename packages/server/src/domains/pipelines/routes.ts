import { pipelines as endpoints, stepResults } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import { backfillsRoutes } from './backfills/routes.ts'
import { releasesRoutes } from './releases/routes.ts'
import { reproductionsRoutes } from './reproductions/routes.ts'
import { secretsRoutes } from './secrets/routes.ts'
import { runtimesRoutes } from './runtimes/routes.ts'
import type { Pipelines } from './service.ts'
import { stepSourcesRoutes } from './step-sources/routes.ts'
import { triggersRoutes } from './triggers/routes.ts'

export function pipelinesRoutes(app: FastifyInstance, pipelines: Pipelines): void {
  mount(app, endpoints, {
    list: async (_, caller) => ({ items: await pipelines.list(caller) }),
    put: ({ params, body }, caller) => pipelines.put(caller, params.pipeline, body),
    get: ({ params }, caller) => pipelines.get(caller, params.pipeline),
    putTrigger: ({ params, body }, caller) => pipelines.putTrigger(caller, params, body),
    listFirings: ({ params, query }, caller) => pipelines.listFirings(caller, params.pipeline, query),
    startRun: ({ params, body }, caller) => pipelines.startRun(caller, params.pipeline, body),
    listTargets: async () => ({ items: await pipelines.listTargets() }),
    listVersions: ({ params, query }, caller) => pipelines.listVersions(caller, params.pipeline, query),
    costs: ({ params, query }, caller) => pipelines.costs(caller, params.pipeline, query.days),
    plan: ({ params, body }, caller) => pipelines.plan(caller, params.pipeline, body),
    explainStep: ({ params }, caller) => pipelines.explainStep(caller, params),
    readSummary: async ({ params, query }, caller) => ({
      markdown: await pipelines.readSummary(caller, params, query),
    }),
    listRuns: ({ query }, caller) => pipelines.listRuns(caller, query),
    getRun: ({ params }, caller) => pipelines.getRun(caller, params.run),
    cancelRun: ({ params, body }, caller) => pipelines.cancelRun(caller, params.run, body.reason),
    retryRun: ({ params }, caller) => pipelines.retryRun(caller, params.run),
    listSlots: async (_, caller) => ({ items: await pipelines.slots.list(caller) }),
    putSlots: async ({ body }, caller) => ({ items: await pipelines.slots.put(caller, body.slots) }),
    readLog: ({ params, query }, caller) => pipelines.readLog(caller, params, query),
  })
  mount(app, stepResults, {
    listMetrics: ({ params, query }, caller) => pipelines.listMetrics(caller, params, query),
  })
  secretsRoutes(app, pipelines.secrets)
  stepSourcesRoutes(app, pipelines.stepSources)
  triggersRoutes(app, pipelines.triggers)
  backfillsRoutes(app, pipelines.backfills)
  releasesRoutes(app, pipelines.releases)
  reproductionsRoutes(app, pipelines.reproductions)
  runtimesRoutes(app, pipelines.runtimes)
}
