import { type Baseline, type ImportDraft, importLimits, type ModelReference, plural } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import {
  Button,
  Card,
  CopyLine,
  Empty,
  ErrorPanel,
  formatCount,
  formatNumber,
  formatPercent,
  Loaded,
  NumberInput,
  SegmentedControl,
  Select,
} from '../ui/index.ts'
import { modelImportsApi } from './api.ts'
import { FilePick } from './FilePick.tsx'
import css from './Import.module.css'
import { datasetsQuery, useStep } from './queries.ts'
import { useUpload } from './useUpload.ts'

const KINDS = { file: 'A file', dataset: 'A version of a dataset' } as const

/** What did its training data look like? */
export function ReferenceStep({ draft }: { readonly draft: ImportDraft }) {
  const [kind, setKind] = useState<keyof typeof KINDS>(draft.reference?.source.kind ?? 'file')
  const { id, reference, registered } = draft
  return (
    <>
      {!registered && (
        <Card
          title="Reference"
          note="Monitors compare what the model gets in production with its training data. Without a reference they see errors and labels, and no drift."
        >
          <div className={css['stack']}>
            <SegmentedControl
              aria-label="Where the training data are"
              size="xs"
              data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
              value={kind}
              onChange={(value) => setKind(value as keyof typeof KINDS)}
            />
            {kind === 'file' ? <FromFile draft={id} /> : <FromDataset draft={draft} />}
          </div>
        </Card>
      )}
      {reference ? (
        <Reference draft={draft} reference={reference} />
      ) : (
        registered && <Empty title="It was registered without a reference." />
      )}
    </>
  )
}

function FromFile({ draft }: { readonly draft: string }) {
  const sending = useUpload(draft, ({ digest, file }, signal) => {
    const source = { kind: 'file' as const, digest, fileName: file.name.slice(-255), format: formatOf(file.name) }
    return modelImportsApi.setReference({ params: { draft }, body: { source } }, { signal })
  })
  return (
    <FilePick
      label="Training data, or a sample of them"
      note={`CSV with a header, Parquet, or JSON rows, with a column for each input. Of a long one, ${formatCount(importLimits.referenceRows)} rows are drawn.`}
      accept=".csv,.parquet,.json,.jsonl,.ndjson,.txt"
      sending={sending}
    />
  )
}

function formatOf(fileName: string): 'csv' | 'parquet' | 'json' {
  if (/\.(parquet|pq)$/i.test(fileName)) return 'parquet'
  return /\.(json|jsonl|ndjson)$/i.test(fileName) ? 'json' : 'csv'
}

function FromDataset({ draft: { id, reference } }: { readonly draft: ImportDraft }) {
  const datasets = useQuery(datasetsQuery)
  const known = reference?.source.kind === 'dataset' ? reference.source : undefined
  const [dataset, setDataset] = useState<string | null>(known?.dataset ?? null)
  const [version, setVersion] = useState<number | undefined>(known?.version)
  const attach = useStep(id, (source: { dataset: string; version: number }) =>
    modelImportsApi.setReference({ params: { draft: id }, body: { source: { kind: 'dataset', ...source } } }),
  )
  return (
    <Loaded query={datasets} height={60}>
      {({ items }) => {
        if (items.length === 0) return <NoDataset />
        const newest = items.find(({ name }) => name === dataset)?.latestVersion ?? undefined
        const wanted = version ?? newest
        return (
          <>
            <div className="ek-row">
              <Select
                label="Dataset"
                searchable
                data={items.map(({ name }) => name)}
                value={dataset}
                onChange={(name) => {
                  setDataset(name)
                  setVersion(undefined)
                }}
              />
              <NumberInput
                label="Version"
                min={1}
                allowDecimal={false}
                value={wanted ?? ''}
                onChange={(value) => setVersion(Number(value) || undefined)}
              />
            </div>
            {attach.error && <ErrorPanel error={attach.error} />}
            <Button
              kind="primary"
              busy={attach.isPending}
              disabledReason={dataset === null || wanted === undefined ? 'Choose a dataset and a version.' : undefined}
              onClick={() => dataset !== null && wanted !== undefined && attach.mutate({ dataset, version: wanted })}
            >
              Compare with it
            </Button>
          </>
        )
      }}
    </Loaded>
  )
}

function NoDataset() {
  const url = `${window.location.origin}/api/v1/datasets/my-data/versions`
  return (
    <div className={css['stack']}>
      <p>There is no dataset yet. Send one, or take a file:</p>
      <CopyLine text={`curl -F format=csv -F file=@my.csv ${url}`} />
    </div>
  )
}

function Reference({
  draft: { id, registered },
  reference,
}: {
  readonly draft: ImportDraft
  readonly reference: ModelReference
}) {
  const { source, rowCount, sampledCount, baselines, leftOut } = reference
  const remove = useStep(id, () => modelImportsApi.setReference({ params: { draft: id }, body: { source: null } }))
  const from = source.kind === 'file' ? source.fileName : `${source.dataset}, version ${source.version}`
  const drawn = sampledCount < rowCount ? `, ${formatCount(sampledCount)} of them drawn` : ''
  return (
    <Card
      title={`Drift is measured against ${from}`}
      note={`${plural(rowCount, 'row')}${drawn}`}
      actions={
        !registered && (
          <Button kind="quiet" busy={remove.isPending} onClick={() => remove.mutate(undefined)}>
            Take it away
          </Button>
        )
      }
      flush
    >
      {remove.error && <ErrorPanel error={remove.error} />}
      <table className="ek-table">
        <thead>
          <tr>
            <th>Column</th>
            <th>Kind</th>
            <th className="ek-num">Missing</th>
            <th className="ek-num">Mean</th>
            <th className="ek-num">Std</th>
            <th>Values</th>
          </tr>
        </thead>
        <tbody>
          {baselines.map((baseline) => (
            <Row key={baseline.feature} baseline={baseline} />
          ))}
          {leftOut.map(({ feature, why }) => (
            <tr key={feature}>
              <th scope="row">{feature}</th>
              <td colSpan={5}>Left out: {why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function Row({ baseline }: { readonly baseline: Baseline }) {
  const { feature, kind, nullCount, rowCount, mean, std, histogram, categories } = baseline
  const edges = histogram?.edges ?? []
  const range = edges.length > 0 ? `${formatNumber(edges[0]!)} to ${formatNumber(edges.at(-1)!)}` : 'all are missing'
  const values = categories
    ? categories.values.slice(0, 4).join(', ') + (categories.values.length > 4 ? ', …' : '')
    : range
  return (
    <tr>
      <th scope="row">{feature}</th>
      <td>{feature === 'score' ? 'what the model answers' : kind}</td>
      <td className="ek-num">{formatPercent(nullCount / rowCount)}</td>
      <td className="ek-num">{mean === null ? '–' : formatNumber(mean)}</td>
      <td className="ek-num">{std === null ? '–' : formatNumber(std)}</td>
      <td>{values}</td>
    </tr>
  )
}
