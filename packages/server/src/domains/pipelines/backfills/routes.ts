import { backfills as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../../platform/http.ts'
import type { Backfills } from './service.ts'

export function backfillsRoutes(app: FastifyInstance, backfills: Backfills): void {
  mount(app, endpoints, {
    plan: ({ params, body }, caller) => backfills.plan(caller, params.pipeline, body),
    create: ({ params, body }, caller) => backfills.create(caller, params.pipeline, body),
    list: ({ query }, caller) => backfills.list(caller, query),
    get: ({ params }, caller) => backfills.get(caller, params.backfill),
    listPartitions: ({ params, query }, caller) => backfills.listPartitions(caller, params.backfill, query),
    pause: ({ params, body }, caller) => backfills.pause(caller, params.backfill, body.reason),
    resume: ({ params, body }, caller) => backfills.resume(caller, params.backfill, body.reason),
    cancel: ({ params, body }, caller) => backfills.cancel(caller, params.backfill, body),
    retry: ({ params, body }, caller) => backfills.retry(caller, params.backfill, body),
  })
}
