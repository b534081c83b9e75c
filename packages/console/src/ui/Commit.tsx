import { commitText, isCommit } from '@evenkeel/contract'

/** The start of a commit, or that there is none. */
export function Commit({ commit }: { readonly commit: string | null | undefined }) {
  if (!isCommit(commit)) return <span className="ek-dim">{commitText(commit)}</span>
  return <code title={commit}>{commitText(commit)}</code>
}
