import { loop as endpoints } from '@evenkeel/contract'
import type { FastifyInstance } from 'fastify'
import { mount } from '../../platform/http.ts'
import type { Loop } from './service.ts'

export function loopRoutes(app: FastifyInstance, loop: Loop): void {
  mount(app, endpoints, { read: (_, caller) => loop.read(caller) })
}
