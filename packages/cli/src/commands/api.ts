import { ConnectionError } from '@evenkeel/client'
import { exitCodeOf } from '../api-errors.ts'
import { exitCodes } from '../errors.ts'
import { targetOf } from '../settings.ts'
import type { CommonOptions } from './common.ts'

/** Calls any endpoint and prints its answer as it came; a refusal goes to stderr. */
export async function api(
  method: string,
  path: string,
  body: string | undefined,
  options: CommonOptions,
): Promise<number> {
  const { url, token } = await targetOf(options)
  const response = await fetch(new URL(path, url), {
    method: method.toUpperCase(),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body }),
  }).catch((cause: unknown) => {
    throw new ConnectionError(url, cause)
  })
  const text = await response.text()
  const stream = response.ok ? process.stdout : process.stderr
  stream.write(text.endsWith('\n') ? text : `${text}\n`)
  return response.ok ? exitCodes.ok : exitCodeOf(response.status)
}
