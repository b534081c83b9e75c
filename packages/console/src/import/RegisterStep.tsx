import { type ImportDetails, type ImportDraft, plural } from '@evenkeel/contract'
import { useCallback, useEffect, useRef, useState } from 'react'
import { pathToImport, pathToVersion } from '../shell/paths.ts'
import {
  Button,
  Card,
  ErrorPanel,
  LinkButton,
  PageLink,
  Pairs,
  StateWord,
  Textarea,
  useDebouncedValue,
} from '../ui/index.ts'
import { modelImportsApi } from './api.ts'
import { EvaluationField, LicenceField, ModelField } from './DetailFields.tsx'
import css from './Import.module.css'
import { useStep } from './queries.ts'

/** What shall it be called, and what shall people know about it? */
export function RegisterStep({ draft }: { readonly draft: ImportDraft }) {
  const { registered } = draft
  return registered ? <Outcome registered={registered} /> : <Form draft={draft} />
}

function Form({ draft }: { readonly draft: ImportDraft }) {
  const { id, inspection } = draft
  const [details, setDetails] = useState(() => ({
    ...draft.details,
    licence: draft.details.licence ?? licenceOf(draft),
  }))
  const change = (part: Partial<ImportDetails>) => setDetails((now) => ({ ...now, ...part }))
  const save = useStep(id, (body: ImportDetails) => modelImportsApi.setDetails({ params: { draft: id }, body }))
  const register = useStep(id, async (body: ImportDetails) => {
    await modelImportsApi.setDetails({ params: { draft: id }, body })
    return modelImportsApi.register({ params: { draft: id } })
  })
  const noteSaved = useSaved(savable(details), draft, save.mutate)
  const name = details.model?.trim() ?? ''
  const submit = () => {
    if (name === '' || register.isPending) return
    noteSaved()
    register.mutate({ ...details, model: name })
  }
  return (
    <>
      <Summary draft={draft} />
      <Card title="Register" note="What you write is kept as you write it.">
        <form
          className={css['form']}
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <ModelField value={details.model ?? ''} onChange={(model) => change({ model: model || null })} />
          <LicenceField value={details.licence ?? ''} onChange={(licence) => change({ licence: licence || null })} />
          <Textarea
            label="Notes"
            description="Markdown, for its card: what it is for, what it was trained on, where it fails."
            autosize
            minRows={4}
            maxLength={20_000}
            value={details.notes}
            onChange={({ currentTarget }) => change({ notes: currentTarget.value })}
          />
          <EvaluationField value={details.evaluation} onChange={(evaluation) => change({ evaluation })} />
          {/* Enter in a field asks for one; the button below says why it cannot be pressed, and stays no part of that. */}
          <button type="submit" hidden>
            Register
          </button>
          {(register.error ?? save.error) && <ErrorPanel error={(register.error ?? save.error)!} />}
          <div>
            <Button
              kind="primary"
              busy={register.isPending}
              disabledReason={name === '' ? 'Give the model a name.' : inspection ? undefined : 'There is no file yet.'}
              onClick={submit}
            >
              Register {name || 'it'}
            </Button>
          </div>
        </form>
      </Card>
    </>
  )
}

/** What the server takes while a name is being written; the field says what is wrong with it. */
function savable(details: ImportDetails): ImportDetails {
  const name = details.model?.trim() ?? ''
  return { ...details, model: name === '' || /[/:]/.test(name) ? null : name }
}

/**
 * Keeps what was written, a moment after the last key, and when one leaves.
 *
 * @returns says that it is kept another way
 */
function useSaved(details: ImportDetails, { details: known }: ImportDraft, save: (details: ImportDetails) => void) {
  const text = JSON.stringify(details)
  const [settled] = useDebouncedValue(text, 600)
  const saved = useRef(JSON.stringify(known))
  const latest = useRef(text)
  const keep = useCallback(
    (written: string) => {
      if (written === saved.current) return
      saved.current = written
      save(JSON.parse(written) as ImportDetails)
    },
    [save],
  )
  useEffect(() => {
    latest.current = text
  }, [text])
  useEffect(() => keep(settled), [settled, keep])
  useEffect(() => () => keep(latest.current), [keep])
  return () => {
    saved.current = text
  }
}

/** What the file says, where it says it as one word. */
function licenceOf({ inspection }: ImportDraft): string | null {
  const [, said = ''] = Object.entries(inspection?.metadata ?? {}).find(([name]) => /licen[cs]e/i.test(name)) ?? []
  const word = said.trim().toLowerCase()
  return /^[a-z0-9][a-z0-9.+_-]{0,63}$/.test(word) ? word : null
}

function Summary({ draft }: { readonly draft: ImportDraft }) {
  return (
    <Card title="What will be registered">
      <Pairs entries={summaryOf(draft)} />
      {!draft.trial && (
        <p className={css['warning']}>
          It was not tried. <PageLink href={pathToImport(draft.id, 'try')}>Try it</PageLink> on rows whose answers you
          know.
        </p>
      )}
    </Card>
  )
}

function summaryOf({ source, inspection, trial, reference }: ImportDraft): (readonly [string, string])[] {
  const { comparison } = trial ?? {}
  const tried = !trial
    ? 'no'
    : comparison
      ? `${comparison.rowCount - comparison.differingCount} of ${plural(comparison.rowCount, 'answer')} as expected`
      : `on ${plural(trial.rows.length, 'row')}, compared with nothing`
  return [
    ['File', source?.fileName ?? ''],
    ['Inputs', String(inspection?.signature.inputs.length ?? 0)],
    ['Proved by every node on', inspection?.golden ? 'golden rows of its trees' : 'a blank row: it runs at all'],
    ['Tried', tried],
    ['Drift', reference ? `against ${plural(reference.rowCount, 'row')}` : 'not measured: there is no reference'],
  ]
}

function Outcome({ registered }: { readonly registered: NonNullable<ImportDraft['registered']> }) {
  const { model, version, stage, says, isNew } = registered
  const passed = stage === 'passed'
  return (
    <Card
      title={`${model}, version ${version}`}
      note={isNew ? 'It is registered.' : 'This file was a version of the model already; nothing was added.'}
    >
      <div className={css['stack']}>
        <StateWord state={passed ? 'done' : 'attention'}>
          {passed ? 'Its gate let it pass' : stage === 'refused' ? 'Its gate refused it' : `It is ${stage}`}
        </StateWord>
        {says && <p>{says}</p>}
        {stage === 'refused' && <p>A person may override its gate with a reason, on its page.</p>}
        <div className="ek-row">
          <LinkButton href={pathToVersion(model, version)} kind="primary">
            {passed ? 'Open it, and deploy it' : 'Open it'}
          </LinkButton>
          <LinkButton href="/new/import">Import another one</LinkButton>
        </div>
      </div>
    </Card>
  )
}
