import {
  plural,
  type RetentionLosses,
  type RetentionPass,
  type RetentionPolicy,
  type RetentionPreview,
  type StoredRetentionPolicy,
} from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import { bytesText } from '../bytes-text.ts'
import { exitCodes } from '../errors.ts'
import type { Output } from '../output.ts'
import { cell, momentText, spanText, table } from '../table.ts'
import { type CommonOptions, connect, type Connection, outputOf } from './common.ts'
import { findExperiment } from './tracked/tracked.ts'

export type BestRuns = RetentionPolicy['keep']['best'][number]

/** Times in days. */
interface PolicyOptions extends CommonOptions {
  readonly runs?: number
  readonly files?: number
  readonly traces?: number
  readonly purge?: number
  readonly keepTag?: string
  readonly keepLatest?: number
  readonly keepBest?: readonly BestRuns[]
  readonly yes?: boolean
}

const pauseMs = 500

export async function list(options: CommonOptions): Promise<number> {
  const { retention } = await connect(options)
  const page = await retention.list({ query: { limit: 500 } })
  const items = [...page.items]
  for (let cursor = page.nextCursor; cursor !== null;) {
    const next = await retention.list({ query: { limit: 500, cursor } })
    items.push(...next.items)
    cursor = next.nextCursor
  }
  outputOf(options).result({ items }, () => (items.length > 0 ? policyLines(items) : nothingYet))
  return exitCodes.ok
}

const nothingYet = [
  'no policy yet: runs, files and traces are kept for ever',
  '  next   evenkeel retention set --runs 180d --purge 30d',
]

const policyLines = (items: readonly StoredRetentionPolicy[]): string[] =>
  table(
    ['for', 'runs', 'files', 'traces', 'purge', 'stays', 'set by', 'at'],
    items.map(({ scope, experimentName, policy, setBy, setAt }) => [
      experimentName === null ? scope : `${cell(experimentName, 40)} (${scope})`,
      daysText(policy.deleteRunsAfterDays),
      daysText(policy.deleteFilesAfterDays),
      daysText(policy.deleteTracesAfterDays),
      daysText(policy.purgeAfterDays),
      keepText(policy.keep),
      setBy,
      momentText(setAt),
    ]),
  )

const daysText = (days: number | null): string => (days === null ? 'never' : `${days} d`)

const keepText = ({ tag, latest, best }: RetentionPolicy['keep']): string =>
  [
    `tag ${cell(tag, 30)}`,
    ...(latest > 0 ? [`latest ${latest}`] : []),
    ...best.map(({ metric, order, count }) => `best ${count} by ${order} ${cell(metric, 30)}`),
  ].join(', ')

export async function get(experiment: string | undefined, options: CommonOptions): Promise<number> {
  const api = await connect(options)
  const scope = await scopeOf(api, experiment)
  const found = await api.retention.get({ params: { scope } })
  outputOf(options).result(found, () => (found.inForce ? policyLines([found.inForce]) : nothingYet))
  return exitCodes.ok
}

export async function preview(experiment: string | undefined, options: PolicyOptions): Promise<number> {
  const api = await connect(options)
  const scope = await scopeOf(api, experiment)
  const body = isDraft(options) ? { policy: policyOf(options) } : {}
  const told = await api.retention.preview({ params: { scope }, body })
  outputOf(options).result(told, () => previewLines(told))
  return exitCodes.ok
}

/** Says first what would go; only who has read that sets it. */
export async function set(experiment: string | undefined, options: PolicyOptions): Promise<number> {
  const api = await connect(options)
  const output = outputOf(options)
  const scope = await scopeOf(api, experiment)
  const policy = policyOf(options)
  if (!options.yes) {
    const told = await api.retention.preview({ params: { scope }, body: { policy } })
    output.result(told, () => [...previewLines(told), 'the policy was not set; add --yes to do it'])
    return exitCodes.usage
  }
  const stored = await api.retention.set({ params: { scope }, body: policy })
  output.result(stored, () => [...policyLines([stored]), 'it is applied every night; now   evenkeel retention apply'])
  return exitCodes.ok
}

export async function unset(experiment: string | undefined, options: CommonOptions): Promise<number> {
  const api = await connect(options)
  const done = await api.retention.unset({ params: { scope: await scopeOf(api, experiment) } })
  outputOf(options).result(done, () => (done.removed ? 'the policy is gone' : 'there was none'))
  return exitCodes.ok
}

export async function apply(experiment: string | undefined, options: CommonOptions): Promise<number> {
  const api = await connect(options)
  const output = outputOf(options)
  const begun = await api.retention.apply({ params: { scope: await scopeOf(api, experiment) } })
  const done = await follow(api.retention, begun, output)
  output.result(done, () => (done.reason === null ? lossLines(done.losses, 'gone') : `✗ ${done.reason}`))
  return done.state === 'failed' ? exitCodes.unexpected : exitCodes.ok
}

async function follow(api: Connection['retention'], begun: RetentionPass, output: Output): Promise<RetentionPass> {
  let now = begun
  let said = ''
  while (now.endedAt === null) {
    const says = `so far: ${shortText(now.losses)}`
    if (says !== said) output.say(says)
    said = says
    await delay(pauseMs)
    now = await api.pass({ params: { pass: now.id } })
  }
  return now
}

export async function history({ limit, ...options }: CommonOptions & { readonly limit: number }): Promise<number> {
  const { retention } = await connect(options)
  const page = await retention.passes({ query: { limit } })
  outputOf(options).result(page, () => (page.items.length > 0 ? passLines(page.items) : 'no policy was applied yet'))
  return exitCodes.ok
}

const passLines = (items: readonly RetentionPass[]): string[] =>
  table(
    ['begun', 'by', 'over', 'state', 'took', 'what went'],
    items.map((one) => [
      momentText(one.createdAt),
      one.startedBy,
      one.scope,
      one.state,
      spanText(one.createdAt, one.endedAt),
      one.reason === null ? shortText(one.losses) : cell(one.reason, 60),
    ]),
  )

const scopeOf = async ({ experiments }: Connection, experiment: string | undefined): Promise<string> =>
  experiment === undefined ? 'default' : (await findExperiment(experiments, experiment)).id

const isDraft = ({ runs, files, traces, purge, keepTag, keepLatest, keepBest }: PolicyOptions): boolean =>
  [runs, files, traces, purge, keepTag, keepLatest, keepBest].some((option) => option !== undefined)

const policyOf = (options: PolicyOptions): RetentionPolicy => ({
  deleteRunsAfterDays: options.runs ?? null,
  deleteFilesAfterDays: options.files ?? null,
  deleteTracesAfterDays: options.traces ?? null,
  purgeAfterDays: options.purge ?? null,
  keep: {
    tag: options.keepTag ?? 'evenkeel.keep',
    latest: options.keepLatest ?? 0,
    best: [...(options.keepBest ?? [])],
  },
})

const previewLines = ({ experiments, kept, ...losses }: RetentionPreview): string[] => [
  ...lossLines(losses, `would go of ${plural(experiments, 'experiment')}`),
  `old and stay: ${kept.registered} that registered versions came of, ${kept.tagged} tagged, ${kept.chosen} newest or best`,
]

function lossLines(losses: RetentionLosses, what: string): string[] {
  const { deletedRuns, strippedRuns, purgedRuns, purgedExperiments, points, loggedModels, traces, files, sizeBytes } =
    losses
  return [
    `${what}:`,
    `  can be restored   ${plural(deletedRuns, 'run')}`,
    `  for good          ${plural(purgedRuns, 'run')} and ${plural(purgedExperiments, 'experiment')} deleted before, with ${plural(points, 'point')} and ${plural(loggedModels, 'logged model')}`,
    `                    ${plural(files, 'file')} of ${bytesText(sizeBytes)}, among them those of ${plural(strippedRuns, 'run')} that stay`,
    `                    ${plural(traces, 'trace')}`,
  ]
}

function shortText({ deletedRuns, strippedRuns, purgedRuns, traces, files, sizeBytes }: RetentionLosses): string {
  const parts = [
    deletedRuns > 0 && `${plural(deletedRuns, 'run')} deleted`,
    purgedRuns > 0 && `${plural(purgedRuns, 'run')} purged`,
    files + strippedRuns > 0 && `${plural(files, 'file')} (${bytesText(sizeBytes)})`,
    traces > 0 && plural(traces, 'trace'),
  ].filter((part) => part !== false)
  return parts.join(', ') || 'nothing'
}
