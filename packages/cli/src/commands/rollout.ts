import type { Rollout } from '@evenkeel/contract'
import { CliError, exitCodes } from '../errors.ts'
import { type CommonOptions, type Connection, connect, outputOf } from './common.ts'

interface ReasonOptions extends CommonOptions {
  readonly reason: string
}

/** The rollout of an endpoint that is not over yet. */
async function running({ deployments }: Connection, endpoint: string): Promise<string> {
  const { rollout } = await deployments.get({ params: { endpoint } })
  if (rollout) return rollout.id
  throw new CliError({
    code: 'cli.no_rollout',
    message: `No rollout of ${endpoint} is running`,
    why: 'there is nothing to promote or abort',
    fix: 'evenkeel status',
    exitCode: exitCodes.conflict,
  })
}

const tell = (options: CommonOptions, rollout: Rollout, says: string): number => {
  outputOf(options).result(rollout, () => [
    `${rollout.endpoint}: ${says}`,
    `next   evenkeel open /deployments/${rollout.endpoint}`,
  ])
  return exitCodes.ok
}

export async function promote(endpoint: string, options: ReasonOptions): Promise<number> {
  const connection = await connect(options)
  const params = { rollout: await running(connection, endpoint) }
  const rollout = await connection.deployments.promote({ params, body: { reason: options.reason } })
  return tell(options, rollout, `version ${rollout.toVersion} is being promoted`)
}

export async function abort(endpoint: string, options: ReasonOptions): Promise<number> {
  const connection = await connect(options)
  const params = { rollout: await running(connection, endpoint) }
  const rollout = await connection.deployments.abort({ params, body: { reason: options.reason } })
  return tell(options, rollout, `the rollout of version ${rollout.toVersion} is aborted (${rollout.state})`)
}

export async function rollback(endpoint: string, options: ReasonOptions & { to?: number }): Promise<number> {
  const { deployments } = await connect(options)
  const body = { reason: options.reason, ...(options.to !== undefined && { version: options.to }) }
  const rollout = await deployments.rollback({ params: { endpoint }, body })
  return tell(options, rollout, `going back to version ${rollout.toVersion}`)
}
