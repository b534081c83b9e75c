import type { ImportDraftHead } from '@evenkeel/contract'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { pathToImport } from '../shell/paths.ts'
import { useState } from 'react'
import {
  Age,
  Button,
  Card,
  Dialog,
  Empty,
  ErrorPanel,
  LinkButton,
  Loaded,
  PageHead,
  VisuallyHidden,
} from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { modelImportsApi } from './api.ts'
import css from './Import.module.css'
import { Elsewhere } from './Elsewhere.tsx'
import { draftsQuery } from './queries.ts'

/** Can I run this existing model safely? */
export function ImportStartPage() {
  const { history } = useRouter()
  const client = useQueryClient()
  const drafts = useQuery(draftsQuery)
  const begin = useMutation({
    mutationFn: () => modelImportsApi.create({ body: {} }),
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: draftsQuery.queryKey })
      history.push(pathToImport(id, 'source'))
    },
  })
  return (
    <div className="ek-page">
      <PageHead
        title="Import a model"
        note="One that was trained elsewhere: look at it, try it, give it a reference for drift, register it. You can leave at any step and come back."
      >
        <Button kind="primary" busy={begin.isPending} onClick={() => begin.mutate()}>
          Begin with a file
        </Button>
      </PageHead>
      {begin.error && <ErrorPanel error={begin.error} />}
      <Card title="Under way" note="What nobody touches for 30 days is removed." flush>
        <Loaded query={drafts} height={120}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No import is under way." />
            ) : (
              <ul className={css['drafts']}>
                {items.map((draft) => (
                  <Draft key={draft.id} draft={draft} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
      <Elsewhere />
    </div>
  )
}

function Draft({ draft }: { readonly draft: ImportDraftHead }) {
  const { id, fileName, model, isTried, hasReference, createdBy, updatedAt } = draft
  const [asks, setAsks] = useState(false)
  const discard = useAction(
    () => modelImportsApi.discard({ params: { draft: id } }),
    'The import is discarded.',
    () => setAsks(false),
  )
  const name = model ?? fileName ?? 'no file yet'
  const left = [isTried ? 'tried' : 'not tried', hasReference ? 'with a reference' : 'no reference']
  return (
    <li>
      <div>
        <p>
          <strong>{name}</strong>
          {model && fileName && ` from ${fileName}`}
        </p>
        <p className="ek-dim">
          {fileName ? `${left.join(', ')} · ` : ''}by {createdBy}, touched <Age at={updatedAt} />
        </p>
      </div>
      <div className="ek-row">
        <LinkButton href={pathToImport(id)}>
          Continue<VisuallyHidden> with {name}</VisuallyHidden>
        </LinkButton>
        <Button kind="quiet" onClick={() => setAsks(true)}>
          Discard<VisuallyHidden> {name}</VisuallyHidden>
        </Button>
      </div>
      {asks && (
        <Dialog title={`Discard the import of ${name}?`} onClose={() => setAsks(false)}>
          <p>Its file and what was tried go with it. Versions that are registered stay.</p>
          {discard.error && <ErrorPanel error={discard.error} />}
          <div className="ek-row-end">
            <Button onClick={() => setAsks(false)}>Keep it</Button>
            <Button kind="danger" busy={discard.isPending} onClick={() => discard.mutate(undefined)}>
              Discard
            </Button>
          </div>
        </Dialog>
      )}
    </li>
  )
}
