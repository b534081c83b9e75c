import { CliError, exitCodes } from '../errors.ts'
import { interrupted } from './run/follow.ts'

/** How another server is reached; options of commands that speak to one. */
export interface OtherServerOptions {
  readonly rate?: number
  readonly tokenEnv?: string
  readonly userEnv?: string
}

/** The first signal ends the work between two requests, the second one at once. */
export function stopOnSignals() {
  const controller = new AbortController()
  const stop = () => controller.abort()
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const name of signals) process.once(name, stop)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, stop)
    },
  }
}

/** What a stopped command says. */
export const stopped = (words: { readonly message: string; readonly why: string }, cause: unknown) =>
  new CliError(
    {
      code: 'cli.stopped',
      ...words,
      fix: 'run the same command again; it goes on with what is missing',
      exitCode: interrupted,
    },
    { cause },
  )

/** @throws CliError for anything but an address without a password */
export function urlOf(address: string, verb: string): string {
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usage(verb, 'The address is not one of a server', `"${address}" does not begin with http:// or https://`)
  }
  if (url.username || url.password) {
    throw usage(verb, 'The address holds a password', 'others on this machine could read it in the list of processes')
  }
  return url.href.replace(/\/$/, '')
}

const usage = (verb: string, message: string, why: string) =>
  new CliError({
    code: 'cli.bad_address',
    message,
    why,
    fix: `evenkeel ${verb} mlflow http://host:5000 --user-env NAME   (a variable that holds user:password)`,
    exitCode: exitCodes.usage,
  })

/** Secrets come from the environment alone. */
export function authorizationOf({ tokenEnv, userEnv }: OtherServerOptions): string | undefined {
  if (tokenEnv !== undefined) return `Bearer ${variable(tokenEnv)}`
  if (userEnv === undefined) return undefined
  return `Basic ${Buffer.from(variable(userEnv)).toString('base64')}`
}

function variable(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new CliError({
    code: 'cli.no_variable',
    message: `The environment variable ${name} is not set`,
    why: 'the options --token-env and --user-env name a variable; they are not the secret',
    fix: `read -rs ${name} && export ${name}`,
    exitCode: exitCodes.usage,
  })
}
