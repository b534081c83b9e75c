import type { EndpointView } from '@evenkeel/contract'
import { Card, Facts, Figure, formatBytes, formatCount, formatMs, formatPercent, StateWord } from '../ui/index.ts'

/** The last minutes in numbers, and who serves them. */
export function LiveNumbers({ endpoint: { traffic, nodes } }: { readonly endpoint: EndpointView }) {
  const { requests, errors, requestsPerSecond, p50Ms, p95Ms, p99Ms } = traffic
  const time = (ms: number | null) => (ms === null ? '–' : formatMs(ms))
  return (
    <Card title="Now" note="The last minutes, over all nodes." actions={<Nodes nodes={nodes} />}>
      <Facts>
        <Figure label="Requests" value={formatCount(Math.round(requestsPerSecond))} unit="per second" />
        <Figure label="p50" value={time(p50Ms)} />
        <Figure label="p95" value={time(p95Ms)} />
        <Figure label="p99" value={time(p99Ms)} />
        <Figure
          label="Errors"
          value={formatPercent(requests === 0 ? 0 : errors / requests, 3)}
          note={`${formatCount(errors)} of ${formatCount(requests)}`}
        />
      </Facts>
    </Card>
  )
}

function Nodes({ nodes }: Pick<EndpointView, 'nodes'>) {
  if (nodes.length === 0) return <StateWord state="attention">no node serves this environment</StateWord>
  return (
    <span className="ek-row">
      {nodes.map(({ node, live, problem, memoryBytes }) => (
        <StateWord key={node} state={live && problem === null ? 'done' : 'failed'}>
          {node}: {problem ?? (live ? `live, ${formatBytes(memoryBytes)}` : 'away')}
        </StateWord>
      ))}
    </span>
  )
}
