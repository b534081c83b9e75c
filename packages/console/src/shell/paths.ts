/** Path of the page of a thing. */
export const pathTo = (
  kind: 'experiments' | 'pipelines' | 'backfills' | 'runs' | 'models' | 'deployments' | 'monitors' | 'approvals',
  name: string,
): string => `/${kind}/${encodeURIComponent(name)}`

export const pathToVersion = (model: string, version: number): string =>
  `${pathTo('models', model)}/versions/${version}`

/** Path of the models of an owner. */
export const pathToOwner = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
  `/models?owner=${encodeURIComponent(`${kind}:${name}`)}`

/** Path of the page that edits the card of a version. */
export const pathToCard = (model: string, version: number): string => `${pathToVersion(model, version)}/card`

export const pathToVersionCompare = (model: string, before: number, after: number): string =>
  `${pathTo('models', model)}/compare?before=${before}&after=${after}`

/** Path of an import, at one of its steps or where it goes on. */
export const pathToImport = (draft: string, step?: string): string =>
  `/new/import/${encodeURIComponent(draft)}${step === undefined ? '' : `/${step}`}`

/** Path of the graph around a thing, by what people call it. */
export const pathToLineage = (kind: 'run' | 'model_version' | 'dataset' | 'dataset_version', name: string): string =>
  `/lineage?node=${encodeURIComponent(`${kind}:${name}`)}`

export const pathToTrackedRun = (experiment: string, run: string): string =>
  `${pathTo('experiments', experiment)}/runs/${encodeURIComponent(run)}`

/** Path of the page that compares runs. */
export const pathToCompare = (runs: readonly string[]): string =>
  `/compare?runs=${runs.map(encodeURIComponent).join(',')}`

/** MLflow's clients print links such as `…/#/experiments/1/runs/2f`; the page they mean, where there is one. */
export function pathOfHash(hash: string): string | undefined {
  if (!hash.startsWith('#/')) return undefined
  const path = hash.slice(1)
  // Its pages of a run have more parts; those of a logged model are none here, but its experiment is.
  const [run] = /^\/experiments\/[^/?]+\/runs\/[^/?]+/.exec(path) ?? []
  const [, experiment] = /^(\/experiments\/[^/?]+)\/models\//.exec(path) ?? []
  const page = run ?? experiment ?? path
  return isPage(page) ? page : undefined
}

/** Whether a link of the server leads to a screen that exists. */
export const isPage = (link: string | null): link is string =>
  link !== null &&
  /^\/($|\?|(experiments|compare|pipelines|backfills|automations|approvals|lineage|models|deployments|monitors)($|\?)|(experiments|pipelines|backfills|runs|models|deployments|monitors|approvals)\/)/.test(
    link,
  )

/** A run as people tell it from another: the part of its id that carries the time. */
export const shortRun = (run: string): string => run.slice(0, 13)
