import type { RunDetail } from '@evenkeel/contract'
import { useState } from 'react'
import { trackedRunsApi } from '../experiment/api.ts'
import { TagDialog } from '../experiment/TagDialog.tsx'
import { useRemove } from '../experiment/useRemove.ts'
import { Button, ErrorPanel } from '../ui/index.ts'
import { useAction } from '../useAction.ts'

/** Tag it, delete it, or take it back. */
export function Actions({ run: { id, lifecycle } }: { readonly run: RunDetail }) {
  const [tagging, setTagging] = useState(false)
  const remove = useRemove()
  const restore = useAction(() => trackedRunsApi.restore({ body: { runs: [id] } }), 'The run was restored.')
  const deleted = lifecycle === 'deleted' ? 'The run was deleted; restore it first.' : undefined
  const error = remove.error ?? restore.error
  return (
    <>
      <Button disabledReason={deleted} onClick={() => setTagging(true)}>
        Tag
      </Button>
      {deleted ? (
        <Button kind="primary" busy={restore.isPending} onClick={() => restore.mutate(undefined)}>
          Restore
        </Button>
      ) : (
        <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate([id])}>
          Delete
        </Button>
      )}
      {error && <ErrorPanel error={error} />}
      {tagging && <TagDialog runs={[id]} onClose={() => setTagging(false)} />}
    </>
  )
}
