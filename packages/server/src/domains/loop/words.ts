/** The page of a model in the console; a name may hold anything but `/` and `:`. */
export const pageOf = (model: string): string => `/models/${encodeURIComponent(model)}`

/** One word of a POSIX shell, whatever is in it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** The same, bare where the shell leaves it alone. */
export const word = (text: string): string => (/^[\w.@-]+$/.test(text) ? text : quoted(text))

/** A name for an endpoint of a model. */
export function endpointNameOf(model: string): string {
  const name = model.replace(/[^\w.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  return name.slice(0, 128) || 'model'
}
