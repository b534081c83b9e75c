/** Path of the page of a thing. */
export const pathTo = (
  kind: 'pipelines' | 'backfills' | 'runs' | 'models' | 'deployments' | 'monitors' | 'approvals',
  name: string,
): string => `/${kind}/${encodeURIComponent(name)}`

export const pathToVersion = (model: string, version: number): string =>
  `${pathTo('models', model)}/versions/${version}`

/** Path of the graph around a thing, by what people call it. */
export const pathToLineage = (kind: 'run' | 'model_version' | 'dataset' | 'dataset_version', name: string): string =>
  `/lineage?node=${encodeURIComponent(`${kind}:${name}`)}`

/** Whether a link of the server leads to a screen that exists. */
export const isPage = (link: string | null): link is string =>
  link !== null &&
  /^\/($|\?|(pipelines|backfills|automations|approvals|lineage)($|\?)|(pipelines|backfills|runs|models|deployments|monitors|approvals)\/)/.test(
    link,
  )

/** A run as people tell it from another: the part of its id that carries the time. */
export const shortRun = (run: string): string => run.slice(0, 13)
