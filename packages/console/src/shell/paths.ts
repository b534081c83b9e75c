/** Path of the page of a thing. */
export const pathTo = (kind: 'models' | 'deployments' | 'monitors', name: string): string =>
  `/${kind}/${encodeURIComponent(name)}`

export const pathToVersion = (model: string, version: number): string =>
  `${pathTo('models', model)}/versions/${version}`

/** Whether a link of the server leads to a screen that exists. */
export const isPage = (link: string | null): link is string =>
  link !== null && /^\/($|\?|(models|deployments|monitors)\/)/.test(link)
