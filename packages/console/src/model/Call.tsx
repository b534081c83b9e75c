import type { ModelVersion } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { pathTo } from '../shell/paths.ts'
import { Card, CopyLine, Empty, PageLink } from '../ui/index.ts'
import { curlCommand } from './call-example.ts'
import { endpointsOfQuery } from './queries.ts'

/** How to ask the model for a prediction, ready to paste. */
export function Call({ version }: { readonly version: ModelVersion }) {
  const { data: endpoints = [] } = useQuery(endpointsOfQuery(version.model))
  const serving = endpoints.filter(({ url, version: live }) => url !== null && live !== null)
  const endpoint = serving.find(({ environment }) => environment === 'production') ?? serving[0]
  const { signature, baselines } = version
  if (!endpoint?.url || !signature) {
    const title = signature
      ? 'Nothing serves this model yet; deploy a version that passed its gate.'
      : 'This version has only files of MLflow; register it as ONNX to serve it.'
    return (
      <Card title="Call it">
        <Empty title={title} />
      </Card>
    )
  }
  return (
    <Card
      title="Call it"
      note={
        <>
          Served by <PageLink href={pathTo('deployments', endpoint.name)}>{endpoint.name}</PageLink> in{' '}
          {endpoint.environment}; typical values of the training data.
        </>
      }
    >
      <CopyLine text={curlCommand(endpoint.url, endpoint.name, { signature, baselines })} />
    </Card>
  )
}
