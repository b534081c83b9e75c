import { type ModelVersion, whyNot } from '@evenkeel/contract'
import { useState } from 'react'
import { api } from '../api.ts'
import { Button, ReasonDialog } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

/** Lets a refused version pass, with a reason. */
export function OverrideGate({ version: { model, version, stage, gate } }: { readonly version: ModelVersion }) {
  const [open, setOpen] = useState(false)
  const override = useAction(
    (reason: string) => api.registry.overrideGate({ params: { model, version }, body: { reason } }),
    `Version ${version} may be deployed now.`,
    () => setOpen(false),
  )
  return (
    <>
      <Button disabledReason={whyNot('overrideGate', stage)} onClick={() => setOpen(true)}>
        Override the gate
      </Button>
      {open && (
        <ReasonDialog
          title={`Override the gate of version ${version}`}
          confirm="Override"
          danger
          minLength={10}
          busy={override.isPending}
          error={override.error}
          onConfirm={override.mutate}
          onClose={() => setOpen(false)}
        >
          The gate refused it: {gate?.says} It keeps this verdict, and your name and reason stand beside it.
        </ReasonDialog>
      )}
    </>
  )
}
