import {
  type AnyApproval,
  type Approval,
  commitText,
  isCommit,
  plural,
  type PromotionApproval,
  type StepApproval,
} from '@evenkeel/contract'
import { CliError, exitCodes } from '../errors.ts'
import { type CommonOptions, type Connection, connect, outputOf } from './common.ts'

interface ApproveOptions extends CommonOptions {
  readonly reason?: string
  readonly to?: string
}

export async function approve(verb: string, id: string | undefined, options: ApproveOptions): Promise<number> {
  const connection = await connect(options)
  switch (verb) {
    case 'list':
      return list(connection, options)
    case 'accept':
      return decide(connection, 'approve', id, options)
    case 'reject':
      return decide(connection, 'reject', id, options)
    case 'show':
      return show(connection, id, options)
    case 'delegate':
      return delegate(connection, id, options)
    default:
      throw usage(`"${verb}" is not list, show, accept, reject or delegate`)
  }
}

async function list({ governance }: Connection, options: CommonOptions): Promise<number> {
  const { items } = await governance.listApprovals({ query: { state: 'pending' } })
  outputOf(options).result({ items }, () => (items.length > 0 ? items.flatMap(describe) : 'nothing waits for approval'))
  return exitCodes.ok
}

function describe(approval: AnyApproval): string[] {
  switch (approval.kind) {
    case 'version':
      return describeVersion(approval)
    case 'step':
      return describeStep(approval)
    case 'promotion':
      return describePromotion(approval)
  }
}

const describePromotion = ({
  id,
  pipeline,
  version,
  environment,
  requestedBy,
  comment,
  evidence,
}: PromotionApproval) => [
  `${id}  release ${pipeline}@${version} → ${environment}, asked for by ${requestedBy}${comment ? `: ${comment}` : ''}`,
  ...evidence.map((line) => `    ${line}`),
]

const describeVersion = ({ id, model, version, environment, requestedBy, comment, evidence }: Approval): string[] => [
  `${id}  ${model}@${version} → ${environment}, asked for by ${requestedBy}${comment ? `: ${comment}` : ''}`,
  ...evidence.map((line) => `    ${line}`),
]

const describeStep = ({ id, pipeline, step, run, requestedBy, message, voices, count }: StepApproval): string[] => [
  `${id}  ${step} of ${pipeline}, run ${run}, started by ${requestedBy}${message ? `: ${message}` : ''}`,
  `    asked: ${voices ? voices.map(({ heldBy }) => heldBy).join(', ') : 'anybody who may approve'}; ${count} must agree`,
]

async function show(connection: Connection, start: string | undefined, options: ApproveOptions): Promise<number> {
  if (!start) throw usage('say which request: evenkeel approve show ID')
  const approval = await connection.governance.getApproval({ params: { approval: await idOf(connection, start) } })
  outputOf(options).result(approval, () => [
    ...describe(approval),
    `    ${approval.state}${approval.reason ? `: ${approval.reason}` : `, expires ${approval.expiresAt}`}`,
    ...(approval.kind === 'step' ? evidenceLines(approval) : []),
  ])
  return exitCodes.ok
}

function evidenceLines({ evidence, evidenceDigest, decisions }: StepApproval): string[] {
  const { trigger, params, pipeline, subject, steps, datasets, follows } = evidence
  const since = pipeline.comparedWith ? `version ${pipeline.comparedWith.version}, approved last` : 'the first approval'
  const list = (name: string, lines: readonly string[]) => lines.map((line) => `    ${name}: ${line}`)
  return [
    ...list('why', [trigger.says]),
    ...list('pipeline', [
      `version ${pipeline.version}, ${isCommit(pipeline.commit) ? 'commit ' : ''}${commitText(pipeline.commit)}; ${since}`,
    ]),
    ...list('changed', pipeline.changes),
    ...list(
      'param',
      Object.entries(params).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
    ),
    ...list('subject', subject ? [`${subject.output} of ${subject.step}: ${subject.is ?? 'nothing was left'}`] : []),
    ...steps.flatMap(({ step, says, values, outputs, summary }) => [
      ...list(step, [says, ...Object.entries(values).map(([name, value]) => `${name}=${value}`)]),
      ...list(
        step,
        Object.entries(outputs).map(
          ([name, { digest, sizeBytes }]) => `${name} ${digest} (${plural(sizeBytes, 'byte')})`,
        ),
      ),
      ...list(step, summary?.trimEnd().split('\n') ?? []),
    ]),
    ...list(
      'data',
      datasets.map(({ dataset, version, rowCount }) => `${dataset}@${version}, ${plural(rowCount, 'row')}`),
    ),
    ...list('on yes', [follows.join(', ') || 'nothing follows']),
    ...list('digest of all this', [evidenceDigest]),
    ...decisions.map(
      ({ by, decision, to, reason, at }) => `    ${at}  ${by}: ${decision}${to ? ` to ${to}` : ''} ${reason}`,
    ),
  ]
}

async function decide(
  connection: Connection,
  decision: 'approve' | 'reject',
  start: string | undefined,
  options: ApproveOptions,
): Promise<number> {
  if (!start || !options.reason)
    throw usage(
      `say which request and why: evenkeel approve ${decision === 'approve' ? 'accept' : 'reject'} ID --reason "…"`,
    )
  const approval = await idOf(connection, start)
  const decided = await connection.governance.decide({
    params: { approval },
    body: { decision, reason: options.reason },
  })
  outputOf(options).result(decided, () => decidedLines(decided))
  return exitCodes.ok
}

function decidedLines(decided: AnyApproval): string[] {
  switch (decided.kind) {
    case 'version':
      return [
        `${decided.model}@${decided.version} → ${decided.environment} is ${decided.state}`,
        'next   evenkeel status',
      ]
    case 'step':
      return [
        `${decided.step} of ${decided.pipeline} is ${decided.state === 'pending' ? waitsFor(decided) : decided.state}`,
        `next   evenkeel run show ${decided.run} --follow`,
      ]
    case 'promotion':
      return decided.state === 'approved'
        ? [
            `${decided.pipeline}@${decided.version} is approved, and in force in ${decided.environment}`,
            `next   evenkeel run start ${decided.pipeline} --environment ${decided.environment}`,
          ]
        : [
            `${decided.pipeline}@${decided.version} → ${decided.environment} is ${decided.state}; nothing has changed there`,
          ]
  }
}

function waitsFor({ count, decisions }: StepApproval): string {
  return `approved by ${decisions.filter(({ decision }) => decision === 'approve').length} of ${count}`
}

async function delegate(connection: Connection, start: string | undefined, options: ApproveOptions): Promise<number> {
  const { to, reason = '' } = options
  if (!start || !to) throw usage('say which request and to whom: evenkeel approve delegate ID --to NAME')
  const approval = await idOf(connection, start)
  const asked = await connection.governance.delegate({ params: { approval }, body: { to, reason } })
  outputOf(options).result(asked, () => [`${to} holds your voice about ${asked.step} of ${asked.pipeline}`])
  return exitCodes.ok
}

async function idOf({ governance }: Connection, start: string): Promise<string> {
  const { items } = await governance.listApprovals({ query: { state: 'pending', limit: 500 } })
  const found = items.filter(({ id }) => id.startsWith(start))
  if (found.length > 1) throw usage(`"${start}" fits ${found.length} requests; give more of the id`)
  return found[0]?.id ?? start
}

const usage = (why: string) =>
  new CliError({
    code: 'cli.usage',
    message: 'The request is not complete',
    why,
    fix: 'evenkeel approve --help',
    exitCode: exitCodes.usage,
  })
