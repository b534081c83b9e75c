import { stepSources as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../../platform/http.ts'
import type { StepSources } from './service.ts'

export function stepSourcesRoutes(app: FastifyInstance, sources: StepSources): void {
  mount(app, endpoints, { fetch: ({ body }, caller) => sources.fetch(caller, body) })
}
