import type { Lifecycle } from '@evenkeel/contract'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { pathToCompare } from '../shell/paths.ts'
import { Button, ErrorPanel } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { trackedRunsApi } from './api.ts'
import css from './Experiments.module.css'
import { PurgeDialog } from './PurgeDialog.tsx'
import { MOST_SELECTED } from './selection.ts'
import { TagDialog } from './TagDialog.tsx'
import { countRuns, useRemove } from './useRemove.ts'

interface PickedProps {
  readonly runs: readonly string[]
  readonly lifecycle: Lifecycle
  readonly onClear: () => void
}

/** What can be done with the runs that are selected. */
export function Picked({ runs, lifecycle, onClear }: PickedProps) {
  return (
    <div className={css['picked']} role="group" aria-label="Selected runs">
      <span>
        {countRuns(runs.length)} selected{runs.length >= MOST_SELECTED && ', which is the most'}
      </span>
      {lifecycle === 'active' ? (
        <ActiveActions runs={runs} onClear={onClear} />
      ) : (
        <DeletedActions runs={runs} onClear={onClear} />
      )}
      <Button kind="quiet" onClick={onClear}>
        Clear
      </Button>
    </div>
  )
}

type Actions = Pick<PickedProps, 'runs' | 'onClear'>

function ActiveActions({ runs, onClear }: Actions) {
  const [tagging, setTagging] = useState(false)
  const { history } = useRouter()
  const remove = useRemove(onClear)
  return (
    <>
      <span data-compare>
        <Button
          kind="primary"
          disabledReason={runs.length < 2 ? 'Select at least two runs to compare them.' : undefined}
          onClick={() => history.push(pathToCompare(runs))}
        >
          Compare
        </Button>
      </span>
      <Button onClick={() => setTagging(true)}>Tag</Button>
      <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate(runs)}>
        Delete
      </Button>
      {remove.error && <ErrorPanel error={remove.error} />}
      {tagging && <TagDialog runs={runs} onClose={() => setTagging(false)} />}
    </>
  )
}

function DeletedActions({ runs, onClear }: Actions) {
  const [purging, setPurging] = useState(false)
  const restore = useAction(
    () => trackedRunsApi.restore({ body: { runs: [...runs] } }),
    `${countRuns(runs.length)} restored.`,
    onClear,
  )
  return (
    <>
      <Button kind="primary" busy={restore.isPending} onClick={() => restore.mutate(undefined)}>
        Restore
      </Button>
      <Button kind="danger" onClick={() => setPurging(true)}>
        Delete for good
      </Button>
      {restore.error && <ErrorPanel error={restore.error} />}
      {purging && <PurgeDialog runs={runs} onDone={onClear} onClose={() => setPurging(false)} />}
    </>
  )
}
