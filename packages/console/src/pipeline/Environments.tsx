import { type EnvironmentMove, type Pipeline, PromotedEnvironment } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Card, Loaded, Part, Parts, Time } from '../ui/index.ts'
import { environmentsQuery } from './queries.ts'

/** Which version runs where, who brought it there, and when. */
export function Environments({ pipeline: { name, version } }: { readonly pipeline: Pipeline }) {
  const environments = useQuery(environmentsQuery(name))
  return (
    <Card title="Environments" note="Production runs what is in force there, and nothing else.">
      <Loaded query={environments} height={72}>
        {({ inForce }) => (
          <Parts>
            <Part title="dev">
              <p>
                <b>v{version}</b>, the newest
              </p>
              <p className="ek-dim">Runs what was applied last.</p>
            </Part>
            {PromotedEnvironment.options.map((environment) => (
              <Part key={environment} title={environment}>
                <InForce move={inForce.find((move) => move.environment === environment)} />
              </Part>
            ))}
          </Parts>
        )}
      </Loaded>
    </Card>
  )
}

function InForce({ move }: { readonly move: EnvironmentMove | undefined }) {
  if (!move) return <p className="ek-dim">No version is in force.</p>
  const { version, fromVersion, kind, by, why, at } = move
  const verb = kind === 'rolled_back' ? 'rolled back' : 'promoted'
  return (
    <>
      <p>
        <b>v{version}</b>
        {fromVersion !== null && `, after v${fromVersion}`}
      </p>
      <p className="ek-dim">
        {verb} by {by} <Time at={at} />
        {why && `: ${why}`}
      </p>
    </>
  )
}
