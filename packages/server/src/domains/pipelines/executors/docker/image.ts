import { z } from 'zod'
import { type Call, refusal } from '../http.ts'

const Image = z.object({ Id: z.string(), RepoDigests: z.array(z.string()).nullish() })

/** Pulling a large image takes its time. */
const pullMs = 3_600_000

/**
 * Finds the image that a name stands for now, and pulls it when it is not here.
 *
 * @returns its id on this engine, and the name with its digest: what a person can pull again; the id where it was never
 *   in a registry
 */
export async function resolveImage(call: Call, name: string | undefined): Promise<{ id: string; name: string }> {
  if (name === undefined) {
    throw new Error('Neither the step nor the target names an image; write "image:" in one of them.')
  }
  const found = (await find(call, name)) ?? (await pull(call, name))
  const repository = name.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  const digests = found.RepoDigests ?? []
  return { id: found.Id, name: digests.find((one) => one.startsWith(`${repository}@`)) ?? digests[0] ?? found.Id }
}

async function find(call: Call, name: string): Promise<z.infer<typeof Image> | undefined> {
  const answer = await call('GET', `/images/${encodeURI(name)}/json`)
  if (answer.status === 404) return undefined
  if (answer.status !== 200) throw refusal('To look for an image', answer)
  return Image.parse(answer.json)
}

async function pull(call: Call, name: string): Promise<z.infer<typeof Image>> {
  const tagged = /@|:[^/:]+$/.test(name) ? name : `${name}:latest`
  const answer = await call('POST', `/images/create?fromImage=${encodeURIComponent(tagged)}`, undefined, pullMs)
  const found = answer.status === 200 ? await find(call, name) : undefined
  if (found) return found
  // A pull that fails on its way answers 200 and says so in the last line.
  const why = /"error":"((?:[^"\\]|\\.)*)"/.exec(answer.text)?.[1] ?? answer.text.trim().slice(0, 300)
  throw new Error(`The image "${name}" is not here and cannot be pulled: ${why}`)
}
