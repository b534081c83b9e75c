import type { DiffLine } from '@evenkeel/contract'
import css from './Differences.module.css'

const SIGNS = { same: ' ', removed: '−', added: '+' } as const

/** Lines that changed, as a person reads a patch; null stands for lines that are left out. */
export function LineDiff({ lines }: { readonly lines: readonly (DiffLine | null)[] }) {
  return (
    <pre className={css['lines']} tabIndex={0} role="group" aria-label="Changed lines">
      {lines.map((line, at) =>
        line === null ? (
          <span key={at} className={css['gap']}>
            {'⋯\n'}
          </span>
        ) : (
          <span key={at} className={css[line.kind]}>
            {`${SIGNS[line.kind]} ${line.text}\n`}
          </span>
        ),
      )}
    </pre>
  )
}
