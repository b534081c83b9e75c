import { type FileTriggers, type PipelineFile, type TriggerSpec, whyNotValue } from '@evenkeel/contract'
import type { z } from 'zod'
import { toSeconds } from './durations.ts'
import { unknownParam } from './inputs.ts'
import { type Notebook, PipelineMistake } from './mistake.ts'

type Kind = Exclude<keyof FileTriggers, 'request'>
type Written<K extends Kind = Kind> = NonNullable<FileTriggers[K]>[number]
type Spec = z.input<typeof TriggerSpec>

export interface CompiledTrigger {
  readonly name: string
  readonly spec: Spec
  /** The variable that holds what a webhook is signed with. */
  readonly secretEnv: string | undefined
}

/** The triggers of a file; without a name they are called by their kind: `data`, `data-2`, …. */
export function triggersOf(file: PipelineFile, notebook: Notebook): CompiledTrigger[] {
  const on = file.on ?? {}
  const taken = new Set<string>()
  const add = <K extends Kind>(kind: K, sourceOf: (written: Written<K>) => Spec['on']) =>
    ((on[kind] ?? []) as Written<K>[]).flatMap(
      (written, at) =>
        notebook.part(['on', kind, at], (): CompiledTrigger[] => {
          const name = written.name ?? (at === 0 ? kind : `${kind}-${at + 1}`)
          if (taken.has(name)) throw new PipelineMistake(`Two triggers are called "${name}"; rename one.`, ['name'])
          taken.add(name)
          const secretEnv = 'secret_env' in written ? written.secret_env : undefined
          return [{ name, spec: specOf(file, written, sourceOf(written)), secretEnv }]
        }) ?? [],
    )
  return [
    ...add('schedule', scheduleOf),
    ...add('data', dataOf),
    ...add('decay', ({ endpoint }) => ({ kind: 'decay', endpoint })),
    ...add('drift', ({ endpoint }) => ({ kind: 'drift', endpoint })),
    ...add('model', ({ model, event }) => ({ kind: 'model', model, event })),
    ...add('pipeline', ({ pipeline, state }) => ({ kind: 'pipeline', pipeline, state })),
    ...add('webhook', () => ({ kind: 'webhook' })),
    ...add('folder', (written) => folderOf(file, written)),
    ...add('bucket', (written) => bucketOf(file, written)),
    ...add('sql', (written) => sqlOf(file, written)),
  ]
}

function scheduleOf(written: Written<'schedule'>): Spec['on'] {
  if ('every' in written) return { kind: 'schedule', dataset: written.dataset, every: written.every }
  const { cron, timezone, catch_up: catchUp, time_param: timeParam } = written
  return {
    kind: 'cron',
    cron,
    ...(timezone !== undefined && { timezone }),
    ...(catchUp !== undefined && { catchUp }),
    ...(timeParam !== undefined && { timeParam }),
  }
}

function dataOf({ dataset, min_new_rows: minNewRows, debounce }: Written<'data'>): Spec['on'] {
  const waits = debounce && { quietSeconds: toSeconds(debounce.quiet), maxWaitSeconds: toSeconds(debounce.max_wait) }
  return { kind: 'data', dataset, ...(minNewRows !== undefined && { minNewRows }), ...(waits && { debounce: waits }) }
}

function folderOf({ params }: PipelineFile, written: Written<'folder'>): Spec['on'] {
  const { path, pattern, quiet = '30s', max_wait: maxWait = '10m', param } = written
  checkType(params, param, 'list')
  return {
    kind: 'folder',
    path,
    ...(pattern !== undefined && { pattern }),
    debounce: { quietSeconds: toSeconds(quiet), maxWaitSeconds: toSeconds(maxWait) },
    ...(param !== undefined && { param }),
  }
}

function bucketOf({ params }: PipelineFile, written: Written<'bucket'>): Spec['on'] {
  const { url, credentials_secret: credentialsSecret, pattern, every, param } = written
  const { quiet = '30s', max_wait: maxWait = '10m' } = written
  checkType(params, param, 'list')
  return {
    kind: 'bucket',
    url,
    ...(credentialsSecret !== undefined && { credentialsSecret }),
    ...(pattern !== undefined && { pattern }),
    ...(every !== undefined && { everySeconds: toSeconds(every) }),
    debounce: { quietSeconds: toSeconds(quiet), maxWaitSeconds: toSeconds(maxWait) },
    ...(param !== undefined && { param }),
  }
}

function sqlOf({ params }: PipelineFile, written: Written<'sql'>): Spec['on'] {
  const { connection_secret: connectionSecret, query, every, param } = written
  checkType(params, param, 'string')
  return {
    kind: 'sql',
    connectionSecret,
    query,
    ...(every !== undefined && { everySeconds: toSeconds(every) }),
    ...(param !== undefined && { param }),
  }
}

/** What a trigger finds out has a type of its own. */
function checkType(declared: PipelineFile['params'] = {}, name: string | undefined, type: 'list' | 'string'): void {
  if (name === undefined) return
  const param = declared[name]
  if (!param) throw unknownParam(name, declared)
  if (param.type !== type)
    throw new PipelineMistake(`The param "${name}" gets a ${type}; give it "type: ${type}".`, ['param'])
}

function specOf(file: PipelineFile, written: Written, on: Spec['on']): Spec {
  checkParams(file, written)
  const { dataset, window, params, cooldown, cooldown_after_promotion: afterPromotion, when_busy: whenBusy } = written
  if (window && dataset === undefined) {
    throw new PipelineMistake('A window is cut from a dataset; name it: "dataset: …".', ['window'])
  }
  return {
    on,
    ...(dataset !== undefined && { dataset }),
    ...(window && { window: windowOf(window) }),
    ...(params && { params }),
    ...(cooldown !== undefined && { cooldownSeconds: toSeconds(cooldown) }),
    ...(afterPromotion !== undefined && { cooldownDays: toSeconds(afterPromotion) / 86_400 }),
    ...(whenBusy && { whenBusy }),
    ...(written.environment !== undefined && { environment: written.environment }),
    ...(written.enabled !== undefined && { enabled: written.enabled }),
  }
}

function checkParams({ params: declared = {} }: PipelineFile, written: Written): void {
  const time = 'time_param' in written ? [written.time_param ?? ''].filter(Boolean) : []
  const unknown = [...Object.keys(written.params ?? {}), ...time].find((name) => !declared[name])
  if (unknown !== undefined) throw unknownParam(unknown, declared)
  for (const [name, value] of Object.entries(written.params ?? {})) {
    const why = whyNotValue(name, declared[name]!, value)
    if (why !== undefined) throw new PipelineMistake(why, ['params', name])
  }
}

const windowOf = (window: NonNullable<Written['window']>) =>
  'holdout_months' in window
    ? { kind: 'months' as const, trainMonths: window.train_months, holdoutMonths: window.holdout_months }
    : { kind: 'recent' as const, trainMonths: window.train_months, holdoutDays: window.holdout_days }
