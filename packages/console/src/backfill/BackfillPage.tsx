import type { Backfill, PartitionState } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { wordsOf } from '../pipeline/param-text.ts'
import { pathTo, shortRun } from '../shell/paths.ts'
import {
  Card,
  Facts,
  Figure,
  formatCount,
  formatDateTime,
  formatDuration,
  Loaded,
  Meter,
  PageHead,
  PageLink,
  Pair,
  Pairs,
  Part,
  Parts,
  StateWord,
  Time,
} from '../ui/index.ts'
import { Actions } from './Actions.tsx'
import css from './Backfills.module.css'
import { Grid } from './Grid.tsx'
import { PartitionTable } from './PartitionTable.tsx'
import { backfillQuery } from './queries.ts'
import { BACKFILL_STATES, codeWords, doneCount, PARTITION_STATES } from './states.ts'

/** How far is it, what failed, and which code ran? */
export function BackfillPage() {
  const { backfill: id } = useParams({ from: '/backfills/$backfill' })
  const intervalMs = useCounterIntervalMs()
  const backfill = useQuery({
    ...backfillQuery(id),
    refetchInterval: ({ state }) => state.data?.endedAt === null && intervalMs,
  })
  const title = backfill.data ? `${backfill.data.pipeline} ${shortRun(id)}` : shortRun(id)
  return (
    <div className="ek-page">
      <PageHead title={title} kind="Backfill" note={backfill.data && <Summary backfill={backfill.data} />}>
        {backfill.data && <Actions backfill={backfill.data} />}
      </PageHead>
      <Loaded query={backfill} height={560}>
        {(data) => (
          <>
            <Progress backfill={data} />
            <Grid backfill={data} />
            <PartitionTable backfill={data.id} />
            <About backfill={data} />
          </>
        )}
      </Loaded>
    </div>
  )
}

function Summary({ backfill }: { readonly backfill: Backfill }) {
  const { pipeline, state, says, createdBy, createdAt } = backfill
  const { mark, word } = BACKFILL_STATES[state]
  return (
    <>
      <div className="ek-row">
        <StateWord state={mark}>{word}</StateWord>
        <span>{says}</span>
      </div>
      <div>
        Runs <PageLink href={pathTo('pipelines', pipeline)}>{pipeline}</PageLink>, {codeWords(backfill)} · started by{' '}
        {createdBy} <Time at={createdAt} />
      </div>
    </>
  )
}

/** Counts first, then how long it still takes. */
function Progress({ backfill }: { readonly backfill: Backfill }) {
  const { counts, partitionCount, typicalDurationMs, eta, state } = backfill
  const done = doneCount(backfill)
  const shown = (Object.keys(PARTITION_STATES) as PartitionState[]).filter((one) => counts[one] > 0)
  return (
    <Card title="Progress">
      <div className={css['counts']}>
        <Facts>
          <Figure label="Done" value={formatCount(done)} unit={`of ${formatCount(partitionCount)}`} />
          {shown.map((one) => (
            <Figure key={one} label={PARTITION_STATES[one].word} value={formatCount(counts[one])} />
          ))}
          <Figure
            label="A run usually takes"
            value={typicalDurationMs === null ? 'not known yet' : formatDuration(typicalDurationMs)}
          />
          {state === 'running' && (
            <Figure
              label="Done about"
              value={eta === null ? 'not known yet' : `${formatDateTime(eta)} UTC`}
              note="At this pace; live runs go first."
            />
          )}
        </Facts>
        <Meter share={done / partitionCount} label="Done" />
      </div>
    </Card>
  )
}

function About({ backfill }: { readonly backfill: Backfill }) {
  const { params, timeParams, start, end, every, unit, timezone, cache, maxActive, order, reason, id } = backfill
  const names = Object.entries(params)
  const bounds = [timeParams.start, timeParams.end].filter((name) => name !== null)
  return (
    <Card title="About this backfill">
      <Parts>
        <Part title="What it covers">
          <Pairs>
            <Pair name="from">{formatDateTime(start)} UTC</Pair>
            <Pair name="to">{formatDateTime(end)} UTC</Pair>
            <Pair name="every">{every === 1 ? unit : `${every} ${unit}s`}</Pair>
            <Pair name="time zone">{timezone}</Pair>
            <Pair name="order">{order} first</Pair>
          </Pairs>
        </Part>
        <Part title="How it runs">
          <Pairs>
            <Pair name="code">{codeWords(backfill)}</Pair>
            <Pair name="cache">{cache}</Pair>
            <Pair name="at the same time">{maxActive} at most</Pair>
            <Pair name="bounds">{bounds.length === 0 ? 'variables only' : bounds.join(', ')}</Pair>
            <Pair name="id">
              <code>{id}</code>
            </Pair>
          </Pairs>
        </Part>
        <Part title="Params and reason">
          {names.length > 0 && <Pairs entries={names.map(([name, value]) => [name, wordsOf(value)])} />}
          <p>{reason || 'Nobody said why.'}</p>
        </Part>
      </Parts>
    </Card>
  )
}
