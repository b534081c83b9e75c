import { createHash } from 'node:crypto'

/** How OpenLineage finds a thing again: whoever names it otherwise tears the graph apart, so every name is made here. */
export interface LineageName {
  readonly namespace: string
  readonly name: string
}

export type Naming = ReturnType<typeof createNaming>

/** @param host - of the public address of this server; `localhost` where it has none */
export function createNaming(host: string) {
  const namespace = (projectId: string) => `evenkeel://${host}/${projectId}`
  const named = (kind: string) => (projectId: string, name: string) => ({
    namespace: namespace(projectId),
    name: `${kind}/${name}`,
  })
  return {
    namespace,
    /** A pipeline is a job, and so is each of its steps: `churn.train`. */
    job: (projectId: string, name: string): LineageName => ({ namespace: namespace(projectId), name }),
    dataset: named('dataset'),
    model: named('model'),
    service: named('service'),
    /** What a step leaves, as in `artifact/churn/train/model`. */
    artifact: (projectId: string, pipeline: string, step: string, output: string): LineageName =>
      named('artifact')(projectId, `${pipeline}/${step}/${output}`),
  }
}

/**
 * The name of what lies at an address, as all producers of OpenLineage make it: `s3://bucket` and the key without the first
 * slash, `file` and the whole path.
 *
 * @throws TypeError when it is no URL
 */
export function nameOfUri(uri: string): LineageName {
  const { protocol, host, pathname } = new URL(uri)
  const path = decodeURIComponent(pathname)
  if (protocol === 'file:') return { namespace: 'file', name: path }
  return { namespace: `${protocol}//${host}`, name: path.replace(/^\//, '') || '/' }
}

const ours = Buffer.from('6f1e0c3a5b7d4e829c1fa2d3b4c5e6f7', 'hex')

/** The same UUID (version 5, RFC 9562) for the same words. */
export function uuidOf(words: string): string {
  const hash = createHash('sha1').update(ours).update(words).digest().subarray(0, 16)
  hash[6] = (hash[6]! & 0x0f) | 0x50
  hash[8] = (hash[8]! & 0x3f) | 0x80
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The OpenLineage run of a pipeline run. One that was opened again is another run: only one end may follow a start. */
export const runIdOf = (run: string, attempt: number): string => (attempt === 1 ? run : uuidOf(`${run}/try/${attempt}`))

/** The OpenLineage run of one attempt of a step; attempt 0 is a result that was taken over. */
export const stepRunIdOf = (run: string, step: string, attempt: number): string => uuidOf(`${run}/${step}/${attempt}`)
