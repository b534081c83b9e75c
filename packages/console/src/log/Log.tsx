import { plural } from '@evenkeel/contract'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useMemo } from 'react'
import { ActionIcon, Button, Card, Empty, ErrorPanel, formatCount, Switch, TextInput } from '../ui/index.ts'
import css from './Log.module.css'
import { linesOf, type LogLine } from './log-text.ts'
import { LogPane } from './LogPane.tsx'
import { useLog } from './useLog.ts'
import { type Reader, useReader } from './useReader.ts'

interface LogProps {
  readonly run: string
  readonly step: string
  readonly attempt: number
}

/** What an attempt of a step wrote, as it is written. */
export function Log({ run, step, attempt }: LogProps) {
  const { log, ended, error } = useLog(run, step, attempt)
  const lines = useMemo(() => linesOf(log), [log])
  const reader = useReader(lines)
  const note = [
    `attempt ${attempt}`,
    plural(log.droppedCount + lines.length, 'line'),
    ended ? 'complete' : 'still being written',
  ].join(' · ')

  return (
    <Card
      title={`Log of ${step}`}
      note={note}
      actions={
        <>
          <Search {...reader} />
          {!ended && (
            <Switch
              size="xs"
              label="Follow"
              checked={reader.following}
              onChange={({ currentTarget }) => reader.follow(currentTarget.checked)}
            />
          )}
          <Button onClick={() => save(`${step}-${attempt}.log`, lines)}>Save</Button>
        </>
      }
    >
      {error && <ErrorPanel error={error} />}
      {log.droppedCount > 0 && (
        <p className="ek-dim">
          The first {formatCount(log.droppedCount)} lines are left out here:{' '}
          <code>
            evenkeel api GET /api/v1/runs/{run}/steps/{step}/log?offset=0&attempt={attempt}
          </code>
        </p>
      )}
      {lines.length === 0 ? (
        <Empty title={ended ? 'It wrote nothing.' : 'It has written nothing yet.'} />
      ) : (
        <LogPane label={`Log of ${step}`} lines={lines} reader={reader} />
      )}
      <p className={css['keys']}>Enter finds the next line, Shift Enter the one before.</p>
    </Card>
  )
}

function Search({ wanted, found, current, want, next, previous }: Reader) {
  const place = current === undefined ? '' : `${formatCount(found.indexOf(current) + 1)} of `
  return (
    <>
      <TextInput
        data-search
        size="xs"
        w={170}
        placeholder="Search the log"
        aria-label="Search the log"
        value={wanted}
        onChange={({ currentTarget }) => want(currentTarget.value)}
        onKeyDown={({ key, shiftKey }) => {
          if (key === 'Enter') (shiftKey ? previous : next)()
        }}
      />
      <ActionIcon variant="default" size={26} onClick={previous} aria-label="Found line before">
        <IconChevronUp size={14} />
      </ActionIcon>
      <ActionIcon variant="default" size={26} onClick={next} aria-label="Next found line">
        <IconChevronDown size={14} />
      </ActionIcon>
      <span role="status" className="ek-dim">
        {wanted.trim() !== '' && `${place}${plural(found.length, 'line')}`}
      </span>
    </>
  )
}

function save(fileName: string, lines: readonly LogLine[]): void {
  const url = URL.createObjectURL(
    new Blob(
      lines.map(({ text }) => `${text}\n`),
      { type: 'text/plain' },
    ),
  )
  Object.assign(document.createElement('a'), { href: url, download: fileName }).click()
  URL.revokeObjectURL(url)
}
