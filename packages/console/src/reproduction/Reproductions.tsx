import type { ModelVersion, ReproductionSummary } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { pathTo } from '../shell/paths.ts'
import { Button, Card, CopyLine, Empty, ErrorPanel, Loaded, PageLink, StateWord, Time } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import css from './Reproductions.module.css'
import { reproductionsApi, reproductionsQuery } from './queries.ts'
import { StepComparisons } from './StepComparisons.tsx'
import { lookOf } from './words.ts'

/** Whether a version can be made again, and what came of it the last times. */
export function Reproductions({ version: { model, version, artifact, lineage } }: { readonly version: ModelVersion }) {
  const found = useQuery(reproductionsQuery(model, version))
  const start = useAction(
    () => reproductionsApi.start({ params: { model, version }, body: {} }),
    `Version ${version} is being made again.`,
  )
  return (
    <Card
      title="Reproduction"
      note="The same code, data, params and software once more, compared step by step. Nothing is registered."
      actions={
        <Button disabledReason={whyNot(lineage.runId, artifact)} onClick={() => start.mutate(undefined)}>
          Reproduce
        </Button>
      }
    >
      {start.error && <ErrorPanel error={start.error} />}
      <Loaded query={found} height={80}>
        {(items) =>
          items.length === 0 ? (
            <Empty title="It was not made again yet.">
              <CopyLine text={`evenkeel reproduce ${model}@${version}`} />
            </Empty>
          ) : (
            <List items={items} />
          )
        }
      </Loaded>
    </Card>
  )
}

function whyNot(runId: string | null, artifact: ModelVersion['artifact']): string | undefined {
  if (!artifact) return 'It has no ONNX file that could be compared with.'
  return runId === null ? 'It was made elsewhere: no run of a pipeline is known that made it.' : undefined
}

function List({ items }: { readonly items: readonly ReproductionSummary[] }) {
  const [open, setOpen] = useState(items[0]!.id)
  return (
    <>
      <ul className={css['list']}>
        {items.map((one) => (
          <li key={one.id} className="ek-row">
            <StateWord state={lookOf(one).mark}>{lookOf(one).word}</StateWord>
            <span>
              Reproduced <Time at={one.createdAt} /> by {one.createdBy}: {one.says}
            </span>
            <PageLink href={pathTo('runs', one.id)}>Run</PageLink>
            {one.id !== open && (
              <Button kind="quiet" onClick={() => setOpen(one.id)}>
                Show steps
              </Button>
            )}
          </li>
        ))}
      </ul>
      <StepComparisons reproduction={open} />
    </>
  )
}
