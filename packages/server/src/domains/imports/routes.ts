import {
  type Experiment,
  type ImportedRun,
  type ImportLoggedModel,
  type ImportPoint,
  type ImportRun,
  imports as endpoints,
  type ImportVersion,
  type Lifecycle,
  type RunStatus,
  type StageLabel,
} from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import type { Caller } from '../../platform/auth.ts'
import { mount } from '../../platform/http.ts'

interface KeyValue {
  readonly key: string
  readonly value: string
}

interface Times {
  readonly createdMs: number
  readonly updatedMs: number
}

interface Target {
  readonly model: string
  readonly version: number
}

/** What imports need of those who keep what is brought. `app.ts` hands it over. */
export interface ImportsNeeds {
  readonly experimentImports: {
    putExperiment(
      caller: Caller,
      experiment: Times & {
        name: string
        artifactLocation: string | null
        lifecycle: Lifecycle
        tags: readonly KeyValue[]
      },
    ): Promise<Experiment>
    putLoggedModel(
      caller: Caller,
      id: string,
      model: ImportLoggedModel,
    ): Promise<{ artifactUri: string; lifecycle: Lifecycle; params: number; tags: number; metrics: number }>
  }
  readonly runImports: {
    states(caller: Caller, runs: readonly string[]): Promise<ImportedRun[]>
    put(caller: Caller, id: string, run: ImportRun): Promise<{ artifactUri: string }>
    addPoints(caller: Caller, id: string, points: readonly ImportPoint[]): Promise<void>
    end(
      caller: Caller,
      id: string,
      ending: { status: RunStatus; endedMs: number | null; lifecycle: Lifecycle; revision: string },
    ): Promise<ImportedRun>
  }
  readonly modelImports: {
    putModel(
      caller: Caller,
      model: string,
      sent: Times & { description: string; tags: readonly KeyValue[] },
    ): Promise<{ tags: number }>
    putVersion(
      caller: Caller,
      target: Target,
      version: ImportVersion,
    ): Promise<{ lifecycle: Lifecycle; tags: number; stageLabel: StageLabel }>
    putAlias(caller: Caller, target: Target & { alias: string }): Promise<void>
  }
}

export function importsRoutes(app: FastifyInstance, needs: ImportsNeeds): void {
  const { experimentImports, runImports, modelImports } = needs
  mount(app, endpoints, {
    putExperiment: ({ body }, caller) => experimentImports.putExperiment(caller, body),
    putLoggedModel: ({ params, body }, caller) => experimentImports.putLoggedModel(caller, params.model, body),
    states: async ({ body }, caller) => ({ items: await runImports.states(caller, body.runs) }),
    putRun: ({ params, body }, caller) => runImports.put(caller, params.run, body),
    addPoints: ({ params, body }, caller) => done(runImports.addPoints(caller, params.run, body.points)),
    endRun: ({ params, body }, caller) => runImports.end(caller, params.run, body),
    putModel: ({ params, body }, caller) => modelImports.putModel(caller, params.model, body),
    putVersion: ({ params, body }, caller) => modelImports.putVersion(caller, params, body),
    putAlias: ({ params, body }, caller) => done(modelImports.putAlias(caller, { ...params, ...body })),
  })
}

const done = (work: Promise<void>): Promise<Record<string, never>> => work.then(() => ({}))
