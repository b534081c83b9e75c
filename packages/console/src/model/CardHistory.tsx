import { type CardEdit, changedLines, lineDiff } from '@evenkeel/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button, Card, Loaded, More, Time } from '../ui/index.ts'
import css from './CardPage.module.css'
import { LineDiff } from './LineDiff.tsx'
import { cardEditsQuery, cardRevisionQuery } from './queries.ts'

interface CardHistoryProps {
  readonly model: string
  readonly version: number
}

/** Who edited the card when and why, and what. */
export function CardHistory({ model, version }: CardHistoryProps) {
  const edits = useInfiniteQuery(cardEditsQuery(model, version))
  return (
    <Card title="Revisions" note="Newest first.">
      <Loaded query={edits} height={120}>
        {({ pages }) => (
          <ol className={css['edits']}>
            {pages
              .flatMap(({ items }) => items)
              .map((edit) => (
                <Edit key={edit.revision} model={model} version={version} edit={edit} />
              ))}
          </ol>
        )}
      </Loaded>
      <More query={edits}>Show older revisions</More>
    </Card>
  )
}

function Edit({ model, version, edit }: CardHistoryProps & { readonly edit: CardEdit }) {
  const { revision, reason, editedBy, editedAt, addedLines, removedLines } = edit
  const [open, setOpen] = useState(false)
  return (
    <li>
      <p className={css['edit']}>
        <span>
          <strong>Revision {revision}</strong> by {editedBy}
          <span className="ek-dim">
            {' · '}
            <Time at={editedAt} />
            {revision === 0 ? ' · registered' : ` · +${addedLines} −${removedLines} lines`}
            {reason && ` · ${reason}`}
          </span>
        </span>
        {revision > 0 && (
          <Button kind="quiet" onClick={() => setOpen(!open)}>
            {open ? 'Hide the changes' : 'Show the changes'}
          </Button>
        )}
      </p>
      {open && <Changes model={model} version={version} revision={revision} />}
    </li>
  )
}

function Changes({ model, version, revision }: CardHistoryProps & { readonly revision: number }) {
  const before = useQuery(cardRevisionQuery(model, version, revision - 1))
  const after = useQuery(cardRevisionQuery(model, version, revision))
  return (
    <Loaded query={before} height={80}>
      {(first) => (
        <Loaded query={after} height={80}>
          {(second) => <LineDiff lines={changedLines(lineDiff(first.card, second.card), 2)} />}
        </Loaded>
      )}
    </Loaded>
  )
}
