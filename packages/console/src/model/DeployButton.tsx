import { type ModelVersion, whyNot } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button } from '../ui/index.ts'
import { DeployDialog } from './DeployDialog.tsx'
import { endpointsOfQuery } from './queries.ts'

interface DeployButtonProps {
  readonly version: ModelVersion
  readonly kind?: 'primary' | 'secondary'
}

/** Asks where and how, then starts a rollout. */
export function DeployButton({ version, kind = 'primary' }: DeployButtonProps) {
  const [open, setOpen] = useState(false)
  const { data: endpoints = [] } = useQuery(endpointsOfQuery(version.model))
  const unfit = version.artifact ? whyNot('deploy', version.stage) : 'It has no ONNX file, and no other can be served.'
  const nowhere = endpoints.length === 0 ? 'No endpoint serves this model; create one first.' : undefined

  return (
    <>
      <Button kind={kind} disabledReason={unfit ?? nowhere} onClick={() => setOpen(true)}>
        Deploy version {version.version}
      </Button>
      {open && <DeployDialog version={version} endpoints={endpoints} onClose={() => setOpen(false)} />}
    </>
  )
}
