import {
  type ImportDraft,
  importLimits,
  type ModelInspection,
  type SampleRow,
  type Signature,
} from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Button, Card, ErrorPanel, NumberInput, Select, Textarea, VisuallyHidden } from '../ui/index.ts'
import { modelImportsApi } from './api.ts'
import { sampleOfGolden } from './golden.ts'
import css from './Import.module.css'
import { goldenQuery, useStep } from './queries.ts'
import { blankSample, expectedName, readSample, type Sample, sampleText } from './sample.ts'
import { TrialResult } from './TrialResult.tsx'

type Inspected = ImportDraft & { readonly inspection: ModelInspection }

/** What two answers may differ by; see `TrialComparison`. */
interface Tolerance {
  readonly absolute: number
  readonly relative: number
}

/** Does it answer what it should, and how fast? */
export function TryStep({ draft }: { readonly draft: ImportDraft }) {
  const { inspection, registered, trial } = draft
  if (!inspection) return null
  return (
    <>
      {!registered && <Rows draft={{ ...draft, inspection }} />}
      {trial && <TrialResult trial={trial} signature={inspection.signature} />}
    </>
  )
}

/** The text is the state: what was tried last, or nothing. */
function Rows({ draft }: { readonly draft: Inspected }) {
  const { id, inspection, trial } = draft
  const { signature } = inspection
  const [text, setText] = useState(trial ? sampleText(signature, trial.rows, trial.expected) : '')
  const [chosen, setChosen] = useState<string | null>(expectedName(signature))
  const [tolerance, setTolerance] = useState<Tolerance>(trial?.comparison?.tolerance ?? usual)
  const { sample, why } = readable(text, signature)
  const expected = (chosen !== null && sample?.others.get(chosen)) || null
  const attempt = useStep(id, ({ rows }: Sample) =>
    modelImportsApi.try({
      params: { draft: id },
      body: { rows: [...rows], expected: expected && ([...expected] as SampleRow[string][]), tolerance },
    }),
  )
  return (
    <Card
      title="Try it"
      note={`It runs in a process of its own, with at most ${importLimits.trialSeconds} s and ${importLimits.trialMiB / 1024} GiB of memory.`}
    >
      <div className={css['stack']}>
        <Fillers inspection={inspection} onFill={setText} />
        <Textarea
          className={`${css['rows']} ${css['wide']}`}
          label="Sample rows"
          description={`CSV with a header, or JSON; at most ${importLimits.trialRows} rows. A column that is no input may hold what you expect.`}
          autosize
          minRows={5}
          maxRows={14}
          spellCheck={false}
          placeholder={blankSample(signature)}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          error={why}
        />
        <div className={css['fields']}>
          <ExpectedField sample={sample} signature={signature} value={chosen} onChange={setChosen} />
          <ToleranceFields value={tolerance} onChange={setTolerance} />
        </div>
        {attempt.error && <ErrorPanel error={attempt.error} />}
        <Button
          kind="primary"
          busy={attempt.isPending}
          disabledReason={sample ? undefined : (why ?? 'Write some rows first.')}
          onClick={() => sample && attempt.mutate(sample)}
        >
          {sample ? `Try ${sample.rows.length === 1 ? 'this row' : `these ${sample.rows.length} rows`}` : 'Try'}
        </Button>
      </div>
    </Card>
  )
}

const usual: Tolerance = { absolute: 1e-6, relative: 1e-5 }

/** The rows in a text, or why there are none. */
function readable(text: string, signature: Signature): { readonly sample?: Sample; readonly why?: string } {
  if (text.trim() === '') return {}
  try {
    const sample = readSample(text, signature)
    const count = sample.rows.length
    if (count <= importLimits.trialRows) return { sample }
    return { why: `There are ${count} rows, and at most ${importLimits.trialRows} are tried; leave some out.` }
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) }
  }
}

interface FillersProps {
  readonly inspection: ModelInspection
  readonly onFill: (text: string) => void
}

/** Ways to rows without typing them. */
function Fillers({ inspection: { golden, signature }, onFill }: FillersProps) {
  const known = useQuery({ ...goldenQuery(golden ?? ''), enabled: false })
  const fillKnown = async () => {
    const sample = sampleOfGolden((await known.refetch()).data, signature)
    if (sample) onFill(sampleText(signature, sample.rows, sample.expected))
  }
  const readFile = async (file: File | undefined) => file && onFill(await file.text())
  return (
    <>
      <div className="ek-row">
        {golden && (
          <Button busy={known.isFetching} onClick={() => void fillKnown()}>
            Fill in known rows
          </Button>
        )}
        <Button onClick={() => onFill(blankSample(signature))}>Fill in an empty row</Button>
        <label>
          <VisuallyHidden>Rows from a file</VisuallyHidden>
          <input
            type="file"
            className={css['file']}
            accept=".csv,.json,.jsonl,.txt"
            onChange={(event) => void readFile(event.currentTarget.files?.[0])}
          />
        </label>
      </div>
      {golden && (
        <p className="ek-dim">
          Known rows lie at and beside the thresholds of the trees, with the answers that the trees give by themselves.
        </p>
      )}
      {known.error && <ErrorPanel error={known.error} />}
    </>
  )
}

interface ExpectedFieldProps {
  readonly sample: Sample | undefined
  readonly signature: Signature
  readonly value: string | null
  readonly onChange: (column: string | null) => void
}

function ExpectedField({ sample, signature, value, onChange }: ExpectedFieldProps) {
  const names = [...(sample?.others.keys() ?? [])]
  return (
    <Select
      label="Expected answers"
      description={`of ${signature.outputs[0]?.name ?? 'the output'}`}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      placeholder="compare with nothing"
      clearable
      data={names}
      value={value !== null && names.includes(value) ? value : null}
      onChange={onChange}
    />
  )
}

interface ToleranceFieldsProps {
  readonly value: Tolerance
  readonly onChange: (tolerance: Tolerance) => void
}

function ToleranceFields({ value, onChange }: ToleranceFieldsProps) {
  const field = (label: string, kind: keyof Tolerance) => (
    <NumberInput
      label={label}
      description={kind === 'relative' ? 'times what is expected' : 'absolute'}
      min={0}
      step={usual[kind]}
      decimalScale={12}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      value={value[kind]}
      onChange={(next) => onChange({ ...value, [kind]: Number(next) || 0 })}
    />
  )
  return (
    <>
      {field('Tolerance', 'absolute')}
      {field('and', 'relative')}
    </>
  )
}
