import { useQuery } from '@tanstack/react-query'
import { pathTo } from '../shell/paths.ts'
import { LinkButton } from '../ui/index.ts'
import { DeployButton } from './DeployButton.tsx'
import { endpointsOfQuery, modelQuery, versionsQuery } from './queries.ts'

/** The one thing to do with a model: look at the rollout that runs, or deploy the newest version unless it has failed. */
export function NextAction({ model }: { readonly model: string }) {
  const versions = useQuery(versionsQuery(model))
  const endpoints = useQuery(endpointsOfQuery(model))
  const champion = useQuery(modelQuery(model)).data?.champion
  const moving = endpoints.data?.find(({ rollout }) => rollout !== null && rollout.endedAt === null)
  const newest = versions.data?.items[0]

  if (moving) {
    const word = moving.rollout?.state === 'awaiting_approval' ? 'Decide on the approval' : 'Watch the rollout'
    return (
      <LinkButton href={pathTo('deployments', moving.name)} kind="primary">
        {word}
      </LinkButton>
    )
  }
  const failed = newest?.canary?.verdict === 'rolled_back' || newest?.canary?.verdict === 'failed'
  if (!newest || newest.version === champion || failed) return null
  return <DeployButton version={newest} />
}
