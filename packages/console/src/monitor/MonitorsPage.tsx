import { type Monitor, type MonitorWindow, plural } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { pathTo } from '../shell/paths.ts'
import {
  Card,
  CopyLine,
  Empty,
  formatDate,
  Loaded,
  More,
  PageHead,
  PageLink,
  SearchField,
  StateWord,
  useSearchText,
} from '../ui/index.ts'
import { monitorsQuery } from './queries.ts'
import { MONITOR_STATES } from './states.ts'
import { windowWords } from './window-words.ts'

/** Which models have changed in the world, and where is an incident open? */
export function MonitorsPage() {
  const { text, settled } = useSearchText()
  const monitors = useInfiniteQuery(monitorsQuery(settled))
  return (
    <div className="ek-page">
      <PageHead title="Monitors" note="Every monitor with its newest complete window and its open incidents." />
      <Loaded query={monitors} height={300}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return items.length === 0 && text === '' ? <First /> : <List monitors={items} />
        }}
      </Loaded>
      <More query={monitors}>Show more monitors</More>
    </div>
  )
}

const EXAMPLE = '{"endpoint": "my-model", "origin": "2026-01-01T00:00:00Z", "performance": {"atLeast": 0.7}}'

const First = () => (
  <Card title="No monitor yet">
    <div className="ek-first">
      <p>
        A monitor watches a <PageLink href="/deployments">deployment</PageLink> in windows of event time, a week unless
        told otherwise: drift against the training data, performance as labels arrive, and data quality. What is bad
        enough opens an incident that says why and what to do.
      </p>
      <CopyLine text={`evenkeel api PUT /api/v1/monitors/my-model '${EXAMPLE}'`} />
    </div>
  </Card>
)

function List({ monitors }: { readonly monitors: readonly Monitor[] }) {
  return (
    <Card
      title="All monitors"
      note="By name. j and k move, Enter opens."
      flush
      actions={<SearchField label="Search monitors" />}
    >
      {monitors.length === 0 ? <Empty title="No monitor is called so." /> : <Table monitors={monitors} />}
    </Card>
  )
}

function Table({ monitors }: { readonly monitors: readonly Monitor[] }) {
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>Monitor</th>
          <th>Model</th>
          <th>State</th>
          <th>Newest window</th>
          <th>Open incidents</th>
        </tr>
      </thead>
      <tbody>
        {monitors.map((monitor) => (
          <Row key={monitor.name} monitor={monitor} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ monitor: { name, spec, model, status, latest, openIncidents } }: { readonly monitor: Monitor }) {
  const { mark, word } = MONITOR_STATES[status]
  return (
    <tr>
      <th scope="row" className="ek-named">
        <PageLink href={pathTo('monitors', name)} data-row>
          {name}
        </PageLink>
        <p>
          watches <PageLink href={pathTo('deployments', spec.endpoint)}>{spec.endpoint}</PageLink>
        </p>
      </th>
      <td data-label="Model" className="ek-named" data-none={model === null || undefined}>
        {model === null ? '–' : <PageLink href={pathTo('models', model)}>{model}</PageLink>}
      </td>
      <td data-label="State">
        <StateWord state={mark}>{word}</StateWord>
      </td>
      <td data-label="Newest window" className="ek-named" data-none={latest === null || undefined}>
        {latest ? <Newest window={latest} /> : '–'}
      </td>
      <td data-label="Open incidents">
        {openIncidents === 0 ? (
          <span className="ek-dim">none</span>
        ) : (
          <PageLink href={pathTo('monitors', name)} underline={false}>
            <StateWord state="attention">{plural(openIncidents, 'incident')}</StateWord>
          </PageLink>
        )}
      </td>
    </tr>
  )
}

const Newest = ({ window }: { readonly window: MonitorWindow }) => (
  <>
    {formatDate(window.start)} – {formatDate(window.end)}
    <p>{windowWords(window)}</p>
  </>
)
