import type { RunRow } from '@evenkeel/contract'
import { IconPin, IconPinFilled, IconX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { byImportance, isOwnTag } from '../experiment/keys.ts'
import { RUN_STATUSES } from '../experiment/states.ts'
import { doubleText } from '../experiment/values.ts'
import { pathToTrackedRun } from '../shell/paths.ts'
import { DataGrid } from '../ui/DataGrid.tsx'
import { ActionIcon, Card, Empty, formatDuration, PageLink, useMediaQuery } from '../ui/index.ts'
import css from './Compare.module.css'
import { compare, type Compared, deltaText } from './differences.ts'

interface DifferencesProps {
  /** The baseline first. */
  readonly runs: readonly RunRow[]
  readonly everything: boolean
  readonly onBaseline: (run: string) => void
  readonly onRemove: (run: string) => void
}

const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** What the runs do not have in common, in four tables. */
export function Differences(props: DifferencesProps) {
  const { runs, everything } = props
  const texts = (of: (run: RunRow) => Readonly<Record<string, string>>) => compare(runs.map(of), !everything, byName)
  const metrics = compare(
    runs.map((run) => Object.fromEntries(Object.entries(run.metrics).map(([key, { last }]) => [key, last]))),
    !everything,
    byImportance,
  )
  return (
    <>
      <Group
        {...props}
        title="Metrics"
        rows={metrics}
        cell={(value, baseline, own) => (
          <>
            <span title={String(value ?? '')}>{doubleText(value)}</span>
            {!own && <span className={css['delta']}> {deltaText(value, baseline)}</span>}
          </>
        )}
        numeric
      />
      <Group {...props} title="Params" rows={texts(({ params }) => params)} cell={textCell} />
      <Group {...props} title="Tags" rows={texts(({ tags }) => only(tags, isOwnTag))} cell={textCell} />
      <Group {...props} title="Where they come from" rows={texts(originOf)} cell={textCell} />
    </>
  )
}

const textCell = (value: string | undefined) => <span title={value}>{value ?? '–'}</span>

const only = (texts: Readonly<Record<string, string>>, wanted: (key: string) => boolean) =>
  Object.fromEntries(Object.entries(texts).filter(([key]) => wanted(key)))

const ORIGINS = {
  'mlflow.source.name': 'source',
  'mlflow.source.git.commit': 'commit',
  'mlflow.source.git.branch': 'branch',
} as const

function originOf({ tags, status, userId, startedMs, endedMs }: RunRow): Record<string, string> {
  const origins = Object.entries(ORIGINS).flatMap(([tag, name]) => (tags[tag] ? [[name, tags[tag]] as const] : []))
  return {
    ...Object.fromEntries(origins),
    status: RUN_STATUSES[status].word,
    ...(userId && { user: userId }),
    ...(endedMs !== null && { duration: formatDuration(endedMs - startedMs) }),
  }
}

interface GroupProps<Value> extends DifferencesProps {
  readonly title: string
  readonly rows: readonly Compared<Value>[]
  readonly numeric?: boolean
  readonly cell: (value: Value | undefined, baseline: Value | undefined, own: boolean) => ReactNode
}

function Group<Value>({ title, rows, numeric = false, cell, ...props }: GroupProps<Value>) {
  const { runs, everything } = props
  const narrow = useMediaQuery('(max-width: 640px)')
  return (
    <Card title={title} flush>
      {rows.length === 0 ? (
        <Empty title={everything ? 'None of them has any.' : 'No difference.'} />
      ) : (
        <DataGrid
          label={title}
          maxHeight={420}
          pinned={{ key: 'name', head: 'Name', width: narrow ? 130 : 200 }}
          columns={runs.map((run, at) => ({
            key: run.id,
            head: <RunHead run={run} isBaseline={at === 0} {...props} />,
            width: 190,
            numeric,
            at,
          }))}
          rowCount={rows.length}
          rowKey={(row) => rows[row]!.key}
          rowHead={(row) => <span title={rows[row]!.key}>{rows[row]!.key}</span>}
          cell={(row, { at }) => cell(rows[row]!.values[at], rows[row]!.values[0], at === 0)}
        />
      )}
    </Card>
  )
}

interface RunHeadProps extends Pick<DifferencesProps, 'onBaseline' | 'onRemove'> {
  readonly run: RunRow
  readonly isBaseline: boolean
}

function RunHead({ run: { id, name, experimentId }, isBaseline, onBaseline, onRemove }: RunHeadProps) {
  return (
    <span className={css['run']}>
      <PageLink href={pathToTrackedRun(experimentId, id)} title={name}>
        {name}
      </PageLink>
      {isBaseline ? (
        <IconPinFilled size={13} role="img" aria-label="baseline" />
      ) : (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Make ${name} the baseline`}
          onClick={() => onBaseline(id)}
        >
          <IconPin size={13} />
        </ActionIcon>
      )}
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Leave out ${name}`} onClick={() => onRemove(id)}>
        <IconX size={13} />
      </ActionIcon>
    </span>
  )
}
