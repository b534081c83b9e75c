import { type Pipeline, plural } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { pathTo } from '../shell/paths.ts'
import { Button, formatCount, Loaded, PageHead, PageLink } from '../ui/index.ts'
import { Costs } from './Costs.tsx'
import { Environments } from './Environments.tsx'
import { Firings } from './Firings.tsx'
import { pipelineQuery } from './queries.ts'
import { Releases } from './Releases.tsx'
import { RunNow } from './RunNow.tsx'
import { Runs } from './Runs.tsx'
import { SpecPanel } from './SpecPanel.tsx'
import { needsOf, noteOf } from './spec.ts'
import { Steps } from './Steps.tsx'
import { Triggers } from './Triggers.tsx'
import { Versions } from './Versions.tsx'

/** What does it do, what starts it, and how did it go? */
export function PipelinePage() {
  const { pipeline: name } = useParams({ from: '/pipelines/$pipeline' })
  const pipeline = useQuery(pipelineQuery(name))
  return (
    <div className="ek-page">
      <PageHead title={name} kind="Pipeline" note={pipeline.data && <Summary pipeline={pipeline.data} />}>
        {pipeline.data && <RunButton pipeline={pipeline.data} />}
      </PageHead>
      <Loaded query={pipeline} height={560}>
        {(data) => <Content pipeline={data} />}
      </Loaded>
    </div>
  )
}

function Summary({ pipeline: { version, spec, runCount } }: { readonly pipeline: Pipeline }) {
  return (
    <>
      {spec.description && <div>{spec.description}</div>}
      <div>
        Version {version} · {plural(runCount, 'run')}
        {spec.model && (
          <>
            {' · '}makes <PageLink href={pathTo('models', spec.model)}>{spec.model}</PageLink>
          </>
        )}
      </div>
    </>
  )
}

function RunButton({ pipeline }: { readonly pipeline: Pipeline }) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button kind="primary" onClick={() => setOpen(true)}>
        Run now
      </Button>
      {open && <RunNow pipeline={pipeline} onClose={() => setOpen(false)} />}
    </>
  )
}

function Content({ pipeline }: { readonly pipeline: Pipeline }) {
  const { step, view } = useSearch({ from: '/pipelines/$pipeline' })
  const navigate = useNavigate({ from: '/pipelines/$pipeline' })
  const { steps } = pipeline.spec
  const shown = steps.find(({ key }) => key === step)
  const change = (next: { step?: string; view?: 'graph' | 'list' }) =>
    void navigate({ search: (search) => ({ ...search, ...next }), replace: true, resetScroll: false })
  return (
    <>
      <Environments pipeline={pipeline} />
      <Runs pipeline={pipeline.name} />
      <Steps
        title="Steps"
        note={`${formatCount(steps.length)} in version ${pipeline.version}; choose one to see its command.`}
        steps={steps.map((one) => ({ key: one.key, needs: needsOf(one), note: noteOf(one) }))}
        selected={shown?.key}
        onSelect={(key) => change({ step: key })}
        view={view}
        onView={(next) => change({ view: next })}
      />
      {shown && <SpecPanel step={shown} params={pipeline.spec.params} />}
      <Triggers pipeline={pipeline} />
      <Firings pipeline={pipeline.name} />
      <Costs pipeline={pipeline.name} />
      <Releases pipeline={pipeline.name} />
      <Versions pipeline={pipeline.name} />
    </>
  )
}
