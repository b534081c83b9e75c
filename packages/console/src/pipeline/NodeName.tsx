import css from './NodeName.module.css'

/** What tells the names of one graph apart often stands last: the id of a run, a version, the values of a matrix. */
const TAIL_LENGTH = 8
const segmenter = new Intl.Segmenter()

/** A name that loses its middle where it is too long, and never its end. */
export function NodeName({ children }: { readonly children: string }) {
  const letters = Array.from(segmenter.segment(children), ({ segment }) => segment)
  const cut = letters.length - Math.min(TAIL_LENGTH, Math.floor(letters.length / 2))
  return (
    <span className={css['name']}>
      <span className={css['head']}>{letters.slice(0, cut).join('')}</span>
      <span>{letters.slice(cut).join('')}</span>
    </span>
  )
}
