import type { ModelComment } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { Button, Card, Empty, ErrorPanel, Loaded, More, Textarea, Time } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { modelPeopleApi } from './api.ts'
import css from './Comments.module.css'
import { commentsQuery } from './queries.ts'

const Markdown = lazy(async () => ({ default: (await import('../ui/Markdown.tsx')).Markdown }))

interface CommentsProps {
  readonly model: string
  readonly version: number
}

/** What people say about a version. */
export function Comments({ model, version }: CommentsProps) {
  const comments = useInfiniteQuery(commentsQuery(model, version))
  const add = useAction(
    (text: string) => modelPeopleApi.addComment({ params: { model, version }, body: { text } }),
    'The comment is there.',
  )
  return (
    <Card title="Comments" note="Newest first.">
      <CommentForm key={add.submittedAt} label="Comment" confirm="Comment" action={add} />
      <Loaded query={comments} height={120}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          if (items.length === 0) return <Empty title="Nobody commented on this version yet." />
          return (
            <ol className={css['list']}>
              {items.map((comment) => (
                <Comment key={comment.id} comment={comment} />
              ))}
            </ol>
          )
        }}
      </Loaded>
      <More query={comments}>Show older comments</More>
    </Card>
  )
}

interface CommentFormProps {
  readonly label: string
  readonly confirm: string
  readonly initial?: string
  readonly action: { mutate(text: string): void; readonly isPending: boolean; readonly error: Error | null }
  readonly onCancel?: () => void
}

function CommentForm({ label, confirm, initial = '', action, onCancel }: CommentFormProps) {
  const [text, setText] = useState(initial)
  return (
    <div className={css['form']}>
      <Textarea
        aria-label={label}
        placeholder="Markdown"
        autosize
        minRows={2}
        maxRows={16}
        maxLength={10_000}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
      />
      {action.error && <ErrorPanel error={action.error} />}
      <div className="ek-row-end">
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
        <Button
          busy={action.isPending}
          disabledReason={text.trim() === '' ? 'Write something first.' : undefined}
          onClick={() => action.mutate(text)}
        >
          {confirm}
        </Button>
      </div>
    </div>
  )
}

function Comment({ comment }: { readonly comment: ModelComment }) {
  const { id, model, version, text, author, createdAt, editedAt, mayEdit, mayDelete } = comment
  const [editing, setEditing] = useState(false)
  const params = { model, version, comment: id }
  const edit = useAction(
    (next: string) => modelPeopleApi.editComment({ params, body: { text: next } }),
    'The comment is changed.',
    () => setEditing(false),
  )
  const remove = useAction(() => modelPeopleApi.deleteComment({ params }), 'The comment is gone.')
  if (editing) {
    return (
      <li>
        <CommentForm
          label={`Comment of ${author}`}
          confirm="Save"
          initial={text}
          action={edit}
          onCancel={() => setEditing(false)}
        />
      </li>
    )
  }
  return (
    <li>
      <p className={css['by']}>
        <span className={css['author']}>{author}</span>
        <span className="ek-dim">
          <Time at={createdAt} />
          {editedAt !== null && ', edited'}
        </span>
        {mayEdit && (
          <Button kind="quiet" onClick={() => setEditing(true)}>
            Edit
          </Button>
        )}
        {mayDelete && (
          <Button kind="quiet" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Delete
          </Button>
        )}
      </p>
      <Suspense>
        <Markdown text={text} />
      </Suspense>
      {remove.error && <ErrorPanel error={remove.error} />}
    </li>
  )
}
