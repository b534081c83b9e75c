/** What a path of the node asks for. */
export type Route =
  | {
      readonly kind: 'infer' | 'model' | 'model_ready' | 'config'
      readonly model: string
      readonly version: string | undefined
    }
  | { readonly kind: 'statistics'; readonly model: string | undefined; readonly version: string | undefined }
  | { readonly kind: 'load' | 'unload'; readonly model: string }
  | { readonly kind: 'server' | 'models' | 'live' | 'ready' | 'repository' | 'healthz' | 'readyz' | 'metrics' }

type Verb = 'GET' | 'POST'

export type Match = { readonly verb: Verb; readonly route: Route } | 'malformed' | undefined

const fixed: Readonly<Record<string, { readonly verb: Verb; readonly route: Route }>> = {
  '/v2': { verb: 'GET', route: { kind: 'server' } },
  '/v2/': { verb: 'GET', route: { kind: 'server' } },
  '/v2/health/live': { verb: 'GET', route: { kind: 'live' } },
  '/v2/health/ready': { verb: 'GET', route: { kind: 'ready' } },
  '/v2/models': { verb: 'GET', route: { kind: 'models' } },
  '/v2/models/stats': { verb: 'GET', route: { kind: 'statistics', model: undefined, version: undefined } },
  '/v2/repository/index': { verb: 'POST', route: { kind: 'repository' } },
  '/healthz': { verb: 'GET', route: { kind: 'healthz' } },
  '/readyz': { verb: 'GET', route: { kind: 'readyz' } },
  '/metrics': { verb: 'GET', route: { kind: 'metrics' } },
}

const ofModel = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(infer|ready|config|stats))?$/
const ofRepository = /^\/v2\/repository\/models\/([^/]+)\/(load|unload)$/

/** The route of a request target, whose names are decoded once; `malformed` when they cannot be. */
export function matchRoute(target: string): Match {
  const query = target.indexOf('?')
  const path = query < 0 ? target : target.slice(0, query)
  if (Object.hasOwn(fixed, path)) return fixed[path]
  try {
    return matchModel(path) ?? matchRepository(path)
  } catch (error) {
    if (error instanceof URIError) return 'malformed'
    throw error
  }
}

function matchModel(path: string): Match {
  const [, encoded, encodedVersion, action] = ofModel.exec(path) ?? []
  if (encoded === undefined) return undefined
  const model = decodeURIComponent(encoded)
  const version = encodedVersion === undefined ? undefined : decodeURIComponent(encodedVersion)
  if (action === 'infer') return { verb: 'POST', route: { kind: 'infer', model, version } }
  if (action === 'stats') return { verb: 'GET', route: { kind: 'statistics', model, version } }
  if (action === 'ready') return { verb: 'GET', route: { kind: 'model_ready', model, version } }
  return { verb: 'GET', route: { kind: action === 'config' ? 'config' : 'model', model, version } }
}

function matchRepository(path: string): Match {
  const [, model, action] = ofRepository.exec(path) ?? []
  if (model === undefined) return undefined
  return { verb: 'POST', route: { kind: action === 'load' ? 'load' : 'unload', model: decodeURIComponent(model) } }
}
