import { PipelineMistake } from '@evenkeel/client'
import { globToRegExp } from './glob.ts'

/**
 * Of these the ones that fit the globs; one that begins with "!" leaves out.
 *
 * @param relative - the path a glob is meant for
 * @throws PipelineMistake for a glob that leads out, or that nothing fits
 */
export function choose<T extends { readonly path: string }>(
  entries: readonly T[],
  globs: readonly string[],
  relative: (path: string) => string,
): T[] {
  const outside = globs.find((glob) => /^!?\/|(^!?|\/)\.\.(\/|$)/.test(glob))
  if (outside) throw new PipelineMistake(`"${outside}" leads out of the project folder; name what lies below it.`)
  const fits = globs.filter((glob) => !glob.startsWith('!')).map((glob) => ({ glob, fit: matcher(glob) }))
  const unfit = globs.filter((glob) => glob.startsWith('!')).map((glob) => matcher(glob.slice(1)))
  for (const { glob, fit } of fits) {
    if (!entries.some(({ path }) => fit(relative(path)))) {
      throw new PipelineMistake(`No file fits "${glob}" below the project folder; what is ignored cannot be listed.`)
    }
  }
  return entries.filter(({ path }) => {
    const own = relative(path)
    return fits.some(({ fit }) => fit(own)) && !unfit.some((fit) => fit(own))
  })
}

/** A glob, or a folder with all that is in it. */
function matcher(glob: string): (path: string) => boolean {
  const clean = glob.replace(/^\.\//, '').replace(/\/+$/, '')
  const pattern = globToRegExp(clean)
  return (path) => pattern.test(path) || path.startsWith(`${clean}/`)
}
