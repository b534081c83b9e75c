import { queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'

/** Requests come from deployments and from pipelines, so news of either may change them. */
export const approvalsQuery = queryOptions({
  queryKey: ['approvals'],
  queryFn: ({ signal }) => api.governance.listApprovals({ query: { limit: 100 } }, { signal }),
})

export const approvalQuery = (approval: string) =>
  queryOptions({
    queryKey: ['approvals', approval],
    queryFn: ({ signal }) => api.governance.getApproval({ params: { approval } }, { signal }),
  })
