import type { ModelVersion } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Reproductions } from '../reproduction/Reproductions.tsx'
import { pathTo } from '../shell/paths.ts'
import { Card, Loaded, PageHead, PageLink, StateWord, Time } from '../ui/index.ts'
import { Comments } from './Comments.tsx'
import { LineageGraph } from './Lineage.tsx'
import { VersionCard } from './Overview.tsx'
import { versionQuery } from './queries.ts'
import { SignatureTable } from './SignatureTable.tsx'
import { UseModel } from './UseModel.tsx'
import { VersionDetail } from './VersionDetail.tsx'
import { canaryMark, gateMark } from './words.ts'

/** One version by its own address. */
export function VersionPage() {
  const { model, version: number } = useParams({ from: '/models/$model/versions/$version' })
  const version = useQuery(versionQuery(model, Number(number)))
  return (
    <div className="ek-page">
      <PageHead
        title={`${model}, version ${number}`}
        kind="Model version"
        note={
          <>
            <PageLink href={pathTo('models', model)}>All of {model}</PageLink>
            {version.data && <Made version={version.data} />}
          </>
        }
      />
      <Loaded query={version} height={480}>
        {(data) => (
          <>
            <Card title="Verdicts" actions={<Marks version={data} />}>
              <VersionDetail version={data} />
            </Card>
            <Card title="Lineage">
              <LineageGraph model={model} version={data} />
            </Card>
            <Reproductions version={data} />
            <VersionCard version={data} />
            <UseModel version={data} />
            <Comments model={data.model} version={data.version} />
            {data.signature && <SignatureTable signature={data.signature} />}
          </>
        )}
      </Loaded>
    </div>
  )
}

const Made = ({ version: { createdAt, createdBy } }: { readonly version: ModelVersion }) => (
  <span>
    {' · '}made <Time at={createdAt} /> by {createdBy}
  </span>
)

function Marks({ version }: { readonly version: ModelVersion }) {
  const gate = gateMark(version)
  const canary = canaryMark(version)
  return (
    <span className="ek-row">
      {version.aliases.map((alias) => (
        <span key={alias} className="ek-tag">
          {alias}
        </span>
      ))}
      <StateWord state={gate.state}>gate {gate.word}</StateWord>
      {canary && <StateWord state={canary.state}>canary {canary.word}</StateWord>}
    </span>
  )
}
