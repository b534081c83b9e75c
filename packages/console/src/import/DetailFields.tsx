import { Evaluation, plural } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { modelNamesQuery } from '../model/queries.ts'
import { Button, StateWord, TextInput, TYPING_MS, useDebouncedValue } from '../ui/index.ts'
import css from './Import.module.css'

const LICENCES = [
  'apache-2.0',
  'mit',
  'bsd-3-clause',
  'cc-by-4.0',
  'cc-by-sa-4.0',
  'gpl-3.0',
  'openrail',
  'other',
  'unknown',
]

interface FieldProps<T> {
  readonly value: T
  readonly onChange: (value: T) => void
}

/** A new name, or a model that is there. */
export function ModelField({ value, onChange }: FieldProps<string>) {
  const [settled] = useDebouncedValue(value.trim(), TYPING_MS)
  const models = useQuery(modelNamesQuery(settled)).data ?? []
  const list = useId()
  const note = models.includes(value.trim())
    ? 'It becomes the next version of this model.'
    : 'It becomes version 1 of a new model.'
  return (
    <>
      <TextInput
        label="Model"
        required
        list={list}
        autoComplete="off"
        description={value.trim() === '' ? 'A new name, or a model that is there.' : note}
        error={/[/:]/.test(value) && 'Leave out "/" and ":".'}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <datalist id={list}>
        {models.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  )
}

/** A licence as Hugging Face writes it; what cannot be one is not taken. */
export function LicenceField({ value, onChange }: FieldProps<string>) {
  const list = useId()
  return (
    <>
      <TextInput
        label="Licence"
        list={list}
        autoComplete="off"
        description="As Hugging Face writes it, such as apache-2.0."
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value.toLowerCase().replaceAll(/[^a-z0-9.+_-]/g, '-'))}
      />
      <datalist id={list}>
        {LICENCES.map((licence) => (
          <option key={licence} value={licence} />
        ))}
      </datalist>
    </>
  )
}

/** What the gate asks for, from a file. */
export function EvaluationField({ value, onChange }: FieldProps<Evaluation | null>) {
  const id = useId()
  const [why, setWhy] = useState<string>()
  const read = async (file: File | undefined) => {
    if (!file) return
    const found = Evaluation.safeParse(
      await file
        .text()
        .then(JSON.parse)
        .catch(() => undefined),
    )
    setWhy(
      found.success ? undefined : 'It is no evaluation; docs/models.md shows what it holds, and Python that writes it.',
    )
    if (found.success) onChange(found.data)
  }
  return (
    <div className={css['stack']}>
      <label htmlFor={id} className={css['label']}>
        Evaluation
      </label>
      <p className="ek-dim" id={`${id}-note`}>
        How it did on rows that it was not trained on. The gate asks for it: without one the version is refused, until a
        person overrides the gate with a reason. A file is registered once, so add it now.
      </p>
      <input
        id={id}
        type="file"
        className={css['file']}
        accept=".json"
        aria-describedby={`${id}-note`}
        onChange={(event) => void read(event.currentTarget.files?.[0])}
      />
      {why && <p className={css['warning']}>{why}</p>}
      {value && (
        <div className="ek-row">
          <StateWord state="done">
            {plural(value.rowCount, 'row')} of {value.dataset}: {metricsOf(value)}
          </StateWord>
          <Button kind="quiet" onClick={() => onChange(null)}>
            Take it away
          </Button>
        </div>
      )}
    </div>
  )
}

const metricsOf = ({ candidate }: Evaluation) =>
  Object.entries(candidate)
    .slice(0, 3)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`)
    .join(', ')
