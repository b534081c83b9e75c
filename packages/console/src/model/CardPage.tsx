import { ApiError } from '@evenkeel/client'
import { type CardIssue, type ModelCard, registryErrors } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { pathToVersion } from '../shell/paths.ts'
import {
  Button,
  Card,
  Empty,
  ErrorPanel,
  LinkButton,
  Loaded,
  PageHead,
  PageLink,
  Textarea,
  TextInput,
} from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { modelCardsApi } from './api.ts'
import css from './CardPage.module.css'
import { CardHistory } from './CardHistory.tsx'
import { LineDiff } from './LineDiff.tsx'
import { diffLineOf } from './patch-lines.ts'
import { cardQuery } from './queries.ts'

const Markdown = lazy(async () => ({ default: (await import('../ui/Markdown.tsx')).Markdown }))

/** What should people know about this version? */
export function CardPage() {
  const { model, version: number } = useParams({ from: '/models/$model/versions/$version/card' })
  const version = Number(number)
  const card = useQuery(cardQuery(model, version))
  return (
    <div className="ek-page">
      <PageHead
        title={`Card of ${model}, version ${number}`}
        note={<PageLink href={pathToVersion(model, version)}>Back to the version</PageLink>}
      />
      <Loaded query={card} height={480}>
        {(data) => <Editor current={data} />}
      </Loaded>
      <CardHistory model={model} version={version} />
    </div>
  )
}

/** Keeps what is being written whatever arrives meanwhile; the revision it was made from is that of the first look. */
function Editor({ current }: { readonly current: ModelCard }) {
  const { model, version } = current
  const [base, setBase] = useState(current)
  const [text, setText] = useState(current.card)
  const [reason, setReason] = useState('')
  const save = useAction(async () => {
    const saved = await modelCardsApi.put({
      params: { model, version },
      body: { card: text, revision: base.revision, reason },
    })
    setBase(saved)
    setReason('')
  }, 'The card is saved.')
  const rebase = (revision: number) => {
    setBase({ ...base, revision })
    save.reset()
  }
  return (
    <Card
      title="Edit"
      note={`Revision ${base.revision}, by ${base.editedBy}. Gate, approvals and canary are added below by themselves.`}
    >
      <div className={css['columns']}>
        <Textarea
          aria-label="Card, in Markdown"
          autosize
          minRows={20}
          maxRows={40}
          classNames={{ input: css['source'] }}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        <section aria-label="Preview" className={css['preview']}>
          {text.trim() === '' ? (
            <Empty title="What it is for, what it was trained on, where it fails." />
          ) : (
            <Suspense>
              <Markdown text={text} />
            </Suspense>
          )}
        </section>
      </div>
      <Issues issues={issuesIn(save.error) ?? base.issues} />
      {save.error && <Refusal error={save.error} onRebase={rebase} />}
      <div className={css['actions']}>
        <TextInput
          aria-label="Reason"
          placeholder="Why: for the history"
          maxLength={1000}
          className={css['reason']!}
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        <LinkButton href={pathToVersion(model, version)}>Close</LinkButton>
        <Button
          kind="primary"
          busy={save.isPending}
          disabledReason={text === base.card ? 'Nothing is changed.' : undefined}
          onClick={() => save.mutate(undefined)}
        >
          Save
        </Button>
      </div>
    </Card>
  )
}

/** The lines that Hugging Face would not understand; undefined when that was not what went wrong. */
function issuesIn(error: Error | null): readonly CardIssue[] | undefined {
  if (!(error instanceof ApiError) || error.code !== 'registry.bad_card') return undefined
  return registryErrors['registry.bad_card'].details.safeParse(error.details).data?.issues
}

function Issues({ issues }: { readonly issues: readonly CardIssue[] }) {
  if (issues.length === 0) return null
  return (
    <ul aria-label="What is wrong with the front matter" className={css['issues']}>
      {issues.map(({ path, message, line }) => (
        <li key={`${line} ${path} ${message}`}>
          {line !== null && `Line ${line}: `}
          {path && <code>{path}</code>} {message}
        </li>
      ))}
    </ul>
  )
}

interface RefusalProps {
  readonly error: Error
  readonly onRebase: (revision: number) => void
}

/** A save that came too late shows what it would have undone. */
function Refusal({ error, onRebase }: RefusalProps) {
  const stale =
    error instanceof ApiError && error.code === 'registry.card_changed'
      ? registryErrors['registry.card_changed'].details.safeParse(error.details).data
      : undefined
  return (
    <div className={css['refusal']}>
      <ErrorPanel error={error} />
      {stale && (
        <>
          <LineDiff lines={stale.changes.map(diffLineOf)} />
          <Button onClick={() => onRebase(stale.revision)}>I have put these changes in</Button>
        </>
      )}
    </div>
  )
}
