/** What is recorded in place of a commit where the code lies in no git work tree. */
export const unknownCommit = 'unknown'

export const isCommit = (commit: string | null | undefined): commit is string =>
  commit !== null && commit !== undefined && commit !== '' && commit !== unknownCommit

/** `3f2c0a9be1d4`, with what it does not hold; or that there is none, and why. */
export function commitText(commit: string | null | undefined): string {
  if (!isCommit(commit)) return 'no commit (not a git work tree)'
  return `${commit.slice(0, 12)}${commit.endsWith('-dirty') ? ' with changes that are not committed' : ''}`
}
