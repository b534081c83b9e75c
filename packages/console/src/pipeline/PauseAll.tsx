import type { ResultOf, triggers } from '@evenkeel/contract'
import { useState } from 'react'
import { pipelineApi } from './api.ts'
import { Button, ReasonDialog } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

type Pause = ResultOf<(typeof triggers)['list']>['paused']

/** Stops everything that runs by itself, or lets it go on, with a reason. */
export function PauseAll({ paused }: { readonly paused: Pause }) {
  const [asking, setAsking] = useState(false)
  const close = () => setAsking(false)
  const change = useAction(
    (why: string) =>
      paused ? pipelineApi.triggers.resumeAll({ body: { why } }) : pipelineApi.triggers.pauseAll({ body: { why } }),
    paused ? 'Triggers start runs again.' : 'All triggers are paused.',
    close,
  )
  const word = paused ? 'Resume all' : 'Pause all'
  return (
    <>
      <Button kind={paused ? 'primary' : 'danger'} onClick={() => setAsking(true)}>
        {word}
      </Button>
      {asking && (
        <ReasonDialog
          title={`${word} triggers`}
          confirm={word}
          danger={!paused}
          busy={change.isPending}
          error={change.error}
          onConfirm={change.mutate}
          onClose={close}
        >
          {paused
            ? 'A trigger that was paused by itself stays so.'
            : 'No trigger of this project starts a run until this is taken back. What runs goes on.'}
        </ReasonDialog>
      )}
    </>
  )
}
