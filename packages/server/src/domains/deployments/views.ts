import { deploymentsErrors, type EndpointView, type Rollout, type TrafficPoint } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { type Page, type PageRequest, pageOf, positionOf } from '../../platform/page.ts'
import { fleetStore } from './fleet-store.ts'
import { quantileMs } from './latency.ts'
import { presentEndpoint, presentRollout } from './present.ts'
import type { EndpointKey, EndpointRow, RolloutRow } from './rows.ts'
import { deploymentsStore, type EndpointsAsked } from './store.ts'
import { trafficStore } from './traffic-store.ts'

const fail = failures(deploymentsErrors)

/** Spans behind the live numbers of an endpoint. */
const recentSeconds = 120
const newestSeconds = 5

const mostPoints = 1500
const pointWidthsSeconds = [1, 5, 10, 30, 60, 300, 900, 1800, 3600]

type EndpointsQuery = PageRequest & Pick<EndpointsAsked, 'model' | 'text'>

/** @throws DomainError `deployments.endpoint_not_found` */
export async function requireEndpoint(db: Db, key: EndpointKey): Promise<EndpointRow> {
  const found = await deploymentsStore(db).findEndpoint(key)
  if (!found) throw fail('deployments.endpoint_not_found', { endpoint: key.endpoint })
  return found
}

/** What people and other domains see. */
export function createViews({ db, now }: { readonly db: Db; readonly now: () => Date }) {
  const store = deploymentsStore(db)
  const secondsAgo = (seconds: number) => new Date(now().getTime() - seconds * 1000)

  async function presentRollouts(rows: readonly RolloutRow[]): Promise<Rollout[]> {
    const arms = await fleetStore(db, now).listArms(rows.map(({ id }) => id))
    const canaryOf = ({ id }: RolloutRow) => arms.find(({ rollout_id: of, arm }) => of === id && arm === 'canary')
    return rows.map((row) => presentRollout(row, canaryOf(row)))
  }

  async function presentEndpoints(projectId: string, endpoints: readonly EndpointRow[]): Promise<EndpointView[]> {
    const rollouts = await store.listNewest(projectId, endpoints)
    const arms = await fleetStore(db, now).listArms(rollouts.map(({ id }) => id))
    const generations = await store.generations(projectId)
    const nodes = await fleetStore(db, now).listNodes(projectId)
    const traffic = await trafficStore(db).recent(projectId, secondsAgo(recentSeconds), secondsAgo(newestSeconds))
    return endpoints.map((endpoint) => {
      const rollout = rollouts.find((row) => row.endpoint === endpoint.name)
      return presentEndpoint({
        endpoint,
        rollout,
        canary: arms.find(({ rollout_id: of, arm }) => of === rollout?.id && arm === 'canary'),
        generation: generations.get(endpoint.environment) ?? 0,
        nodes,
        traffic: traffic.find((row) => row.endpoint === endpoint.name),
        newestSeconds,
      })
    })
  }

  return {
    /** By name. */
    async listEndpoints(projectId: string, { limit, cursor, ...filter }: EndpointsQuery): Promise<Page<EndpointView>> {
      const rows = await store.listEndpoints({ projectId, ...filter, after: cursor, limit: limit + 1 })
      const { items, nextCursor } = pageOf(rows, limit, ({ name }) => name)
      return { items: await presentEndpoints(projectId, items), nextCursor }
    },

    /** For other domains: all there are, or all of a model, by name. */
    async everyEndpoint(projectId: string, model?: string): Promise<EndpointView[]> {
      return presentEndpoints(projectId, await store.listEndpoints({ projectId, model }))
    },

    /** For other domains: what these endpoints serve, or which serve these models. */
    serving: store.listServing,

    /** @throws DomainError `deployments.endpoint_not_found` */
    async endpoint(projectId: string, name: string): Promise<EndpointView> {
      const [view] = await presentEndpoints(projectId, [await requireEndpoint(db, { projectId, endpoint: name })])
      return view!
    },

    /** @throws DomainError `deployments.rollout_not_found` */
    async rollout(projectId: string, id: string): Promise<Rollout> {
      const row = await store.findRollout(id)
      if (row?.project_id !== projectId) throw fail('deployments.rollout_not_found', { rollout: id })
      const [view] = await presentRollouts([row])
      return view!
    },

    async listRollouts(key: EndpointKey, limit: number, cursor: string | undefined) {
      await requireEndpoint(db, key)
      const rows = await store.listRollouts(key, limit + 1, cursor === undefined ? undefined : positionOf(cursor))
      const { items, nextCursor } = pageOf(rows, limit, ({ position }) => position)
      return { items: await presentRollouts(items), nextCursor }
    },

    /** For other domains: rollouts of a model that began until then, newest first. */
    async rolloutsOf(projectId: string, model: string, until: Date, limit: number): Promise<Rollout[]> {
      return presentRollouts(await store.listOfModel(projectId, model, until, limit))
    },

    /** Rollouts of an endpoint that ran in a span of event time (ISO 8601), oldest first. */
    async rolloutsBetween(projectId: string, endpoint: string, from: string, until: string): Promise<Rollout[]> {
      return presentRollouts(await store.listBetween({ projectId, endpoint }, from, until))
    },

    async traffic(key: EndpointKey): Promise<TrafficPoint[]> {
      await requireEndpoint(db, key)
      const { seconds, lineCount } = await trafficStore(db).extent(key)
      const fits = (width: number) => (Math.ceil(seconds / width) + 1) * lineCount <= mostPoints
      const width = pointWidthsSeconds.find(fits) ?? pointWidthsSeconds.at(-1)!
      const points = await trafficStore(db).points(key, width)
      return points.slice(-mostPoints).map(({ at, latencyCounts, ...point }) => ({
        ...point,
        at: at.toISOString(),
        p50Ms: quantileMs(latencyCounts, 0.5) ?? 0,
        p99Ms: quantileMs(latencyCounts, 0.99) ?? 0,
      }))
    },
  }
}
