import type { Approval } from '@evenkeel/contract'
import { CliError, exitCodes } from '../errors.ts'
import { type CommonOptions, type Connection, connect, outputOf } from './common.ts'

export async function approve(
  verb: string,
  id: string | undefined,
  options: CommonOptions & { reason?: string },
): Promise<number> {
  const connection = await connect(options)
  switch (verb) {
    case 'list':
      return list(connection, options)
    case 'accept':
      return decide(connection, 'approve', id, options)
    case 'reject':
      return decide(connection, 'reject', id, options)
    default:
      throw usage(`"${verb}" is not list, accept or reject`)
  }
}

async function list({ governance }: Connection, options: CommonOptions): Promise<number> {
  const { items } = await governance.listApprovals({ query: { state: 'pending' } })
  outputOf(options).result({ items }, () => (items.length > 0 ? items.flatMap(describe) : 'nothing waits for approval'))
  return exitCodes.ok
}

const describe = ({ id, model, version, environment, requestedBy, comment, evidence }: Approval): string[] => [
  `${id}  ${model}@${version} → ${environment}, asked for by ${requestedBy}${comment ? `: ${comment}` : ''}`,
  ...evidence.map((line) => `    ${line}`),
]

async function decide(
  { governance }: Connection,
  decision: 'approve' | 'reject',
  start: string | undefined,
  options: CommonOptions & { reason?: string },
): Promise<number> {
  if (!start || !options.reason)
    throw usage(
      `say which request and why: evenkeel approve ${decision === 'approve' ? 'accept' : 'reject'} ID --reason "…"`,
    )
  const { items } = await governance.listApprovals({ query: { state: 'pending', limit: 500 } })
  const found = items.filter(({ id }) => id.startsWith(start))
  if (found.length > 1) throw usage(`"${start}" fits ${found.length} requests; give more of the id`)
  const id = found[0]?.id ?? start
  const decided = await governance.decide({ params: { approval: id }, body: { decision, reason: options.reason } })
  outputOf(options).result(decided, () => [
    `${decided.model}@${decided.version} → ${decided.environment} is ${decided.state}`,
    `next   evenkeel status`,
  ])
  return exitCodes.ok
}

const usage = (why: string) =>
  new CliError({
    code: 'cli.usage',
    message: 'The request is not complete',
    why,
    fix: 'evenkeel approve --help',
    exitCode: exitCodes.usage,
  })
