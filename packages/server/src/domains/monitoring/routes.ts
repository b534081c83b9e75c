import { monitoring as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Monitoring } from './service.ts'

export function monitoringRoutes(app: FastifyInstance, monitoring: Monitoring): void {
  mount(app, endpoints, {
    addSegment: ({ params, query, file }, { projectId }) =>
      monitoring.addSegment({ projectId, ...params, ...query, file }),
    addLabels: ({ params, body }, { projectId }) => monitoring.addLabels({ projectId, ...params }, body),
    list: ({ query }, { projectId }) => monitoring.listMonitors(projectId, query),
    put: ({ params, body }, caller) => monitoring.putMonitor(caller, params.monitor, body),
    get: ({ params }, { projectId }) => monitoring.getMonitor({ projectId, ...params }),
    listWindows: ({ params, query }, { projectId }) => monitoring.listWindows({ projectId, ...params }, query),
    compareFeature: ({ params: { monitor, start, feature } }, { projectId }) =>
      monitoring.compareFeature({ projectId, monitor }, start, feature),
    listIncidents: ({ query }, { projectId }) => monitoring.listIncidents(projectId, query),
    getIncident: ({ params }, { projectId }) => monitoring.getIncident(projectId, params.incident),
    recentPredictions: async ({ params, query }, { projectId }) => ({
      items: await monitoring.recentPredictions(projectId, params.endpoint, query.limit),
    }),
  })
}
