import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router'
import { PartitionState, RunState } from '@evenkeel/contract'
import { z } from 'zod'
import { LoopPage } from './loop/LoopPage.tsx'
import { loopQuery } from './loop/queries.ts'
import { NotFound } from './shell/NotFound.tsx'
import { Shell } from './shell/Shell.tsx'
import { Crash } from './shell/Crash.tsx'

interface RouterContext {
  readonly queryClient: QueryClient
}

/** A part of the address that makes no sense is left out instead of breaking the page. */
const maybe = <S extends z.ZodType>(schema: S) => schema.optional().catch(undefined)

const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: Crash,
  validateSearch: z.object({ embed: maybe(z.literal(1)) }),
  search: { middlewares: [retainSearchParams(['embed'])] },
})

const loopRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: z.object({ model: maybe(z.coerce.string()) }),
  loader: ({ context }) => void context.queryClient.prefetchQuery(loopQuery),
  component: LoopPage,
})

const modelsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models',
  validateSearch: z.object({
    text: maybe(z.coerce.string()),
    /** `user:ana`, `team:risk`, or `ana` for either. */
    owner: maybe(z.coerce.string().max(150)),
  }),
  component: lazyRouteComponent(() => import('./model/ModelsPage.tsx'), 'ModelsPage'),
})

const modelRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models/$model',
  validateSearch: z.object({
    tab: maybe(z.enum(['overview', 'versions', 'lineage', 'history'])),
    version: maybe(z.int().positive()),
  }),
  component: lazyRouteComponent(() => import('./model/ModelPage.tsx'), 'ModelPage'),
})

const versionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models/$model/versions/$version',
  component: lazyRouteComponent(() => import('./model/VersionPage.tsx'), 'VersionPage'),
})

const cardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models/$model/versions/$version/card',
  component: lazyRouteComponent(() => import('./model/CardPage.tsx'), 'CardPage'),
})

const versionCompareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/models/$model/compare',
  validateSearch: z.object({
    before: maybe(z.int().positive()),
    after: maybe(z.int().positive()),
    all: maybe(z.literal(true)),
  }),
  component: lazyRouteComponent(() => import('./model/ComparePage.tsx'), 'ComparePage'),
})

const deploymentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/deployments',
  validateSearch: z.object({ text: maybe(z.coerce.string()) }),
  component: lazyRouteComponent(() => import('./deployment/DeploymentsPage.tsx'), 'DeploymentsPage'),
})

const deploymentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/deployments/$endpoint',
  validateSearch: z.object({ charts: maybe(z.enum(['lines', 'table'])) }),
  component: lazyRouteComponent(() => import('./deployment/DeploymentPage.tsx'), 'DeploymentPage'),
})

const monitorsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/monitors',
  validateSearch: z.object({ text: maybe(z.coerce.string()) }),
  component: lazyRouteComponent(() => import('./monitor/MonitorsPage.tsx'), 'MonitorsPage'),
})

const monitorRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/monitors/$monitor',
  validateSearch: z.object({
    view: maybe(z.enum(['map', 'table'])),
    charts: maybe(z.enum(['lines', 'table'])),
    window: maybe(z.coerce.string()),
    feature: maybe(z.coerce.string()),
    incident: maybe(z.coerce.string()),
  }),
  component: lazyRouteComponent(() => import('./monitor/MonitorPage.tsx'), 'MonitorPage'),
})

const pipelinesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/pipelines',
  component: lazyRouteComponent(() => import('./pipeline/PipelinesPage.tsx'), 'PipelinesPage'),
})

/** How the steps of a graph are shown, and which of them is open. */
const stepsSearch = { view: maybe(z.enum(['graph', 'list'])), step: maybe(z.coerce.string()) }

const pipelineRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/pipelines/$pipeline',
  validateSearch: z.object({ ...stepsSearch, state: maybe(RunState) }),
  component: lazyRouteComponent(() => import('./pipeline/PipelinePage.tsx'), 'PipelinePage'),
})

const runRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runs/$run',
  validateSearch: z.object(stepsSearch),
  component: lazyRouteComponent(() => import('./run/RunPage.tsx'), 'RunPage'),
})

const automationsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/automations',
  component: lazyRouteComponent(() => import('./pipeline/AutomationsPage.tsx'), 'AutomationsPage'),
})

const backfillsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/backfills',
  component: lazyRouteComponent(() => import('./backfill/BackfillsPage.tsx'), 'BackfillsPage'),
})

const backfillRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/backfills/$backfill',
  validateSearch: z.object({ state: maybe(PartitionState) }),
  component: lazyRouteComponent(() => import('./backfill/BackfillPage.tsx'), 'BackfillPage'),
})

const approvalsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/approvals',
  component: lazyRouteComponent(() => import('./approval/ApprovalsPage.tsx'), 'ApprovalsPage'),
})

const approvalRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/approvals/$approval',
  component: lazyRouteComponent(() => import('./approval/ApprovalPage.tsx'), 'ApprovalPage'),
})

const lineageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/lineage',
  validateSearch: z.object({
    node: maybe(z.coerce.string()),
    text: maybe(z.coerce.string()),
    direction: maybe(z.enum(['upstream', 'downstream'])),
    view: maybe(z.enum(['graph', 'list'])),
  }),
  component: lazyRouteComponent(() => import('./lineage/LineagePage.tsx'), 'LineagePage'),
})

const experimentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiments',
  validateSearch: z.object({ folder: maybe(z.coerce.string()), text: maybe(z.coerce.string()) }),
  component: lazyRouteComponent(() => import('./experiment/ExperimentsPage.tsx'), 'ExperimentsPage'),
})

const experimentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiments/$experiment',
  validateSearch: z.object({
    filter: maybe(z.coerce.string()),
    order: maybe(z.coerce.string()),
    /** Such as `metric:auc` and `min:loss`; see `experiment/columns.ts`. */
    columns: maybe(z.array(z.string()).max(500)),
    /** The id of a saved view, or `none`; the rest says what is other than in it. See `experiment/table-state.ts`. */
    view: maybe(z.coerce.string()),
    /** In pixels, by column. */
    widths: maybe(z.record(z.string(), z.int().min(60).max(1200))),
    /** Such as `params.optimizer`. */
    group: maybe(z.coerce.string()),
    lifecycle: maybe(z.enum(['active', 'deleted'])),
    selected: maybe(z.array(z.string()).max(100)),
  }),
  component: lazyRouteComponent(() => import('./experiment/ExperimentPage.tsx'), 'ExperimentPage'),
})

const importStartRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/new/import',
  component: lazyRouteComponent(() => import('./import/ImportStartPage.tsx'), 'ImportStartPage'),
})

const importRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/new/import/$draft',
  component: lazyRouteComponent(() => import('./import/ImportPage.tsx'), 'GoOn'),
})

const importStepRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/new/import/$draft/$step',
  validateSearch: z.object({ code: maybe(z.literal(true)) }),
  component: lazyRouteComponent(() => import('./import/ImportPage.tsx'), 'ImportPage'),
})

/** How curves are drawn: over steps or time, how smooth, on which scale. */
const curvesSearch = {
  axis: maybe(z.enum(['step', 'time'])),
  smooth: maybe(z.number().min(0).max(0.99)),
  log: maybe(z.boolean()),
  charts: maybe(z.enum(['lines', 'table'])),
}

const trackedRunRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiments/$experiment/runs/$run',
  validateSearch: z.object({ ...curvesSearch, file: maybe(z.coerce.string()) }),
  component: lazyRouteComponent(() => import('./tracked-run/TrackedRunPage.tsx'), 'TrackedRunPage'),
})

const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/compare',
  validateSearch: z.object({
    ...curvesSearch,
    /** Ids, joined by commas. */
    runs: maybe(z.coerce.string()),
    baseline: maybe(z.coerce.string()),
    all: maybe(z.boolean()),
    /** Axes of the parallel coordinates, and of the scatter: `param:lr`, `metric:auc`. */
    axes: maybe(z.array(z.string()).max(50)),
    x: maybe(z.coerce.string()),
    y: maybe(z.coerce.string()),
  }),
  component: lazyRouteComponent(() => import('./compare/ComparePage.tsx'), 'ComparePage'),
})

export function createAppRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: rootRoute.addChildren([
      loopRoute,
      pipelinesRoute,
      pipelineRoute,
      runRoute,
      modelsRoute,
      modelRoute,
      versionRoute,
      versionCompareRoute,
      cardRoute,
      deploymentsRoute,
      deploymentRoute,
      monitorsRoute,
      monitorRoute,
      automationsRoute,
      backfillsRoute,
      backfillRoute,
      approvalsRoute,
      approvalRoute,
      lineageRoute,
      experimentsRoute,
      experimentRoute,
      trackedRunRoute,
      compareRoute,
      importStartRoute,
      importRoute,
      importStepRoute,
    ]),
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPendingMs: 200,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
