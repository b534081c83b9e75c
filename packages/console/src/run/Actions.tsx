import { type Run, whyNotRun } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../api.ts'
import { pipelineQuery } from '../pipeline/queries.ts'
import { RunNow } from '../pipeline/RunNow.tsx'
import { Button, ErrorPanel, ReasonDialog } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

/** Go on from what failed, run it once more with changes, or cancel it. */
export function Actions({ run }: { readonly run: Run }) {
  const [asking, setAsking] = useState<'cancel' | 'again'>()
  const pipeline = useQuery(pipelineQuery(run.pipeline))
  const retry = useAction(
    () => api.pipelines.retryRun({ params: { run: run.id }, body: {} }),
    'The run goes on from what failed; what succeeded is kept.',
  )
  const close = () => setAsking(undefined)
  return (
    <>
      <Button
        kind="primary"
        disabledReason={whyNotRun('retry', run.state)}
        busy={retry.isPending}
        onClick={() => retry.mutate(undefined)}
      >
        Retry from failed
      </Button>
      <Button
        disabledReason={pipeline.data ? undefined : 'The pipeline of this run could not be read yet.'}
        onClick={() => setAsking('again')}
      >
        Run again with changes
      </Button>
      <Button kind="danger" disabledReason={whyNotRun('cancel', run.state)} onClick={() => setAsking('cancel')}>
        Cancel
      </Button>
      {retry.error && <ErrorPanel error={retry.error} />}
      {asking === 'again' && pipeline.data && <RunNow pipeline={pipeline.data} like={run} onClose={close} />}
      {asking === 'cancel' && <CancelDialog run={run} onClose={close} />}
    </>
  )
}

function CancelDialog({ run, onClose }: { readonly run: Run; readonly onClose: () => void }) {
  const cancel = useAction(
    (reason: string) => api.pipelines.cancelRun({ params: { run: run.id }, body: { reason } }),
    'The run is being cancelled.',
    onClose,
  )
  return (
    <ReasonDialog
      title="Cancel the run"
      confirm="Cancel the run"
      dismiss="Let it run"
      danger
      busy={cancel.isPending}
      error={cancel.error}
      onConfirm={cancel.mutate}
      onClose={onClose}
    >
      What runs is asked to stop, and is ended when it does not. What succeeded is kept; the run can be retried.
    </ReasonDialog>
  )
}
