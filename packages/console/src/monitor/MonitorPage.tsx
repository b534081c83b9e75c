import { type Monitor, plural } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { pathTo } from '../shell/paths.ts'
import { Card, Empty, formatDate, Loaded, PageHead, PageLink, StateWord } from '../ui/index.ts'
import { Drift } from './Drift.tsx'
import { Incidents } from './Incidents.tsx'
import { Performance } from './Performance.tsx'
import { Quality } from './Quality.tsx'
import { monitorQuery, windowsQuery } from './queries.ts'
import { MONITOR_STATES } from './states.ts'

/** What changed, does it matter, and what do I do? */
export function MonitorPage() {
  const { monitor: name } = useParams({ from: '/monitors/$monitor' })
  const monitor = useQuery(monitorQuery(name))
  return (
    <div className="ek-page">
      <PageHead title={name} kind="Monitor" list="/monitors" note={monitor.data && <Summary monitor={monitor.data} />}>
        {monitor.data && (
          <StateWord state={MONITOR_STATES[monitor.data.status].mark}>
            {MONITOR_STATES[monitor.data.status].word}
          </StateWord>
        )}
      </PageHead>
      <Loaded query={monitor} height={560}>
        {(data) => <Content monitor={data} />}
      </Loaded>
    </div>
  )
}

function Summary({ monitor: { spec, recordCount, labelCount, watermark } }: { readonly monitor: Monitor }) {
  return (
    <span>
      Watches <PageLink href={pathTo('deployments', spec.endpoint)}>{spec.endpoint}</PageLink> in windows of{' '}
      {plural(spec.windowDays, 'day')} · {plural(recordCount, 'prediction')}, {plural(labelCount, 'label')}
      {watermark && ` · labels are complete until ${formatDate(watermark)}`}
    </span>
  )
}

function Content({ monitor }: { readonly monitor: Monitor }) {
  const windows = useQuery(windowsQuery(monitor.name))
  return (
    <>
      <Incidents monitor={monitor.name} />
      <Loaded query={windows} height={480}>
        {(items) =>
          items.length === 0 ? (
            <Card title="Windows">
              <Empty title="No window yet. The first is measured when predictions of its time have arrived." />
            </Card>
          ) : (
            <>
              <Drift monitor={monitor} windows={items} />
              <Performance monitor={monitor} windows={items} />
              <Quality windows={items} />
            </>
          )
        }
      </Loaded>
    </>
  )
}
