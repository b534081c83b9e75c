import {
  mlflowArtifacts,
  mlflowAssessments,
  mlflowExperiments,
  mlflowLoggedModels,
  mlflowMetrics,
  mlflowModelVersions,
  mlflowRegisteredModels,
  mlflowRuns,
  mlflowSearch,
  mlflowTraces,
  mlflowWebhooks,
} from '@evenkeel/contract/mlflow'
import type { FastifyInstance } from 'fastify'
import { failPlatform } from '../../platform/errors.ts'
import { answerError } from '../../platform/http/problem.ts'
import { artifactProxy, type ProxyNeeds } from './artifact-proxy.ts'
import { artifactHandlers, artifactPages } from './artifacts.ts'
import { type AssessmentsNeeds, assessmentHandlers } from './assessments.ts'
import { takeMlflowJson } from './body.ts'
import { type ExperimentsNeeds, experimentHandlers } from './experiments.ts'
import { mountRpcs } from './face.ts'
import { otlpRoutes, type SpansNeeds } from './otlp.ts'
import { filesForSteps, type StepNeeds, stepGuard } from './step-guard.ts'
import { modelVersionHandlers, type ModelVersionsNeeds } from './model-versions.ts'
import { registeredModelHandlers, type RegisteredModelsNeeds } from './registered-models.ts'
import { type LoggedModelsNeeds, loggedModelHandlers } from './logged-models.ts'
import { type MetricsNeeds, metricHandlers } from './metrics.ts'
import { type RunsNeeds, runHandlers } from './runs.ts'
import { searchHandlers, type SearchNeeds } from './search.ts'
import { traceHandlers, type TracesNeeds } from './traces.ts'
import { webhookHandlers, type WebhooksNeeds } from './webhooks.ts'
import { mlflowWire } from './wire.ts'

/** The version of MLflow whose surface this is; clients turn features on by it. */
const mlflowVersion = '3.11.0'

const serverInfo = { store_type: 'SqlStore', workspaces_enabled: false }

/** What the face needs from the domains that keep what it speaks of. `app.ts` hands them over. */
export interface MlflowDeps extends RunsNeeds, ProxyNeeds, StepNeeds {
  readonly experiments: ExperimentsNeeds
  readonly registeredModels: RegisteredModelsNeeds
  readonly modelVersions: ModelVersionsNeeds
  readonly loggedModels: LoggedModelsNeeds
  readonly history: MetricsNeeds
  readonly search: SearchNeeds
  readonly webhooks: WebhooksNeeds
  readonly traces: TracesNeeds & SpansNeeds & { readonly assessments: AssessmentsNeeds }
}

/** What clients find behind `MLFLOW_TRACKING_URI`. */
export function mlflowRoutes(app: FastifyInstance, needs: MlflowDeps): void {
  const guard = stepGuard(needs)
  answerPlainly(app, '/health', 'OK')
  answerPlainly(app, '/version', mlflowVersion)
  for (const prefix of ['/api/2.0', '/api/3.0', '/ajax-api/2.0', '/ajax-api/3.0']) {
    void app.register(async (scope) => refuseUnknown(scope), { prefix })
  }
  otlpRoutes(app, needs)
  void app.register(async (scope) => {
    takeMlflowJson(scope)
    scope.setErrorHandler((error, request, reply) => answerError(error, request, reply, mlflowWire))
    for (const prefix of ['/api', '/ajax-api']) answerPlainly(scope, `${prefix}/3.0/mlflow/server-info`, serverInfo)
    mountRpcs(scope, mlflowExperiments, experimentHandlers(needs.experiments), guard)
    mountRpcs(scope, mlflowRuns, runHandlers(needs), guard)
    mountRpcs(scope, mlflowMetrics, metricHandlers(needs.history), guard)
    mountRpcs(scope, mlflowRegisteredModels, registeredModelHandlers(needs.registeredModels), guard)
    mountRpcs(scope, mlflowModelVersions, modelVersionHandlers(needs.modelVersions), guard)
    mountRpcs(scope, mlflowSearch, searchHandlers(needs.search))
    mountRpcs(scope, mlflowLoggedModels, loggedModelHandlers(needs.loggedModels), guard)
    mountRpcs(scope, mlflowArtifacts, artifactHandlers(needs), guard)
    mountRpcs(scope, mlflowWebhooks, webhookHandlers(needs.webhooks), guard)
    mountRpcs(scope, mlflowTraces, traceHandlers(needs.traces), guard)
    mountRpcs(scope, mlflowAssessments, assessmentHandlers(needs.traces.assessments), guard)
    artifactProxy(scope, filesForSteps(needs))
    artifactPages(scope, filesForSteps(needs))
  })
}

function answerPlainly(app: FastifyInstance, path: string, answer: string | object): void {
  app.get(path, async (request, reply) => {
    request.caller = await app.admit(request, 'public')
    return typeof answer === 'string' ? reply.type('text/plain').send(answer) : answer
  })
}

/** A route that is not there is told so: clients fall back to an older one by that code alone. */
function refuseUnknown(scope: FastifyInstance): void {
  scope.setNotFoundHandler((request, reply) => {
    const failure = failPlatform('http.not_found', { method: request.method, path: request.url.split('?')[0]! })
    return answerError(failure, request, reply, mlflowWire)
  })
}
