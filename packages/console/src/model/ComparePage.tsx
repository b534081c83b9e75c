import { differencesOf, type ModelVersion, plural } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { pathTo, pathToVersion } from '../shell/paths.ts'
import { Card, Empty, Loaded, PageHead, PageLink, Select, Switch } from '../ui/index.ts'
import { DifferenceTable } from './DifferenceTable.tsx'
import { versionQuery, versionsQuery } from './queries.ts'

interface CompareSearch {
  readonly before?: number | undefined
  readonly after?: number | undefined
  readonly all?: true | undefined
}

/** What is different between two versions, and is it better? */
export function ComparePage() {
  const { model } = useParams({ from: '/models/$model/compare' })
  const versions = useQuery(versionsQuery(model))
  return (
    <div className="ek-page">
      <PageHead
        title={`Compare versions of ${model}`}
        note={<PageLink href={pathTo('models', model)}>All of {model}</PageLink>}
      />
      <Loaded query={versions} height={480}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No version yet; a run of its pipeline registers the first." />
          ) : (
            <Compared model={model} versions={items} />
          )
        }
      </Loaded>
    </div>
  )
}

interface ComparedProps {
  readonly model: string
  /** Newest first, not empty. */
  readonly versions: readonly ModelVersion[]
}

/** Without a choice, the newest version and the champion, or the one before it. */
function chosen({ before, after }: CompareSearch, versions: readonly ModelVersion[]) {
  const newest = after ?? versions[0]!.version
  const others = versions.filter(({ version }) => version !== newest)
  const champion = others.find(({ aliases }) => aliases.includes('champion'))
  return { before: before ?? (champion ?? others[0])?.version ?? newest, after: newest }
}

function Compared({ model, versions }: ComparedProps) {
  const search = useSearch({ from: '/models/$model/compare' })
  const navigate = useNavigate({ from: '/models/$model/compare' })
  const { before, after } = chosen(search, versions)
  const [first, second] = [useQuery(versionQuery(model, before)), useQuery(versionQuery(model, after))]
  const change = (next: CompareSearch) =>
    void navigate({ search: (now) => ({ ...now, ...next }), replace: true, resetScroll: false })
  const numbers = [...new Set([before, after, ...versions.map(({ version }) => version)])].toSorted((a, b) => b - a)
  const choices = numbers.map((number) => ({ value: String(number), label: `Version ${number}` }))
  const choice = (label: string, value: number, onChange: (version: number) => void) => (
    <Select
      label={label}
      size="xs"
      w={160}
      searchable
      allowDeselect={false}
      data={choices}
      value={String(value)}
      onChange={(next) => onChange(Number(next))}
    />
  )
  return (
    <>
      <div className="ek-row">
        {choice('Before', before, (version) => change({ before: version }))}
        {choice('After', after, (version) => change({ after: version }))}
        <Switch
          mt={20}
          label="Show what is the same, too"
          checked={search.all === true}
          onChange={({ currentTarget }) => change({ all: currentTarget.checked || undefined })}
        />
      </div>
      <Loaded query={first} height={480}>
        {(left) => (
          <Loaded query={second} height={480}>
            {(right) => <Differences before={left} after={right} all={search.all === true} />}
          </Loaded>
        )}
      </Loaded>
    </>
  )
}

interface DifferencesProps {
  readonly before: ModelVersion
  readonly after: ModelVersion
  readonly all: boolean
}

function Differences({ before, after, all }: DifferencesProps) {
  const found = differencesOf(before, after, all)
  const parts = Map.groupBy(found, ({ part }) => part)
  const count = found.filter((one) => one.before !== one.after).length
  if (found.length === 0) {
    return <Empty title={`Version ${before.version} and version ${after.version} do not differ.`} />
  }
  const link = ({ model, version }: ModelVersion) => (
    <PageLink href={pathToVersion(model, version)}>{`Version ${version}`}</PageLink>
  )
  return (
    <>
      <p className="ek-dim">
        {plural(count, 'difference')} in {plural(new Set(parts.keys()).size, 'part')}.
      </p>
      {[...parts].map(([part, rows]) => (
        <Card key={part} title={TITLES[part] ?? part} flush>
          <DifferenceTable heads={[link(before), link(after)]} rows={rows} />
        </Card>
      ))}
    </>
  )
}

const TITLES: Readonly<Record<string, string>> = {
  metrics: 'Metrics',
  params: 'Params',
  inputs: 'Inputs',
  outputs: 'Outputs',
  features: 'Features',
  data: 'Data',
  code: 'Code',
  environment: 'Environment',
  file: 'File',
  decisions: 'Decisions',
  tags: 'Tags',
  card: 'Model card',
}
