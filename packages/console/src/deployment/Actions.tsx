import { type EndpointView, whyNotRollout } from '@evenkeel/contract'
import { useState } from 'react'
import { api } from '../api.ts'
import { Button, ReasonDialog } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

type Kind = 'promote' | 'abort' | 'rollback'

const NO_ROLLOUT = 'No rollout is running.'

/** Why each action is closed now; `undefined` where it is open. */
export function reasonsAgainst({ rollout, previousVersion }: EndpointView): Record<Kind, string | undefined> {
  return {
    promote: rollout ? whyNotRollout('promote', rollout.state) : NO_ROLLOUT,
    abort: rollout ? whyNotRollout('abort', rollout.state) : NO_ROLLOUT,
    rollback: previousVersion === null ? 'The endpoint has served no other version.' : undefined,
  }
}

/** Promote, abort and roll back, each with a reason. */
export function Actions({ endpoint }: { readonly endpoint: EndpointView }) {
  const [asking, setAsking] = useState<Kind>()
  const reasons = reasonsAgainst(endpoint)
  return (
    <>
      <Button kind="primary" disabledReason={reasons.promote} onClick={() => setAsking('promote')}>
        Promote
      </Button>
      <Button disabledReason={reasons.abort} onClick={() => setAsking('abort')}>
        Abort
      </Button>
      <Button kind="danger" disabledReason={reasons.rollback} onClick={() => setAsking('rollback')}>
        Roll back
      </Button>
      {asking && <ActionDialog kind={asking} endpoint={endpoint} onClose={() => setAsking(undefined)} />}
    </>
  )
}

interface ActionDialogProps {
  readonly kind: Kind
  readonly endpoint: EndpointView
  readonly onClose: () => void
}

function ActionDialog({ kind, endpoint, onClose }: ActionDialogProps) {
  const { rollout, name, version, previousVersion } = endpoint
  const words = {
    promote: {
      title: `Promote version ${rollout?.toVersion}`,
      says: `Version ${rollout?.toVersion} takes all traffic of ${name}. The numbers you see now are kept with your reason.`,
      done: `Version ${rollout?.toVersion} takes over.`,
    },
    abort: {
      title: `Abort the rollout of version ${rollout?.toVersion}`,
      says: `All traffic of ${name} goes back to version ${rollout?.fromVersion ?? version}.`,
      done: 'The rollout is aborted.',
    },
    rollback: {
      title: `Roll back to version ${previousVersion}`,
      says: `Version ${previousVersion} takes all traffic of ${name} at once; a rollout that runs is ended by it.`,
      done: `Version ${previousVersion} takes over.`,
    },
  }[kind]
  const action = useAction((reason: string) => send(kind, endpoint, reason), words.done, onClose)
  return (
    <ReasonDialog
      title={words.title}
      confirm={{ promote: 'Promote', abort: 'Abort', rollback: 'Roll back' }[kind]}
      danger={kind !== 'promote'}
      busy={action.isPending}
      error={action.error}
      onConfirm={action.mutate}
      onClose={onClose}
    >
      {words.says}
    </ReasonDialog>
  )
}

function send(kind: Kind, { name, rollout }: EndpointView, reason: string): Promise<unknown> {
  const body = { reason }
  if (kind === 'rollback') return api.deployments.rollback({ params: { endpoint: name }, body })
  return api.deployments[kind]({ params: { rollout: rollout!.id }, body })
}
