import * as contract from '@evenkeel/contract'
import { type EndpointGroup, type OpenApiDocument, toOpenApi } from '@evenkeel/contract'
import type { Domain } from './platform/server.ts'

const {
  artifacts,
  backfills,
  datasets,
  deployments,
  experiments,
  features,
  fleet,
  governance,
  imports,
  lineage,
  loop,
  modelCards,
  modelFiles,
  modelImports,
  modelPeople,
  monitoring,
  pipelines,
  platform,
  projects,
  query,
  registry,
  releases,
  retention,
  reproductions,
  runViews,
  secrets,
  stepResults,
  storage,
  stepSources,
  runtimes,
  trackedRuns,
  triggers,
} = contract

/** Every group that the server mounts. */
const groups: Readonly<Record<string, EndpointGroup>> = {
  loop,
  datasets,
  features,
  pipelines,
  backfills,
  releases,
  reproductions,
  stepResults,
  stepSources,
  secrets,
  triggers,
  runtimes,
  registry,
  modelFiles,
  modelCards,
  modelPeople,
  modelImports,
  imports,
  governance,
  deployments,
  monitoring,
  artifacts,
  experiments,
  trackedRuns,
  runViews,
  retention,
  lineage,
  query,
  projects,
  fleet,
  storage,
  platform,
}

const errors = [
  contract.artifactErrors,
  contract.backfillsErrors,
  contract.datasetsErrors,
  contract.deploymentsErrors,
  contract.featuresErrors,
  contract.governanceErrors,
  contract.importErrors,
  contract.lineageErrors,
  contract.modelImportErrors,
  contract.monitoringErrors,
  contract.pipelinesErrors,
  contract.projectsErrors,
  contract.queryErrors,
  contract.registryErrors,
  contract.releasesErrors,
  contract.reproductionsErrors,
  contract.secretsErrors,
  contract.stepSourcesErrors,
  contract.runtimesErrors,
  contract.storageErrors,
  contract.trackingErrors,
  contract.triggersErrors,
]

/** The OpenAPI document at `/api/openapi.json`, and a page to read it at `/api/docs`. */
export function docsDomain(version: string): Domain {
  const document = toOpenApi(groups, { title: 'Evenkeel', version }, errors)
  const page = render(document)
  return {
    routes(app) {
      app.get('/api/openapi.json', (_, reply) => reply.send(document))
      app.get('/api/docs', (_, reply) => reply.type('text/html; charset=utf-8').send(page))
    },
  }
}

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

interface Shown {
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: unknown }[]
  readonly requestBody?: unknown
  readonly responses?: unknown
}

function render({ info, paths }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as Shown })),
  )
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags ?? []))]
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(tag))
    return `<section><h2 id="${tag}">${tag}</h2>${own.map(renderOperation).join('')}</section>`
  })
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${info.title} ${info.version} API</title><style>${STYLE}</style></head><body>
<header><h1>${info.title} API <small>${info.version}</small></h1><p>The same contract types the SDK, the command line and the console. Machine-readable: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<nav aria-label="Groups">${tags.map((tag) => `<a href="#${tag}">${tag}</a>`).join(' ')}</nav></header><main>${sections.join('')}</main></body></html>`
}

function renderOperation({ path, method, operation }: { path: string; method: string; operation: Shown }): string {
  const parts = { parameters: operation.parameters, requestBody: operation.requestBody, responses: operation.responses }
  return `<details><summary><code>${method.toUpperCase()}</code> <code>${escape(path)}</code> ${escape(operation.summary ?? '')}</summary><pre tabindex="0">${escape(JSON.stringify(parts, null, 2))}</pre></details>`
}

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
nav a{margin-right:.75rem}details{border-top:1px solid #8884;padding:.5rem 0}summary{cursor:pointer}code{font:13px ui-monospace,monospace}
summary code:first-child{font-weight:700}pre{overflow:auto;max-height:30rem;background:#8881;padding:1rem;border-radius:8px}`
