import type { Model, ModelOwner } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { pathTo, pathToOwner, pathToVersion } from '../shell/paths.ts'
import {
  Brief,
  Card,
  CopyLine,
  Empty,
  LinkButton,
  Loaded,
  More,
  PageHead,
  PageLink,
  SearchField,
  StateWord,
  Time,
  useSearchText,
} from '../ui/index.ts'
import { ownerText } from './owner-text.ts'
import { OwnerFilter } from './OwnerFilter.tsx'
import { modelsQuery } from './queries.ts'
import { STAGES } from './words.ts'

/** Which models are there, and how does each of them stand? */
export function ModelsPage() {
  const { owner } = useSearch({ from: '/models' })
  const { text, settled } = useSearchText()
  const models = useInfiniteQuery(modelsQuery(settled, owner))
  return (
    <div className="ek-page">
      <PageHead title="Models" note="Every model with its newest version, its champion and where it serves.">
        <LinkButton href="/new/import">Import a model</LinkButton>
      </PageHead>
      <Loaded query={models} height={300}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return items.length === 0 && text === '' && owner === undefined ? <First /> : <List models={items} />
        }}
      </Loaded>
      <More query={models}>Show more models</More>
    </div>
  )
}

const First = () => (
  <Card title="No model yet">
    <div className="ek-first">
      <p>
        A model is there with its first version. A step of a <PageLink href="/pipelines">pipeline</PageLink> registers
        what it trained; a model that was made elsewhere comes as a file, from the command line or step by step:
      </p>
      <CopyLine text="evenkeel register model.onnx --model my-model" />
      <LinkButton href="/new/import" kind="primary">
        Import a model
      </LinkButton>
    </div>
  </Card>
)

function List({ models }: { readonly models: readonly Model[] }) {
  const { text = '', owner } = useSearch({ from: '/models' })
  const navigate = useNavigate({ from: '/models' })
  const choose = (next: string | undefined) =>
    void navigate({ search: (search) => ({ ...search, owner: next }), replace: true, resetScroll: false })
  return (
    <Card
      title="All models"
      note="By name. j and k move, Enter opens."
      flush
      actions={
        <>
          <OwnerFilter owner={owner} onChoose={choose} />
          <SearchField label="Search models" />
        </>
      }
    >
      {models.length === 0 ? (
        <Empty title={text ? 'No model is called so.' : 'This owner has no model.'} />
      ) : (
        <Table models={models} />
      )}
    </Card>
  )
}

function Table({ models }: { readonly models: readonly Model[] }) {
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>Model</th>
          <th>Newest version</th>
          <th>Champion</th>
          <th>Owner</th>
          <th>Serves at</th>
          <th>Changed</th>
        </tr>
      </thead>
      <tbody>
        {models.map((model) => (
          <Row key={model.name} model={model} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ model }: { readonly model: Model }) {
  const { name, description, latestVersion, latestStage, champion, owners, endpoints, changedAt } = model
  return (
    <tr>
      <th scope="row" className="ek-named">
        <PageLink href={pathTo('models', name)} data-row>
          {name}
        </PageLink>
        {description && (
          <p>
            <Brief text={description} />
          </p>
        )}
      </th>
      <td data-label="Newest version" data-none={latestVersion === null || undefined}>
        <Version model={name} version={latestVersion} />
        {latestStage && (
          <div>
            <StateWord state={STAGES[latestStage].mark}>{STAGES[latestStage].word}</StateWord>
          </div>
        )}
      </td>
      <td data-label="Champion" data-none={champion === null || undefined}>
        <Version model={name} version={champion} />
      </td>
      <td data-label="Owner" className="ek-named" data-none={owners.length === 0 || undefined}>
        {owners.length === 0 ? '–' : <OwnerLinks owners={owners} />}
      </td>
      <td data-label="Serves at" className="ek-named" data-none={endpoints.length === 0 || undefined}>
        {endpoints.length === 0 ? '–' : endpoints.map((one) => <Serving key={one.name} endpoint={one} />)}
      </td>
      <td data-label="Changed" className="ek-nowrap">
        <Time at={changedAt} />
      </td>
    </tr>
  )
}

function Version({ model, version }: { readonly model: string; readonly version: number | null }) {
  if (version === null) return '–'
  return (
    <PageLink href={pathToVersion(model, version)} className="ek-nowrap">
      version {version}
    </PageLink>
  )
}

const OwnerLinks = ({ owners }: { readonly owners: readonly ModelOwner[] }) =>
  owners.map((owner) => (
    <div key={ownerText(owner)}>
      <PageLink href={pathToOwner(owner)} className="ek-nowrap">
        {owner.kind === 'team' ? `team ${owner.name}` : owner.name}
      </PageLink>
    </div>
  ))

function Serving({ endpoint: { name, environment, version } }: { readonly endpoint: Model['endpoints'][number] }) {
  return (
    <div>
      <PageLink href={pathTo('deployments', name)}>{name}</PageLink>
      <p className="ek-nowrap">
        {environment}
        {version === null ? ', nothing yet' : `, version ${version}`}
      </p>
    </div>
  )
}
