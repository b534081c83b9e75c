import type { StepApproval } from '@evenkeel/contract'
import { lazy, Suspense } from 'react'
import { wordsOf } from '../pipeline/param-text.ts'
import { pathTo, shortRun } from '../shell/paths.ts'
import { Card, Commit, formatBytes, formatCount, PageLink, Pair, Pairs, Part, Parts } from '../ui/index.ts'

const Markdown = lazy(async () => ({ default: (await import('../ui/Markdown.tsx')).Markdown }))

type Frozen = StepApproval['evidence']

/** What was true when people were asked. */
export function Evidence({ evidence, digest }: { readonly evidence: Frozen; readonly digest: string }) {
  const { trigger, startedBy, params, datasets, follows, steps } = evidence
  return (
    <>
      <Card title="Evidence" note={`As it was when people were asked; ${digest.slice(0, 19)}…`}>
        <Parts>
          <Part title="Why the run exists">
            <p>{trigger.says || 'Nobody said why.'}</p>
            <Pairs entries={[['started by', startedBy], ...entriesOf(params)]} />
          </Part>
          <Changes evidence={evidence} />
          <Part title="What follows on yes">
            <p>{follows.join(', ') || 'Nothing; the run ends.'}</p>
          </Part>
          {datasets.length > 0 && (
            <Part title="Data">
              <Pairs
                entries={datasets.map(({ dataset, version, rowCount }) => [
                  `${dataset}@${version}`,
                  `${formatCount(rowCount)} rows`,
                ])}
              />
            </Part>
          )}
        </Parts>
      </Card>
      {steps.map((step) => (
        <OfStep key={step.step} step={step} />
      ))}
    </>
  )
}

const entriesOf = (params: Frozen['params']) =>
  Object.entries(params).map(([name, value]) => [name, wordsOf(value)] as const)

function Changes({ evidence: { pipeline, subject } }: { readonly evidence: Frozen }) {
  const { version, commit, comparedWith, changes } = pipeline
  return (
    <Part title="What it decides on">
      <Pairs>
        {subject && (
          <Pair name="subject">
            {subject.output} of {subject.step}: <code>{subject.is ?? 'nothing was left'}</code>
          </Pair>
        )}
        <Pair name="pipeline">version {version}</Pair>
        <Pair name="commit">
          <Commit commit={commit} />
        </Pair>
        <Pair name="approved last">
          {comparedWith ? (
            <PageLink href={pathTo('runs', comparedWith.run)}>
              run {shortRun(comparedWith.run)}, version {comparedWith.version}
            </PageLink>
          ) : (
            'never before'
          )}
        </Pair>
      </Pairs>
      {comparedWith && changes.length === 0 && <p>The pipeline is as it was then.</p>}
      {changes.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </Part>
  )
}

function OfStep({ step }: { readonly step: Frozen['steps'][number] }) {
  const outputs = Object.entries(step.outputs)
  return (
    <Card title={`Step ${step.step}`} note={step.says}>
      <Pairs entries={Object.entries(step.values)}>
        {outputs.map(([name, { digest, sizeBytes }]) => (
          <Pair key={name} name={name}>
            {formatBytes(sizeBytes)} <code title={digest}>{digest.slice(0, 19)}…</code>
          </Pair>
        ))}
      </Pairs>
      {step.summary && (
        <Suspense>
          <Markdown text={step.summary} />
        </Suspense>
      )}
    </Card>
  )
}
