import { type Backfill, whyNotBackfill } from '@evenkeel/contract'
import { type ReactNode, useState } from 'react'
import { backfillsApi } from './api.ts'
import { Button, ReasonDialog, Switch } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

type Verb = 'pause' | 'resume' | 'cancel' | 'retry'

interface Words {
  readonly title: string
  readonly confirm: string
  readonly done: string
  readonly says: string
  /** What may be switched on besides. */
  readonly option?: string
}

const WORDS: Readonly<Record<Verb, Words>> = {
  pause: {
    title: 'Pause the backfill',
    confirm: 'Pause',
    done: 'The backfill is paused.',
    says: 'No further run starts until it is resumed; those that run go on.',
  },
  resume: {
    title: 'Resume the backfill',
    confirm: 'Resume',
    done: 'The backfill goes on.',
    says: 'It goes on with the partitions that have not run yet.',
  },
  cancel: {
    title: 'Cancel the backfill',
    confirm: 'Cancel the backfill',
    done: 'The backfill is cancelled.',
    says: 'What has not run yet is given up for good. What is there stays, and another backfill can take it over.',
    option: 'Cancel its open runs too',
  },
  retry: {
    title: 'Retry the failed partitions',
    confirm: 'Retry',
    done: 'The failed partitions run again.',
    says: 'Each failed or cancelled partition gets a new run of the same version; no other one is touched.',
    option: 'And those that had no data',
  },
}

/** Pause, resume, cancel, and retry what failed. */
export function Actions({ backfill }: { readonly backfill: Backfill }) {
  const [asking, setAsking] = useState<Verb>()
  const { state, counts } = backfill
  const nothing =
    counts.failed + counts.cancelled + counts.skipped === 0
      ? 'No partition has failed; there is nothing to retry.'
      : undefined
  const button = (verb: Verb, children: ReactNode, reason = whyNotBackfill(verb, state)) => (
    <Button
      kind={verb === 'cancel' ? 'danger' : verb === 'retry' ? 'primary' : 'secondary'}
      disabledReason={reason}
      onClick={() => setAsking(verb)}
    >
      {children}
    </Button>
  )
  return (
    <>
      {button('retry', 'Retry failed', whyNotBackfill('retry', state) ?? nothing)}
      {state === 'paused' ? button('resume', 'Resume') : button('pause', 'Pause')}
      {button('cancel', 'Cancel')}
      {asking && <Ask backfill={backfill.id} verb={asking} onClose={() => setAsking(undefined)} />}
    </>
  )
}

interface AskProps {
  readonly backfill: string
  readonly verb: Verb
  readonly onClose: () => void
}

function Ask({ backfill, verb, onClose }: AskProps) {
  const [option, setOption] = useState(false)
  const words = WORDS[verb]
  const change = useAction((reason: string) => act(verb, backfill, reason, option), words.done, onClose)
  return (
    <ReasonDialog
      title={words.title}
      confirm={words.confirm}
      dismiss="Leave it as it is"
      danger={verb === 'cancel'}
      busy={change.isPending}
      error={change.error}
      onConfirm={change.mutate}
      onClose={onClose}
      more={
        words.option && (
          <Switch
            label={words.option}
            checked={option}
            onChange={({ currentTarget }) => setOption(currentTarget.checked)}
          />
        )
      }
    >
      {words.says}
    </ReasonDialog>
  )
}

function act(verb: Verb, backfill: string, reason: string, option: boolean): Promise<unknown> {
  const target = { params: { backfill } }
  switch (verb) {
    case 'pause':
    case 'resume':
      return backfillsApi[verb]({ ...target, body: { reason } })
    case 'cancel':
      return backfillsApi.cancel({ ...target, body: { reason, runs: option } })
    case 'retry':
      return backfillsApi.retry({ ...target, body: { reason, skipped: option } })
  }
}
