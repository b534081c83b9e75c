/** What the URL of a bucket says. */
export interface S3Address {
  readonly bucket: string
  /** Before every key; empty, or with a slash at its end. */
  readonly prefix: string
  /** Of a store that is not Amazon's. */
  readonly endpoint: string | undefined
  readonly region: string | undefined
}

const known = ['endpoint', 'region']

/**
 * Reads `s3://bucket/prefix?endpoint=https://minio.example.org&region=eu-central-1`.
 *
 * @param name - what the URL is called where it is written
 * @throws Error naming what is wrong; secrets do not belong into it, and are refused
 */
export function readAddress(url: URL, name: string): S3Address {
  const wrong = (what: string, fix: string) => new Error(`${name} cannot be used: ${what}; ${fix}.`)
  const { hostname: bucket, pathname, searchParams } = url
  const unknown = [...searchParams.keys()].find((name) => !known.includes(name))
  if (url.username || url.password) {
    throw wrong('it holds a password', 'its place is the environment, or a secret')
  }
  if (!bucket || url.port) throw wrong('it names no bucket', 'write s3://BUCKET/PREFIX?endpoint=https://HOST:PORT')
  if (unknown !== undefined) throw wrong(`it has an option "${unknown}"`, `only ${known.join(' and ')} are known`)
  const endpoint = searchParams.get('endpoint') ?? undefined
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw wrong(`its endpoint is "${endpoint}"`, 'write one as https://HOST:PORT')
  }
  const path = decodeURIComponent(pathname).replace(/^\/+|\/+$/g, '')
  return {
    bucket,
    prefix: path === '' ? '' : `${path}/`,
    endpoint,
    region: searchParams.get('region') ?? undefined,
  }
}
