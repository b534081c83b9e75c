import type { ExperimentRow } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { pathTo } from '../shell/paths.ts'
import {
  Card,
  Empty,
  formatCount,
  Loaded,
  More,
  PageHead,
  PageLink,
  SearchField,
  StateWord,
  Time,
  useSearchText,
} from '../ui/index.ts'
import css from './Experiments.module.css'
import { FirstRun } from './FirstRun.tsx'
import { FolderPath, Folders } from './Folders.tsx'
import { experimentsQuery } from './queries.ts'

/** What was tried, and where is something going on? */
export function ExperimentsPage() {
  const { folder = '' } = useSearch({ from: '/experiments' })
  const { text, settled } = useSearchText()
  const intervalMs = useCounterIntervalMs()
  const experiments = useInfiniteQuery({ ...experimentsQuery(folder, settled), refetchInterval: intervalMs })
  return (
    <div className="ek-page">
      <PageHead
        title="Experiments"
        note={folder ? <FolderPath folder={folder} /> : 'Runs that were logged with MLflow, or by steps of pipelines.'}
      />
      <Loaded query={experiments} height={300}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          const untouched = folder === '' && text === '' && items.every(({ runs }) => runs === 0)
          return (
            <>
              {untouched && <FirstRun />}
              {!(untouched && items.length <= 1) && <List experiments={items} folders={pages[0]!.folders} />}
            </>
          )
        }}
      </Loaded>
      <More query={experiments}>Show more experiments</More>
    </div>
  )
}

interface ListProps {
  readonly experiments: readonly ExperimentRow[]
  readonly folders: Parameters<typeof Folders>[0]['folders']
}

function List({ experiments, folders }: ListProps) {
  const { folder, text = '' } = useSearch({ from: '/experiments' })
  return (
    <Card
      title={folder ?? 'All experiments'}
      note="Those with the newest runs first."
      flush
      actions={<SearchField label="Search experiments" />}
    >
      <Folders folders={folders} />
      {experiments.length === 0 ? (
        <Empty title={text ? 'Nothing is called so.' : 'This folder is empty.'} />
      ) : (
        <Table experiments={experiments} />
      )}
    </Card>
  )
}

function Table({ experiments }: Pick<ListProps, 'experiments'>) {
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>Experiment</th>
          <th>Folder</th>
          <th className="ek-num">Runs</th>
          <th>Running</th>
          <th>Last run</th>
        </tr>
      </thead>
      <tbody>
        {experiments.map(({ id, name, folder, runs, running, lastRunMs }) => (
          <tr key={id}>
            <th scope="row" className={css['name']}>
              <PageLink href={pathTo('experiments', id)} data-row>
                {name}
              </PageLink>
            </th>
            <td data-label="Folder" className={css['name']}>
              {folder || '–'}
            </td>
            <td data-label="Runs" className="ek-num">
              {formatCount(runs)}
            </td>
            <td data-label="Running">
              {running > 0 ? <StateWord state="active">{formatCount(running)} running</StateWord> : '–'}
            </td>
            <td data-label="Last run">{lastRunMs === null ? '–' : <Time at={new Date(lastRunMs).toISOString()} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
