import { isCommit, type ModelVersion } from '@evenkeel/contract'
import { IconBolt, IconCube, IconDatabase, IconGitCommit, IconRocket, IconTimeline } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { pathTo, pathToLineage, pathToVersion } from '../shell/paths.ts'
import { Brief, Card, formatCount, formatDate, PageLink, Select } from '../ui/index.ts'
import css from './Lineage.module.css'
import { endpointsOfQuery } from './queries.ts'

interface LineageProps {
  readonly model: string
  /** Newest first, not empty. */
  readonly versions: readonly ModelVersion[]
}

/** Where a version comes from and where it went, from left to right. */
export function Lineage({ model, versions }: LineageProps) {
  const { version: wanted } = useSearch({ from: '/models/$model' })
  const navigate = useNavigate({ from: '/models/$model' })
  const shown = versions.find(({ version }) => version === wanted) ?? versions[0]!
  const choose = (value: string | null) =>
    void navigate({ search: (search) => ({ ...search, version: Number(value) }), replace: true })
  return (
    <Card
      title={`Lineage of version ${shown.version}`}
      note="From the data on the left to the traffic on the right."
      actions={
        <Select
          aria-label="Version"
          size="xs"
          w={120}
          allowDeselect={false}
          data={versions.map(({ version }) => ({ value: String(version), label: `Version ${version}` }))}
          value={String(shown.version)}
          onChange={choose}
        />
      }
    >
      <LineageGraph model={model} version={shown} />
    </Card>
  )
}

export function LineageGraph({ model, version }: { readonly model: string; readonly version: ModelVersion }) {
  const { data: endpoints = [] } = useQuery(endpointsOfQuery(model))
  const { lineage } = version
  const arms = endpoints.flatMap(({ name, environment, arms: all }) =>
    all.filter((arm) => arm.version === version.version).map((arm) => ({ name, environment, ...arm })),
  )
  return (
    <ol className={css['graph']}>
      <Stage title="Why">
        {lineage.trigger && (
          <Node icon={<IconBolt size={15} />} title={lineage.trigger.kind} note={lineage.trigger.says} />
        )}
      </Stage>
      <Stage title="Data">
        {lineage.datasets.map(({ dataset, version: number, digest }) => (
          <Node
            key={`${dataset} ${number}`}
            icon={<IconDatabase size={15} />}
            title={
              <PageLink
                href={pathToLineage('dataset_version', `${dataset}@${number}`)}
              >{`${dataset}@${number}`}</PageLink>
            }
            note={`${digest.slice(0, 15)}…`}
          />
        ))}
        {lineage.featureViews.map(({ view, version: number }) => (
          <Node key={view} icon={<IconTimeline size={15} />} title={`${view}@${number}`} note="feature view" />
        ))}
      </Stage>
      <Stage title="Training">
        {lineage.runId && (
          <Node
            icon={<IconGitCommit size={15} />}
            title={<PageLink href={pathTo('runs', lineage.runId)}>{lineage.pipeline ?? 'run'}</PageLink>}
            note={trainingNote(version)}
          />
        )}
      </Stage>
      <Stage title="Version">
        <Node
          icon={<IconCube size={15} />}
          title={<PageLink href={pathToVersion(model, version.version)}>{`version ${version.version}`}</PageLink>}
          note={version.gate?.says ?? 'the gate has not decided yet'}
        />
        <PageLink href={pathToLineage('model_version', `${model}@${version.version}`)}>Whole lineage</PageLink>
      </Stage>
      <Stage title="Serving">
        {arms.map(({ name, environment, arm, weight }) => (
          <Node
            key={`${name} ${arm}`}
            icon={<IconRocket size={15} />}
            title={<PageLink href={pathTo('deployments', name)}>{name}</PageLink>}
            note={`${environment}, ${arm}, ${weight} % of the traffic`}
          />
        ))}
      </Stage>
    </ol>
  )
}

function trainingNote({ lineage }: ModelVersion): string {
  const { runId, trainedFrom, trainedUntil, trainingRowCount, commit } = lineage
  return [
    `run ${runId?.slice(0, 13)}`,
    ...(trainingRowCount === null ? [] : [`${formatCount(trainingRowCount)} rows`]),
    ...(trainedFrom && trainedUntil ? [`${formatDate(trainedFrom)} to ${formatDate(trainedUntil)}`] : []),
    ...(isCommit(commit) ? [`code ${commit.slice(0, 10)}`] : []),
  ].join(' · ')
}

function Stage({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const empty = Array.isArray(children) ? children.flat().length === 0 : !children
  return (
    <li className={css['stage']}>
      <h3 className={css['title']}>{title}</h3>
      {empty ? <p className={css['none']}>not recorded</p> : children}
    </li>
  )
}

interface NodeProps {
  readonly icon: ReactNode
  readonly title: ReactNode
  readonly note: string
}

function Node({ icon, title, note }: NodeProps) {
  return (
    <div className={css['node']}>
      <span className={css['icon']} aria-hidden="true">
        {icon}
      </span>
      <span className={css['words']}>
        <span className={css['name']}>{title}</span>
        <span className={css['note']}>
          <Brief text={note} />
        </span>
      </span>
    </div>
  )
}
