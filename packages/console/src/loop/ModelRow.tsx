import { type LoopRow, plural } from '@evenkeel/contract'
import { isPage, pathTo } from '../shell/paths.ts'
import {
  Brief,
  Button,
  CopyLine,
  formatCount,
  formatDate,
  LinkButton,
  PageLink,
  Sparkline,
  StateMark,
} from '../ui/index.ts'
import css from './ModelRow.module.css'
import { Stations } from './Stations.tsx'
import { Turns } from './Turns.tsx'

interface ModelRowProps {
  readonly row: LoopRow
  readonly selected: boolean
  readonly onSelect: () => void
}

/** One model: what is live, where its loop is, and what to do next. */
export function ModelRow({ row, selected, onSelect }: ModelRowProps) {
  return (
    <article className={css['row']} aria-label={row.model}>
      <Head row={row} />
      <Stations stations={row.stations} />
      <NextStep next={row.next} />
      {selected ? (
        <Turns row={row} />
      ) : (
        <div className={css['more']}>
          <Button kind="quiet" onClick={onSelect}>
            Show the {row.turns.length} turns of this loop
          </Button>
        </div>
      )}
    </article>
  )
}

function Head({ row }: { readonly row: LoopRow }) {
  return (
    <header className={css['head']}>
      <div className={css['names']}>
        <h2 className={css['name']}>
          <StateMark state={row.worst} size={17} />
          <PageLink href={pathTo('models', row.model)} data-row>
            {row.model}
          </PageLink>
        </h2>
        <p className={css['facts']}>{factsOf(row).join(' · ')}</p>
      </div>
      <Performance row={row} />
    </header>
  )
}

const factsOf = ({ liveVersion, requestsPerSecond, predictionCount, owner, eventTime }: LoopRow): string[] => [
  liveVersion === null ? 'not served yet' : `version ${liveVersion} is live`,
  `${formatCount(Math.round(requestsPerSecond))} requests/s`,
  `${formatCount(predictionCount)} predictions`,
  ...(eventTime ? [`event time ${formatDate(eventTime)}`] : []),
  ...(owner ? [`owner ${owner}`] : []),
]

function Performance({ row: { performance } }: { readonly row: LoopRow }) {
  const newest = performance.findLast(({ auc }) => auc !== null)
  if (!newest || newest.auc === null) return null
  const label = `AUC over ${plural(performance.length, 'window')}; ${newest.auc.toFixed(3)} in the newest`
  return (
    <div className={css['performance']}>
      <Sparkline values={performance.map(({ auc }) => auc)} label={label} width={150} height={36} />
      <p>
        <span className={css['score']}>{newest.auc.toFixed(3)}</span>
        <span className={css['scoreNote']}>AUC, week of {formatDate(newest.start)}</span>
      </p>
    </div>
  )
}

function NextStep({ next: { says, command, link } }: { readonly next: LoopRow['next'] }) {
  return (
    <div className={css['next']}>
      <p className={css['nextWords']}>
        <span className={css['nextTitle']}>Next</span> <Brief text={says} />
      </p>
      <div className={css['nextActions']}>
        {command && <CopyLine text={command} />}
        {isPage(link) && (
          <LinkButton href={link} kind="primary">
            {linkWord(link)}
          </LinkButton>
        )}
      </div>
    </div>
  )
}

const linkWord = (link: string): string => {
  if (link.startsWith('/deployments/')) return 'Open the deployment'
  if (link.startsWith('/monitors/')) return 'Open the monitor'
  return 'Open the model'
}
