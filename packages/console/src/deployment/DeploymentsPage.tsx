import type { EndpointView } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { pathTo, pathToVersion } from '../shell/paths.ts'
import {
  Brief,
  Card,
  CopyLine,
  Empty,
  formatCount,
  formatMs,
  formatPercent,
  Loaded,
  More,
  PageHead,
  PageLink,
  SearchField,
  StateWord,
  useSearchText,
} from '../ui/index.ts'
import { endpointsQuery } from './queries.ts'
import { ROLLOUT_STATES } from './rollout-words.ts'

/** What serves where, and is something on its way? */
export function DeploymentsPage() {
  const { text, settled } = useSearchText()
  const endpoints = useInfiniteQuery({ ...endpointsQuery(settled), refetchInterval: useCounterIntervalMs() })
  return (
    <div className="ek-page">
      <PageHead title="Deployments" note="Every endpoint with the version that answers, and what is on its way." />
      <Loaded query={endpoints} height={300}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return items.length === 0 && text === '' ? <First /> : <List endpoints={items} />
        }}
      </Loaded>
      <More query={endpoints}>Show more deployments</More>
    </div>
  )
}

const First = () => (
  <Card title="No deployment yet">
    <div className="ek-first">
      <p>
        An endpoint is an address that answers for a model, in an environment. Say which, then deploy a version to it;
        production asks a person first.
      </p>
      <CopyLine
        text={`evenkeel api PUT /api/v1/endpoints/my-model '{"environment": "staging", "model": "my-model"}'`}
      />
      <CopyLine text="evenkeel deploy my-model@1" />
    </div>
  </Card>
)

function List({ endpoints }: { readonly endpoints: readonly EndpointView[] }) {
  return (
    <Card
      title="All deployments"
      note="By name; traffic of the last two minutes. j and k move, Enter opens."
      flush
      actions={<SearchField label="Search deployments" />}
    >
      {endpoints.length === 0 ? <Empty title="No endpoint is called so." /> : <Table endpoints={endpoints} />}
    </Card>
  )
}

function Table({ endpoints }: { readonly endpoints: readonly EndpointView[] }) {
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>Endpoint</th>
          <th>Environment</th>
          <th>Serves</th>
          <th>On its way</th>
          <th className="ek-num">Requests</th>
          <th className="ek-num">Errors</th>
          <th className="ek-num">p95</th>
        </tr>
      </thead>
      <tbody>
        {endpoints.map((endpoint) => (
          <Row key={endpoint.name} endpoint={endpoint} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ endpoint }: { readonly endpoint: EndpointView }) {
  const { name, environment, description, model, version, rollout, nodes, traffic } = endpoint
  const { requests, errors, requestsPerSecond, p95Ms } = traffic
  return (
    <tr>
      <th scope="row" className="ek-named">
        <PageLink href={pathTo('deployments', name)} data-row>
          {name}
        </PageLink>
        {description && (
          <p>
            <Brief text={description} />
          </p>
        )}
      </th>
      <td data-label="Environment">{environment}</td>
      <td data-label="Serves" className="ek-named">
        <PageLink href={pathTo('models', model)}>{model}</PageLink>
        <p>
          {version === null ? (
            'nothing yet'
          ) : (
            <PageLink href={pathToVersion(model, version)}>version {version}</PageLink>
          )}
        </p>
        {!nodes.some(({ live }) => live) && <StateWord state="attention">no live node</StateWord>}
      </td>
      <td data-label="On its way" className="ek-named" data-none={rollout === null || undefined}>
        {rollout ? <OnItsWay rollout={rollout} /> : '–'}
      </td>
      <td data-label="Requests" className="ek-num">
        {requests === 0 ? <span className="ek-dim">none</span> : `${rateText(requestsPerSecond)} / s`}
      </td>
      <td data-label="Errors" className="ek-num" data-none={requests === 0 || undefined}>
        {requests === 0 ? '–' : formatPercent(errors / requests, 2)}
      </td>
      <td data-label="p95" className="ek-num" data-none={p95Ms === null || undefined}>
        {p95Ms === null ? '–' : formatMs(p95Ms)}
      </td>
    </tr>
  )
}

const rateText = (perSecond: number): string =>
  perSecond >= 10 ? formatCount(Math.round(perSecond)) : perSecond.toFixed(1)

function OnItsWay({ rollout }: { readonly rollout: NonNullable<EndpointView['rollout']> }) {
  const { model, toVersion, state, canaryWeight } = rollout
  const { mark, word } = ROLLOUT_STATES[state]
  return (
    <>
      <PageLink href={pathToVersion(model, toVersion)}>version {toVersion}</PageLink>
      {canaryWeight > 0 && `, ${canaryWeight} %`}
      <div>
        <StateWord state={mark}>{word}</StateWord>
      </div>
    </>
  )
}
