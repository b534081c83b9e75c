import type { EndpointView, Rollout } from '@evenkeel/contract'
import { setTimeout as delay } from 'node:timers/promises'
import { CliError, exitCodes } from '../errors.ts'
import { type CommonOptions, type Connection, connect, outputOf } from './common.ts'
import { numberOf, readVersionName } from './model/version-name.ts'

interface DeployOptions extends CommonOptions {
  readonly endpoint?: string
  readonly canary?: number
  readonly comment: string
  readonly dryRun?: boolean
  readonly wait?: boolean
}

/** Deploys `model@7`, or `model@champion`; with `--wait` the exit code is the outcome. */
export async function deploy(name: string, options: DeployOptions): Promise<number> {
  const connection = await connect(options)
  const output = outputOf(options)
  const named = readVersionName(name)
  if (named.wanted === undefined) throw usage(`"${name}" is not of the form model@7`)
  const { model } = named
  const version = await numberOf(connection, named)
  const endpoint = options.endpoint ?? (await endpointOf(connection, model)).name
  const plan = options.canary === undefined ? undefined : { steps: options.canary === 0 ? [] : [options.canary] }
  if (options.dryRun) {
    output.result({ endpoint, model, version, plan }, () => `would deploy ${model}@${version} to ${endpoint}`)
    return exitCodes.ok
  }
  const body = { version, comment: options.comment, ...(plan && { plan }) }
  let rollout = await connection.deployments.deploy({ params: { endpoint }, body })
  output.say(`${model}@${version} → ${endpoint}: ${rollout.says}`)
  if (options.wait) rollout = await follow(connection, rollout, output.say)
  output.result(rollout, () => [`${model}@${version} is ${rollout.state}: ${rollout.says}`, nextOf(rollout)])
  return codeOf(rollout.state)
}

async function endpointOf({ deployments }: Connection, model: string): Promise<EndpointView> {
  const { items } = await deployments.list({ query: { model } })
  const choice = items.find(({ environment }) => environment === 'production') ?? items[0]
  if (!choice) throw usage(`no endpoint serves ${model}; name one with --endpoint`)
  return choice
}

async function follow({ deployments }: Connection, started: Rollout, say: (text: string) => void): Promise<Rollout> {
  for (let rollout = started, said = ''; ;) {
    if (rollout.endedAt !== null || rollout.state === 'awaiting_approval') return rollout
    if (rollout.says !== said) say((said = rollout.says))
    await delay(500)
    rollout = await deployments.getRollout({ params: { rollout: rollout.id } })
  }
}

function codeOf(state: Rollout['state']): number {
  switch (state) {
    case 'awaiting_approval':
      return exitCodes.waitingForApproval
    case 'rolled_back':
    case 'rolling_back':
      return exitCodes.rolledBack
    case 'failed':
    case 'declined':
      return exitCodes.unexpected
    case 'loading':
    case 'canary':
    case 'paused':
    case 'promoting':
    case 'succeeded':
      return exitCodes.ok
  }
}

const nextOf = ({ state, endpoint, approvalId }: Rollout): string =>
  state === 'awaiting_approval'
    ? `next   evenkeel approve accept ${approvalId} --reason "…"   (somebody else than who asked)`
    : `next   evenkeel open /deployments/${endpoint}`

const usage = (why: string) =>
  new CliError({
    code: 'cli.usage',
    message: 'Nothing was deployed',
    why,
    fix: 'evenkeel deploy --help',
    exitCode: exitCodes.usage,
  })
