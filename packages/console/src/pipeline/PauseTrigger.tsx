import type { Trigger } from '@evenkeel/contract'
import { useState } from 'react'
import { pipelineApi } from './api.ts'
import { Button, ReasonDialog } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

/** Pauses a trigger, or lets it go on, with a reason. */
export function PauseTrigger({ trigger: { pipeline, name, spec, paused } }: { readonly trigger: Trigger }) {
  const [asking, setAsking] = useState(false)
  const close = () => setAsking(false)
  const verb = paused ? 'resume' : 'pause'
  const change = useAction(
    (why: string) => pipelineApi.triggers[verb]({ params: { pipeline, trigger: name }, body: { why } }),
    paused ? `The trigger ${name} listens again.` : `The trigger ${name} is paused.`,
    close,
  )
  const word = paused ? 'Resume' : 'Pause'
  return (
    <>
      <Button
        disabledReason={spec.enabled ? undefined : 'The trigger is written as off; write it with its pipeline.'}
        onClick={() => setAsking(true)}
      >
        {word}
      </Button>
      {asking && (
        <ReasonDialog
          title={`${word} the trigger ${name}`}
          confirm={word}
          busy={change.isPending}
          error={change.error}
          onConfirm={change.mutate}
          onClose={close}
        >
          {paused
            ? 'It starts runs again from now on; what happened in the meantime stays skipped.'
            : `Its occasions are written down and start no run of ${pipeline} until it is resumed.`}
        </ReasonDialog>
      )}
    </>
  )
}
