import { type Model, plural } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { pathToVersion } from '../shell/paths.ts'
import { Empty, firstSentence, Loaded, PageHead, PageLink, Tabs } from '../ui/index.ts'
import { History } from './History.tsx'
import { Lineage } from './Lineage.tsx'
import { Owners } from './Owners.tsx'
import { NextAction } from './NextAction.tsx'
import { Overview } from './Overview.tsx'
import { modelQuery, versionsQuery } from './queries.ts'
import { VersionTable } from './VersionTable.tsx'

const TABS = { overview: 'Overview', versions: 'Versions', lineage: 'Lineage', history: 'History' } as const
type Tab = keyof typeof TABS

/** Which version should run, and why trust it? */
export function ModelPage() {
  const { model: name } = useParams({ from: '/models/$model' })
  const model = useQuery(modelQuery(name))
  return (
    <div className="ek-page">
      <PageHead title={name} kind="Model" list="/models" note={model.data && <Summary model={model.data} />}>
        <NextAction model={name} />
      </PageHead>
      <Loaded query={model} height={480}>
        {(data) => <ModelTabs model={data} />}
      </Loaded>
    </div>
  )
}

function Summary({
  model: { name, description, owners, champion, challenger, versionCount },
}: {
  readonly model: Model
}) {
  const link = (version: number | null) =>
    version === null ? 'none' : <PageLink href={pathToVersion(name, version)}>version {version}</PageLink>
  return (
    <>
      {description && <span>{firstSentence(description).replaceAll('`', '')} </span>}
      <span>
        Champion {link(champion)} · challenger {link(challenger)} · {plural(versionCount, 'version')}
        {' · '}
        <Owners model={name} owners={owners} />
      </span>
    </>
  )
}

function ModelTabs({ model }: { readonly model: Model }) {
  const { tab = 'overview' } = useSearch({ from: '/models/$model' })
  const navigate = useNavigate({ from: '/models/$model' })
  const versions = useQuery(versionsQuery(model.name))
  const choose = (next: string | null) =>
    void navigate({ search: (search) => ({ ...search, tab: next as Tab }), replace: true })

  return (
    <Tabs value={tab} onChange={choose} keepMounted={false}>
      <Tabs.List mb={16}>
        {Object.entries(TABS).map(([value, word]) => (
          <Tabs.Tab key={value} value={value}>
            {word}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={tab}>
        <Loaded query={versions} height={420}>
          {({ items }) => {
            if (items.length === 0) return <Empty title="No version yet; a run of its pipeline registers the first." />
            switch (tab) {
              case 'overview':
                return <Overview versions={items} champion={model.champion} />
              case 'versions':
                return <VersionTable versions={items} />
              case 'lineage':
                return <Lineage model={model.name} versions={items} />
              case 'history':
                return <History model={model.name} />
            }
          }}
        </Loaded>
      </Tabs.Panel>
    </Tabs>
  )
}
