import type { PurgePlan } from '@evenkeel/contract'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  Button,
  Dialog,
  ErrorPanel,
  formatBytes,
  formatCount,
  Loaded,
  Pair,
  Pairs,
  Stack,
  TextInput,
} from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { trackedRunsApi } from './api.ts'
import { countRuns } from './useRemove.ts'

interface PurgeDialogProps {
  readonly runs: readonly string[]
  readonly onDone: () => void
  readonly onClose: () => void
}

const planQuery = (runs: readonly string[]) =>
  queryOptions({
    queryKey: ['tracking', 'purge plan', runs],
    queryFn: ({ signal }) => trackedRunsApi.planPurge({ body: { runs: [...runs] } }, { signal }),
    retry: false,
    gcTime: 0,
  })

/** Says what would be lost for good, and deletes it when that is meant. */
export function PurgeDialog({ runs, onDone, onClose }: PurgeDialogProps) {
  const plan = useQuery(planQuery(runs))
  return (
    <Dialog title={`Delete ${countRuns(runs.length)} for good`} onClose={onClose}>
      <Loaded query={plan} height={200}>
        {(data) => <Planned key={data.confirmation} runs={runs} plan={data} onDone={onDone} onClose={onClose} />}
      </Loaded>
    </Dialog>
  )
}

const WORD = 'delete'

function Planned({ runs, plan, onDone, onClose }: PurgeDialogProps & { readonly plan: PurgePlan }) {
  const [typed, setTyped] = useState('')
  const purge = useAction(
    () => trackedRunsApi.purge({ body: { runs: [...runs], confirmation: plan.confirmation } }),
    `${countRuns(plan.runs)} deleted for good.`,
    () => {
      onClose()
      onDone()
    },
  )
  const missing =
    plan.runs === 0
      ? 'All of them stay.'
      : typed.trim() === WORD
        ? undefined
        : `Type "${WORD}" to say that you mean it.`
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!missing) purge.mutate(undefined)
      }}
    >
      <Stack gap="sm">
        <p>Nothing brings back what is lost:</p>
        <Pairs
          entries={[
            ['runs', formatCount(plan.runs)],
            ['points of metrics', formatCount(plan.points)],
            ['logged models', formatCount(plan.loggedModels)],
            ['traces', formatCount(plan.traces)],
            ['files', `${formatCount(plan.files)} (${formatBytes(plan.sizeBytes)})`],
          ]}
        />
        {plan.kept.length > 0 && <Kept kept={plan.kept} />}
        <TextInput
          data-autofocus
          label={`Type "${WORD}"`}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        {purge.error && <ErrorPanel error={purge.error} />}
        <div className="ek-row-end">
          <Button onClick={onClose}>Leave them</Button>
          <Button kind="danger" busy={purge.isPending} disabledReason={missing} onClick={() => purge.mutate(undefined)}>
            Delete for good
          </Button>
        </div>
      </Stack>
    </form>
  )
}

function Kept({ kept }: Pick<PurgePlan, 'kept'>) {
  return (
    <>
      <p>{countRuns(kept.length)} of them stay:</p>
      <Pairs>
        {kept.map(({ run, why }) => (
          <Pair key={run} name={run.slice(0, 8)}>
            {why}
          </Pair>
        ))}
      </Pairs>
    </>
  )
}
