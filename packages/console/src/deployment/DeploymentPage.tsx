import type { EndpointView } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { pathTo } from '../shell/paths.ts'
import { Loaded, PageHead, PageLink } from '../ui/index.ts'
import { Actions } from './Actions.tsx'
import { Analysis } from './Analysis.tsx'
import { ApprovalPanel } from './ApprovalPanel.tsx'
import { LiveNumbers } from './LiveNumbers.tsx'
import { Predictions } from './Predictions.tsx'
import { endpointQuery } from './queries.ts'
import { RolloutCard } from './RolloutCard.tsx'
import { RolloutHistory } from './RolloutHistory.tsx'
import { TrafficCharts } from './TrafficCharts.tsx'

/** Is the new one safe to promote? */
export function DeploymentPage() {
  const { endpoint: name } = useParams({ from: '/deployments/$endpoint' })
  const endpoint = useQuery({ ...endpointQuery(name), refetchInterval: useCounterIntervalMs() })
  return (
    <div className="ek-page">
      <PageHead
        title={name}
        kind="Deployment"
        list="/deployments"
        note={endpoint.data && <Summary endpoint={endpoint.data} />}
      >
        {endpoint.data && <Actions endpoint={endpoint.data} />}
      </PageHead>
      <Loaded query={endpoint} height={560}>
        {(data) => <Content endpoint={data} />}
      </Loaded>
    </div>
  )
}

function Summary({ endpoint: { description, environment, model, recording } }: { readonly endpoint: EndpointView }) {
  return (
    <>
      {description && <span>{description} </span>}
      <span>
        {environment} · serves <PageLink href={pathTo('models', model)}>{model}</PageLink> · records {recording.mode}
      </span>
    </>
  )
}

function Content({ endpoint }: { readonly endpoint: EndpointView }) {
  const { rollout } = endpoint
  const waits = rollout?.state === 'awaiting_approval' && rollout.approvalId !== null
  return (
    <>
      {waits && <ApprovalPanel id={rollout.approvalId!} />}
      <RolloutCard endpoint={endpoint} />
      {rollout && rollout.analysis.length > 0 && <Analysis rollout={rollout} />}
      <LiveNumbers endpoint={endpoint} />
      <TrafficCharts endpoint={endpoint.name} />
      <Predictions endpoint={endpoint.name} />
      <RolloutHistory endpoint={endpoint.name} />
    </>
  )
}
