import type { RunDetail } from '@evenkeel/contract'
import { isOwnTag } from '../experiment/keys.ts'
import { pathTo, pathToVersion, shortRun } from '../shell/paths.ts'
import { Card, Commit, formatDateTime, PageLink, Pair, Pairs, Part, Parts } from '../ui/index.ts'
import css from './TrackedRun.module.css'

/** What the run was given, what people said of it, and where it comes from. */
export function About({ run }: { readonly run: RunDetail }) {
  const params = Object.entries(run.params).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const tags = Object.entries(run.tags).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const own = tags.filter(([name]) => isOwnTag(name))
  const others = tags.filter(([name]) => !isOwnTag(name) && name !== 'mlflow.note.content')
  return (
    <Card title="About this run">
      <Parts>
        <Part title="Params">
          <Names entries={params} none="It was given none." />
        </Part>
        <Part title="Tags">
          <Names entries={own} none="Nobody gave it any." />
          {others.length > 0 && (
            <details className={css['more']}>
              <summary>{others.length} that clients wrote for themselves</summary>
              <Names entries={others} none="" />
            </details>
          )}
        </Part>
        <Part title="Where it comes from">
          <Origin run={run} />
        </Part>
      </Parts>
    </Card>
  )
}

const MOST = 200

interface NamesProps {
  readonly entries: readonly (readonly [string, string])[]
  readonly none: string
}

/** Names and values; past the first hundreds, compare it or ask the API. */
function Names({ entries, none }: NamesProps) {
  if (entries.length === 0) return <p className="ek-dim">{none}</p>
  return (
    <>
      <div className={css['names']}>
        <Pairs entries={entries.slice(0, MOST)} />
      </div>
      {entries.length > MOST && <p className="ek-dim">and {entries.length - MOST} more</p>}
    </>
  )
}

function Origin({ run }: { readonly run: RunDetail }) {
  const { tags } = run
  const branch = tags['mlflow.source.git.branch']
  return (
    <Pairs>
      {tags['mlflow.source.name'] && (
        <Pair name="source">
          <code>{tags['mlflow.source.name']}</code>
        </Pair>
      )}
      <Pair name="commit">
        <Commit commit={tags['mlflow.source.git.commit']} />
      </Pair>
      {branch && <Pair name="branch">{branch}</Pair>}
      {run.pipelineRunId !== null && (
        <Pair name="pipeline run">
          <PageLink href={pathTo('runs', run.pipelineRunId)}>{shortRun(run.pipelineRunId)}</PageLink>
        </Pair>
      )}
      {run.modelVersions.map(({ model, version }) => (
        <Pair key={`${model} ${version}`} name="registered as">
          <PageLink href={pathToVersion(model, version)}>
            {model}, version {version}
          </PageLink>
        </Pair>
      ))}
      <Pair name="started">{formatDateTime(new Date(run.startedMs).toISOString())} UTC</Pair>
      {run.endedMs !== null && <Pair name="ended">{formatDateTime(new Date(run.endedMs).toISOString())} UTC</Pair>}
      <Pair name="run">
        <code>{run.id}</code>
      </Pair>
    </Pairs>
  )
}
