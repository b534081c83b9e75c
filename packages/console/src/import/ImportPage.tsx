import type { ImportDraft } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Navigate, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { pathToImport } from '../shell/paths.ts'
import { Button, Card, Empty, LinkButton, Loaded, PageHead, PageLink, StateMark } from '../ui/index.ts'
import css from './Import.module.css'
import { InspectStep } from './InspectStep.tsx'
import { draftQuery } from './queries.ts'
import { ReferenceStep } from './ReferenceStep.tsx'
import { RegisterStep } from './RegisterStep.tsx'
import { ShowCode } from './ShowCode.tsx'
import { SourceStep } from './SourceStep.tsx'
import { isDone, isStep, type Step, stepAfter, stepBefore, STEPS, stepToGoOn, TITLES, whyNotStep } from './steps.ts'
import { TryStep } from './TryStep.tsx'

/** An import without a step leads to where it goes on. */
export function GoOn() {
  const { draft: id } = useParams({ from: '/new/import/$draft' })
  const draft = useQuery(draftQuery(id))
  return (
    <div className="ek-page">
      <PageHead title="A model" kind="Import" note={<PageLink href="/new/import">All imports</PageLink>} />
      <Loaded query={draft} height={480}>
        {(data) => <Navigate to="/new/import/$draft/$step" params={{ draft: id, step: stepToGoOn(data) }} replace />}
      </Loaded>
    </div>
  )
}

/** Can I run this existing model safely? One step of finding out. */
export function ImportPage() {
  const { draft: id, step } = useParams({ from: '/new/import/$draft/$step' })
  const { code = false } = useSearch({ from: '/new/import/$draft/$step' })
  const navigate = useNavigate({ from: '/new/import/$draft/$step' })
  const draft = useQuery(draftQuery(id))
  const toggle = () =>
    void navigate({ search: (search) => ({ ...search, code: code ? undefined : true }), replace: true })
  return (
    <div className="ek-page">
      <PageHead
        title={draft.data?.details.model ?? draft.data?.source?.fileName ?? 'A model'}
        kind="Import"
        note={<PageLink href="/new/import">All imports</PageLink>}
      >
        <Button onClick={toggle}>{code ? 'Hide the code' : 'Show the code'}</Button>
      </PageHead>
      <Loaded query={draft} height={480}>
        {(data) =>
          isStep(step) ? (
            <AtStep key={step} step={step} draft={data} code={code} />
          ) : (
            <Empty title={`There is no step "${step}".`}>
              <LinkButton href={pathToImport(id)}>Go on with the import</LinkButton>
            </Empty>
          )
        }
      </Loaded>
    </div>
  )
}

interface StepProps {
  readonly step: Step
  readonly draft: ImportDraft
}

function AtStep({ step, draft, code }: StepProps & { readonly code: boolean }) {
  const blocked = whyNotStep(step, draft)
  return (
    <>
      <Steps step={step} draft={draft} />
      <Focused label={`Step ${STEPS.indexOf(step) + 1}: ${TITLES[step]}`}>
        {blocked === undefined ? (
          <Content step={step} draft={draft} />
        ) : (
          <Card title={TITLES[step]}>
            <Empty title={blocked} />
          </Card>
        )}
        {code && <ShowCode step={step} draft={draft} />}
      </Focused>
      <Feet step={step} draft={draft} />
    </>
  )
}

/** Takes the focus when the step opens, so that whoever hears or types the page goes on there. */
function Focused({ label, children }: { readonly label: string; readonly children: React.ReactNode }) {
  const place = useRef<HTMLElement>(null)
  useEffect(() => place.current?.focus({ preventScroll: true }), [])
  return (
    <section ref={place} tabIndex={-1} aria-label={label} className={css['body']}>
      {children}
    </section>
  )
}

function Content({ step, draft }: StepProps) {
  switch (step) {
    case 'source':
      return <SourceStep draft={draft} />
    case 'inspect':
      return <InspectStep draft={draft} />
    case 'try':
      return <TryStep draft={draft} />
    case 'reference':
      return <ReferenceStep draft={draft} />
    case 'register':
      return <RegisterStep draft={draft} />
  }
}

function Steps({ step: here, draft }: StepProps) {
  return (
    <nav aria-label="Steps of the import">
      <ol className={css['steps']}>
        {STEPS.map((step, at) => {
          const words = (
            <>
              {isDone(step, draft) ? <StateMark state="done" /> : <span className={css['number']}>{at + 1}</span>}
              {TITLES[step]}
            </>
          )
          const blocked = whyNotStep(step, draft)
          return (
            <li key={step}>
              {blocked === undefined ? (
                <PageLink
                  href={pathToImport(draft.id, step)}
                  underline={false}
                  className={css['step']}
                  aria-current={step === here ? 'step' : undefined}
                >
                  {words}
                </PageLink>
              ) : (
                <span className={css['step']} aria-disabled="true" title={blocked}>
                  {words}
                </span>
              )}
            </li>
          )
        })}
      </ol>
    </nav>
  )
}

function Feet({ step, draft }: StepProps) {
  const before = stepBefore(step)
  const after = stepAfter(step)
  const blocked = after && whyNotStep(after, draft)
  const isSkipped = (step === 'try' || step === 'reference') && !isDone(step, draft) && !draft.registered
  return (
    <div className={css['feet']}>
      {before ? (
        <LinkButton href={pathToImport(draft.id, before)}>Back to {TITLES[before].toLowerCase()}</LinkButton>
      ) : (
        <span />
      )}
      {after &&
        (blocked === undefined ? (
          <LinkButton href={pathToImport(draft.id, after)} kind={isSkipped ? 'secondary' : 'primary'}>
            {isSkipped ? `Skip, go on to ${TITLES[after].toLowerCase()}` : `Go on to ${TITLES[after].toLowerCase()}`}
          </LinkButton>
        ) : (
          <Button disabledReason={blocked} onClick={() => undefined}>
            Go on to {TITLES[after].toLowerCase()}
          </Button>
        ))}
    </div>
  )
}
