import { costInWords, type Run } from '@evenkeel/contract'
import { TRIGGERS } from '../model/words.ts'
import { sampleText, whereOf } from '../pipeline/environment.ts'
import { wordsOf } from '../pipeline/param-text.ts'
import { pathTo, pathToLineage } from '../shell/paths.ts'
import { Card, Commit, formatDate, formatDateTime, PageLink, Pair, Pairs, Part, Parts } from '../ui/index.ts'

/** What the run was given, and where it comes from. */
export function About({ run }: { readonly run: Run }) {
  const { id, pipeline, pipelineVersion, model, commit, params, priority, trigger, createdBy, createdAt } = run
  const names = Object.entries(params)
  return (
    <Card title="About this run">
      <Parts>
        <Part title="Params">
          {names.length === 0 ? (
            <p className="ek-dim">It takes none.</p>
          ) : (
            <Pairs entries={names.map(([name, value]) => [name, wordsOf(value)])} />
          )}
        </Part>
        <Part title="Why it exists">
          <p>{trigger.says || 'Nobody said why.'}</p>
          <Pairs>
            <Pair name="reason">{TRIGGERS[trigger.kind]}</Pair>
            {trigger.eventTime && <Pair name="event time">{formatDate(trigger.eventTime)}</Pair>}
            <Pair name="priority">{priority === 0 ? 'usual (0)' : priority}</Pair>
            <Pair name="created by">{createdBy}</Pair>
            <Pair name="created">{formatDateTime(createdAt)} UTC</Pair>
          </Pairs>
        </Part>
        {run.cost && run.cost.attempts > 0 && (
          <Part title="What it used">
            <Pairs entries={costInWords(run.cost)} />
          </Part>
        )}
        <Part title="What it runs">
          <Pairs>
            <Pair name="pipeline">
              <PageLink href={pathTo('pipelines', pipeline)}>{pipeline}</PageLink>
            </Pair>
            <Pair name="version">{pipelineVersion}</Pair>
            <Pair name="environment">{whereOf(run)}</Pair>
            {run.sample !== null && <Pair name="sample">{sampleText(run.sample)}; it makes no model</Pair>}
            {model && (
              <Pair name="model">
                <PageLink href={pathTo('models', model)}>{model}</PageLink>
              </Pair>
            )}
            <Pair name="commit">
              <Commit commit={commit} />
            </Pair>
            <Pair name="run">
              <code>{id}</code>
            </Pair>
            <Pair name="lineage">
              <PageLink href={pathToLineage('run', id)}>Where it stands</PageLink>
            </Pair>
          </Pairs>
        </Part>
      </Parts>
    </Card>
  )
}
