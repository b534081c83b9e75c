import { blobHolders } from './blob-holders.ts'
import { localCaller } from './platform/auth.ts'
import type { Domain, Platform } from './platform/server.ts'
import { artifactsRoutes } from './domains/artifacts/routes.ts'
import { createArtifacts } from './domains/artifacts/service.ts'
import { datasetsRoutes } from './domains/datasets/routes.ts'
import { createDatasets } from './domains/datasets/service.ts'
import { deploymentsRoutes } from './domains/deployments/routes.ts'
import { createDeployments, type Deployments } from './domains/deployments/service.ts'
import { featuresRoutes } from './domains/features/routes.ts'
import { createFeatures } from './domains/features/service.ts'
import { governanceRoutes } from './domains/governance/routes.ts'
import { createGovernance, type Governance } from './domains/governance/service.ts'
import { importsRoutes } from './domains/imports/routes.ts'
import { lineageRoutes } from './domains/lineage/routes.ts'
import { createLineage } from './domains/lineage/service.ts'
import { loopRoutes } from './domains/loop/routes.ts'
import { createLoop } from './domains/loop/service.ts'
import { mlflowRoutes } from './domains/mlflow/routes.ts'
import { monitoringRoutes } from './domains/monitoring/routes.ts'
import { createMonitoring, type Monitoring } from './domains/monitoring/service.ts'
import { openRuns, pipelineVersion, runFacts, stepLoggingInto } from './domains/pipelines/run-facts.ts'
import { pipelinesRoutes } from './domains/pipelines/routes.ts'
import { createPipelines, type Pipelines } from './domains/pipelines/service.ts'
import { projectsRoutes } from './domains/projects/routes.ts'
import { createProjects } from './domains/projects/service.ts'
import { versionsFrom } from './domains/registry/catalog/origins.ts'
import { queryRoutes } from './domains/query/routes.ts'
import { createQueries } from './domains/query/service.ts'
import { createDrafts } from './domains/registry/drafts/drafts.ts'
import { modelImportsRoutes } from './domains/registry/drafts/routes.ts'
import { registryRoutes } from './domains/registry/routes.ts'
import { createRegistry, type Registry } from './domains/registry/service.ts'
import { storageRoutes } from './domains/storage/routes.ts'
import { createStorage } from './domains/storage/service.ts'
import { trackingRoutes } from './domains/tracking/api/routes.ts'
import { createTraces, type Traces } from './domains/traces/service.ts'
import { createWebhooks } from './domains/webhooks/service.ts'
import { createTracking, type Tracking } from './domains/tracking/service.ts'
import { championOf, changesBetween, filesAt, lineageSettings, servingOf, versionFolders } from './links.ts'

/** What only the process knows. */
export interface Surroundings {
  readonly now: () => Date
  /** Base URL of this server, once it listens. */
  readonly url: () => string
  /** Commit of the user's code. */
  readonly commit: () => string
  readonly workFolder: string
  /** Command of a step that ships with Evenkeel. */
  readonly builtinSteps: (name: string) => readonly string[] | undefined
  /** Digest of its code, when its result depends on nothing else than inputs and params. */
  readonly programCode: (name: string, params: Readonly<Record<string, unknown>>) => Promise<string | undefined>
  /** Digest of its code in any case; null when there is no such step. */
  readonly programDigest: (name: string) => Promise<string | null>
}

/** The composition root: the only file that knows every domain. */
export async function createApp(platform: Platform, { now, ...surroundings }: Surroundings) {
  const { db, url, blobs, queries, log, audit, config } = platform
  const projects = createProjects({ db, now })
  const artifacts = createArtifacts({ db, blobs, now })
  const { files } = artifacts
  const tracking: Tracking = createTracking({
    db,
    log,
    now,
    stepBehind: (...step) => stepLoggingInto(db, ...step),
    files,
    traces: {
      countOfRuns: (...of) => traces.removal.countOfRuns(...of),
      forget: (...owners) => traces.removal.forget(...owners),
      sweep: () => traces.removal.sweep(),
      countOld: (old) => traces.removal.countOld(old),
      deleteOld: (old) => traces.removal.deleteOld(old),
    },
    versionsFrom,
  })
  const { experiments, runs } = tracking
  const traces: Traces = createTraces({
    db,
    now,
    files,
    activeExperiment: experiments.getActive,
    requireRun: runs.get,
  })
  const isUser = async (projectId: string, name: string) =>
    (await projects.listUsers({ ...localCaller, projectId })).some((user) => user.name === name)
  const datasets = createDatasets({ db, blobs, queries, now, queryFolder: platform.queryFolder })

  // Some domains need each other. Each asks only when it is called, and by then all of them are there.
  const features = createFeatures({
    db,
    url,
    queries,
    blobs,
    datasets,
    now,
    nodesFollowing: (...view) => deployments.nodesFollowing(...view),
  })
  const governance: Governance = createGovernance({
    db,
    now,
    audit,
    version: (...version) => registry.version(...version),
    rollout: (...rollout) => deployments.rollout(...rollout),
    steps: {
      list: (...page) => pipelines.approvals.list(...page),
      find: (...approval) => pipelines.approvals.find(...approval),
      decide: (...decision) => pipelines.approvals.decide(...decision),
      delegate: (...delegation) => pipelines.approvals.delegate(...delegation),
    },
    promotions: {
      list: (...page) => pipelines.releases.requests.list(...page),
      find: (...approval) => pipelines.releases.requests.find(...approval),
      decide: (...decision) => pipelines.releases.requests.decide(...decision),
    },
    runStartedBy: (projectId, run) =>
      pipelines.getRun({ ...localCaller, projectId }, run).then(
        ({ createdBy }) => createdBy,
        () => null,
      ),
  })
  const registry: Registry = createRegistry({
    db,
    blobs,
    now,
    decideGate: governance.decideGate,
    approvals: governance.approvalsOf,
    endpointsOf: (projectId, models) => deployments.serving(projectId, 'model', models),
    rollout: (...rollout) => deployments.rollout(...rollout),
    isProduction: (environment) => environment === 'production',
    whyNoModel: (...run) => pipelines.whyNoModel(...run),
    noteReproduced: (...run) => pipelines.reproductions.noteRegistration(...run),
    useOf: (...model) => deployments.useOf(...model),
    filesAt: filesAt(artifacts),
    ...versionFolders(artifacts),
    servingOf: servingOf(() => deployments),
    rolloutsOf: (...model) => deployments.rolloutsOf(...model),
    isUser,
    url: () => config.publicUrl ?? surroundings.url(),
    renameElsewhere: governance.renameModel,
    ...tracking.registrations,
  })
  const modelImports = createDrafts({
    db,
    blobs,
    queries,
    now,
    registry,
    datasetVersion: (projectId, ...version) => datasets.getVersion({ ...localCaller, projectId }, ...version),
  })
  const deployments: Deployments = createDeployments({
    db,
    url,
    now,
    signingKey: await platform.signingKey('desired-state'),
    version: registry.version,
    requestApproval: governance.requestApproval,
    evidence: (...rollout) => monitoring.evidence(...rollout),
    eventTime: (...endpoint) => monitoring.eventTime(...endpoint),
  })
  const monitoring: Monitoring = createMonitoring({
    arrived: (...endpoint) => deployments.lookAgain(...endpoint),
    db,
    blobs,
    now,
    version: registry.version,
    endpoint: deployments.endpoint,
    serving: (projectId, endpoints) => deployments.serving(projectId, 'name', endpoints),
    rollout: deployments.rollout,
    changesBetween: changesBetween({ deployments, datasets }),
  })
  const pipelines: Pipelines = createPipelines({
    db,
    blobs,
    log,
    now,
    folder: config.folder,
    targetsFile: config.targetsFile,
    runtimes: config.runtimes,
    watchRoots: config.watchRoots,
    privateBuckets: config.privateBuckets,
    git: config.git,
    ...surroundings,
    queries,
    queryFolder: platform.queryFolder,
    signingKey: await platform.signingKey('releases'),
    environmentPolicy: governance.getEnvironmentPolicy,
    datasets,
    issueStepToken: projects.issueStepToken,
    revokeStepTokens: projects.revokeStepTokens,
    version: registry.version,
    software: {
      evenkeel: config.version,
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
    featureView: (projectId, view) =>
      features.get({ ...localCaller, projectId }, view).then(
        ({ version }) => version,
        () => null,
      ),
    runBehind: async (...version) => (await registry.version(...version)).lineage.runId,
    champion: championOf(registry),
    rolloutRunning: deployments.rolloutRunning,
    separatesDuties: async (...environment) => (await governance.getEnvironmentPolicy(...environment)).separateDuties,
    isUser,
  })
  const lineage = createLineage({
    ...lineageSettings(config),
    db,
    log,
    now,
    url: surroundings.url,
    openRuns,
    runFacts,
    pipelineVersion: (...version) => pipelineVersion(db, ...version),
    datasetVersion: (projectId, ...version) => datasets.getVersion({ ...localCaller, projectId }, ...version),
    datasetProfile: async (projectId, ...version) =>
      (await datasets.getProfile({ ...localCaller, projectId }, ...version)).columns,
    modelVersion: registry.version,
    approval: governance.getVersionApproval,
    rollout: deployments.rollout,
  })
  const { folder, privateWebhooks } = config
  const webhooks = createWebhooks({ ...registry.catalog, db, log, now, folder, privateWebhooks })
  const asked = createQueries({
    db,
    url,
    queryDatabaseUrl: config.queryDatabaseUrl,
    settle: () => tracking.settle(),
  })
  await asked.prepare()
  const loop = createLoop({ registry, pipelines, datasets, deployments, monitoring, governance, now })

  const storage = createStorage({
    db,
    blobs,
    log,
    now,
    holders: blobHolders,
    alwaysHeld: [platform.probe],
    collecting: config.collecting,
  })

  const domains: readonly Domain[] = [
    { routes: (http) => projectsRoutes(http, projects), jobs: projects.jobs },
    { routes: (http) => artifactsRoutes(http, artifacts), jobs: artifacts.jobs },
    { routes: (http) => datasetsRoutes(http, datasets), jobs: datasets.jobs },
    { routes: (http) => featuresRoutes(http, features) },
    { routes: (http) => registryRoutes(http, registry), subscriptions: registry.subscriptions },
    { routes: (http) => modelImportsRoutes(http, modelImports), jobs: modelImports.jobs },
    {
      routes: (http) => governanceRoutes(http, governance),
      subscriptions: governance.subscriptions,
      jobs: governance.jobs,
    },
    {
      routes: (http) => deploymentsRoutes(http, deployments),
      subscriptions: deployments.subscriptions,
      jobs: deployments.jobs,
    },
    {
      routes: (http) => monitoringRoutes(http, monitoring),
      subscriptions: monitoring.subscriptions,
      jobs: monitoring.jobs,
    },
    {
      routes: (http) => pipelinesRoutes(http, pipelines),
      subscriptions: pipelines.subscriptions,
      jobs: pipelines.jobs,
    },
    { routes: (http) => lineageRoutes(http, lineage), subscriptions: lineage.subscriptions, jobs: lineage.jobs },
    { routes: (http) => loopRoutes(http, loop) },
    { routes: (http) => queryRoutes(http, asked) },
    { routes: (http) => importsRoutes(http, { ...tracking, ...registry.catalog }) },
    {
      routes: (http) => trackingRoutes(http, tracking),
      jobs: tracking.jobs,
      background: tracking.background,
    },
    { routes: (http) => storageRoutes(http, storage), jobs: storage.jobs },
    { jobs: traces.jobs },
    { subscriptions: webhooks.subscriptions, jobs: webhooks.jobs },
    { routes: (http) => mlflowRoutes(http, { ...tracking, traces, webhooks, ...artifacts, ...registry.catalog }) },
  ]
  return { domains, projects, pipelines }
}
