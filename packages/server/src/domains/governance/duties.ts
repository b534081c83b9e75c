import type { EnvironmentPolicy } from '@evenkeel/contract'

/** The people behind a request. A null stands for nobody: not every version comes out of a run. */
export interface Authors {
  readonly requestedBy: string
  readonly createdBy: string
  readonly runStartedBy: string | null
}

/** What keeps a person from approving their own work, or `undefined` when they may decide. */
export function whyNotApprove(
  user: string,
  { requestedBy, createdBy, runStartedBy }: Authors,
  { separateDuties }: EnvironmentPolicy,
): string | undefined {
  if (!separateDuties) return undefined
  if (user === createdBy) return `${user} registered the version.`
  if (user === runStartedBy) return `${user} started the run that trained the version.`
  if (user === requestedBy) return `${user} asked for this approval.`
  return undefined
}
