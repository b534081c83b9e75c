import type { EndpointView, ModelVersion } from '@evenkeel/contract'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api.ts'
import { Button, CopyLine, Dialog, ErrorPanel, NumberInput, Select, Stack, Textarea } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

interface DeployDialogProps {
  readonly version: ModelVersion
  readonly endpoints: readonly EndpointView[]
  readonly onClose: () => void
}

/** Production first: that is where one means to go. */
const preferred = (endpoints: readonly EndpointView[]) =>
  (endpoints.find(({ environment }) => environment === 'production') ?? endpoints[0])?.name ?? null

export function DeployDialog({ version: { model, version }, endpoints, onClose }: DeployDialogProps) {
  const [endpoint, setEndpoint] = useState(preferred(endpoints))
  const [canary, setCanary] = useState(10)
  const [comment, setComment] = useState('')
  const navigate = useNavigate()
  const deploy = useAction(
    (to: string) =>
      api.deployments.deploy({
        params: { endpoint: to },
        body: { version, comment, plan: { steps: canary === 0 ? [] : [canary] } },
      }),
    `Version ${version} is on its way.`,
    () => void navigate({ to: '/deployments/$endpoint', params: { endpoint: endpoint! } }),
  )

  return (
    <Dialog title={`Deploy version ${version} of ${model}`} onClose={onClose}>
      <Stack gap="sm">
        <Select
          label="Endpoint"
          data={endpoints.map(({ name, environment }) => ({ value: name, label: `${name} (${environment})` }))}
          value={endpoint}
          onChange={setEndpoint}
          allowDeselect={false}
        />
        <NumberInput
          label="Canary, percent of the traffic"
          description="As much goes to a fresh baseline. 0 switches at once."
          min={0}
          max={50}
          value={canary}
          onChange={(value) => setCanary(Number(value))}
        />
        <Textarea
          label="Comment"
          description="Shown to the one who approves."
          autosize
          minRows={2}
          value={comment}
          onChange={({ currentTarget }) => setComment(currentTarget.value)}
        />
        <CopyLine text={`evenkeel deploy ${model}@${version} --endpoint ${endpoint ?? '…'} --canary ${canary}`} />
        {deploy.error && <ErrorPanel error={deploy.error} />}
        <div className="ek-row-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={deploy.isPending}
            disabledReason={endpoint === null ? 'Choose an endpoint.' : undefined}
            onClick={() => deploy.mutate(endpoint!)}
          >
            Deploy
          </Button>
        </div>
      </Stack>
    </Dialog>
  )
}
