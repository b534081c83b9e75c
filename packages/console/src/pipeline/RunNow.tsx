import type { ParamValue, Pipeline, Run } from '@evenkeel/contract'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api.ts'
import { pathTo } from '../shell/paths.ts'
import { Button, Dialog, ErrorPanel, Select, Stack, Switch, useDebouncedValue } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { changesOf, textOf, valueOf } from './param-text.ts'
import { ParamField } from './ParamField.tsx'
import { PlanPreview } from './PlanPreview.tsx'
import type { RunWish } from './queries.ts'
import { paramsOf } from './spec.ts'

interface RunNowProps {
  readonly pipeline: Pipeline
  /** A run whose params are taken over. */
  readonly like?: Run
  readonly onClose: () => void
}

/** The plan is asked for when one has stopped typing. */
const TYPING_MS = 400

/** Asks with what to run, and says what would happen before anything does. */
export function RunNow({ pipeline, like, onClose }: RunNowProps) {
  const { history } = useRouter()
  const form = useRunForm(pipeline, like)
  const [wish] = useDebouncedValue(form.wish, TYPING_MS)
  const start = useAction(
    async (body: RunWish) => {
      const run = await api.pipelines.startRun({ params: { pipeline: pipeline.name }, body })
      history.push(pathTo('runs', run.id))
    },
    `A run of ${pipeline.name} was started.`,
    onClose,
  )

  return (
    <Dialog title={`Run ${pipeline.name}`} wide onClose={onClose}>
      <Stack gap="sm">
        {form.params.map(({ name, declared, like: before, text, problem }) => (
          <ParamField
            key={name}
            name={name}
            declared={declared}
            like={before}
            text={text}
            problem={problem}
            onChange={(next) => form.write(name, next)}
          />
        ))}
        {like && like.pipelineVersion !== pipeline.version && (
          <Select
            label="Version of the pipeline"
            data={[
              { value: 'newest', label: `the newest, ${pipeline.version}` },
              { value: String(like.pipelineVersion), label: `as in that run, ${like.pipelineVersion}` },
            ]}
            value={form.version === undefined ? 'newest' : String(form.version)}
            onChange={(value) => form.setVersion(value === 'newest' ? undefined : like.pipelineVersion)}
            allowDeselect={false}
          />
        )}
        <Switch
          label="Ignore the cache"
          description="Every step runs, also where an earlier result could take its place."
          checked={form.noCache}
          onChange={({ currentTarget }) => form.setNoCache(currentTarget.checked)}
        />
        {form.problem === undefined && <PlanPreview pipeline={pipeline.name} wish={wish} />}
        {start.error && <ErrorPanel error={start.error} />}
        <div className="ek-row-end">
          <Button onClick={onClose}>Close</Button>
          <Button
            kind="primary"
            busy={start.isPending}
            disabledReason={form.problem}
            onClick={() => start.mutate(form.wish)}
          >
            Run now
          </Button>
        </div>
      </Stack>
    </Dialog>
  )
}

/** The form keeps texts; what they mean is read when it is needed. */
function useRunForm({ spec }: Pipeline, like: Run | undefined) {
  const defaults: Readonly<Record<string, ParamValue>> = paramsOf(spec)
  const before = { ...defaults, ...like?.params }
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const [version, setVersion] = useState<number>()
  const [noCache, setNoCache] = useState(false)
  const params = Object.entries(before).map(([name, value]) => {
    const text = texts[name] ?? textOf(value)
    // What an earlier version declares is not at hand either; the server knows it.
    const declared = version === undefined ? spec.declarations[name] : undefined
    const field = { name, declared, like: defaults[name] ?? value, text }
    const read = valueOf(text, field.like, declared)
    if ('problem' in read) return { ...field, value, problem: read.problem }
    const isMissing = read.value === null && version === undefined && !(name in spec.params)
    return { ...field, value: read.value, problem: isMissing ? 'Give it a value; it has no default.' : undefined }
  })
  const wrong = params.find(({ problem }) => problem !== undefined)
  // An earlier version has defaults of its own, which are not at hand.
  const known = version === undefined ? defaults : {}
  const wanted = changesOf(Object.fromEntries(params.map(({ name, value }) => [name, value])), known)
  const wish: RunWish = { params: wanted, noCache, ...(version !== undefined && { version }) }
  return {
    params,
    problem: wrong && `${wrong.name}: ${wrong.problem}`,
    wish,
    version,
    noCache,
    write: (name: string, text: string) => setTexts((all) => ({ ...all, [name]: text })),
    setVersion,
    setNoCache,
  }
}
