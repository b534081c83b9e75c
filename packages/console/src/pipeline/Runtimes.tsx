import type { Runtime } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { pipelineApi } from './api.ts'
import { Button, Card, Dialog, ErrorPanel, formatBytes, type MarkState, StateWord, Time } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { runtimesQuery } from './queries.ts'

/** The software environments that steps run in; nothing while there are none. */
export function Runtimes() {
  const { data } = useQuery(runtimesQuery)
  if (!data || data.items.length === 0) return null
  const sizeBytes = data.items.reduce((sum, one) => sum + (one.sizeBytes ?? 0), 0)
  const note = `Built once from a lock file, shared by all steps with the same one. ${formatBytes(sizeBytes)} of at most ${formatBytes(data.limitBytes)}.`
  return (
    <Card title="Software environments" note={note} flush>
      <table className="ek-table ek-stack" aria-label="Software environments">
        <thead>
          <tr>
            <th>Environment</th>
            <th>State</th>
            <th>From</th>
            <th className="ek-num">Packages</th>
            <th className="ek-num">Size</th>
            <th>Built</th>
            <th>Last used</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {data.items.map((one) => (
            <Row key={one.digest} runtime={one} />
          ))}
        </tbody>
      </table>
    </Card>
  )
}

const MARKS: Readonly<Record<Runtime['state'], MarkState>> = { building: 'active', ready: 'done', failed: 'failed' }

function Row({ runtime }: { readonly runtime: Runtime }) {
  const { digest, kind, version, wanted, state, reason, lock, tool, packageCount, sizeBytes } = runtime
  return (
    <tr>
      <th scope="row">
        {kind} {version ?? wanted}
        <p className="ek-dim">
          <code title={digest}>{shortOf(runtime)}</code>
        </p>
      </th>
      <td data-label="State">
        <span title={reason ?? undefined}>
          <StateWord state={MARKS[state]}>{state}</StateWord>
        </span>
      </td>
      <td data-label="From">
        {lock.path}
        <p className="ek-dim">{tool}</p>
      </td>
      <td className="ek-num" data-label="Packages">
        {packageCount ?? '–'}
      </td>
      <td className="ek-num" data-label="Size">
        {sizeBytes === null ? '–' : formatBytes(sizeBytes)}
      </td>
      <td data-label="Built">
        <Time at={runtime.createdAt} />
      </td>
      <td data-label="Last used">{runtime.lastUsedAt ? <Time at={runtime.lastUsedAt} /> : 'never'}</td>
      <td>
        <Remove runtime={runtime} />
      </td>
    </tr>
  )
}

const shortOf = ({ digest }: Runtime): string => digest.slice('sha256:'.length, 19)

function whyNotRemove({ state, useCount }: Runtime): string | undefined {
  if (state === 'building') return 'It is being built.'
  return useCount > 0 ? 'A step uses it, or waits for it.' : undefined
}

function Remove({ runtime }: { readonly runtime: Runtime }) {
  const [asking, setAsking] = useState(false)
  const close = () => setAsking(false)
  const remove = useAction(
    () => pipelineApi.runtimes.remove({ params: { runtime: runtime.digest } }),
    'The environment is removed.',
    close,
  )
  return (
    <>
      <Button disabledReason={whyNotRemove(runtime)} onClick={() => setAsking(true)}>
        Remove
      </Button>
      {asking && (
        <Dialog title={`Remove the environment ${shortOf(runtime)}`} onClose={close}>
          <p>The next step with this lock file builds it again.</p>
          {remove.error && <ErrorPanel error={remove.error} />}
          <div className="ek-row-end">
            <Button onClick={close}>Cancel</Button>
            <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
              Remove
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
