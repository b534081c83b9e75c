import type { Problem } from '@evenkeel/contract'
import type { Wire } from '../../platform/http.ts'

/** Codes of MLflow with the status that its clients expect. */
const statuses = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const
type MlflowCode = keyof typeof statuses

/** What a failure of ours is in MLflow's words, when its status does not say it. */
const codes: Readonly<Record<string, MlflowCode>> = {
  'http.not_found': 'ENDPOINT_NOT_FOUND',
  'tracking.name_taken': 'RESOURCE_ALREADY_EXISTS',
  'registry.alias_not_found': 'INVALID_PARAMETER_VALUE',
  'registry.name_taken': 'RESOURCE_ALREADY_EXISTS',
}

const byStatus: Readonly<Record<number, MlflowCode>> = {
  400: 'INVALID_PARAMETER_VALUE',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  409: 'INVALID_PARAMETER_VALUE',
  413: 'INVALID_PARAMETER_VALUE',
  416: 'INVALID_PARAMETER_VALUE',
  422: 'INVALID_PARAMETER_VALUE',
  429: 'REQUEST_LIMIT_EXCEEDED',
  501: 'NOT_IMPLEMENTED',
  503: 'TEMPORARILY_UNAVAILABLE',
}

/** Errors as MLflow's clients read them. They repeat what has status 429 or 5xx, so mistakes of the caller are 4xx. */
export const mlflowWire: Wire = {
  renderError({ code, status, detail, fix, requestId }: Problem) {
    const errorCode = codes[code] ?? byStatus[status] ?? 'INTERNAL_ERROR'
    const message = errorCode === 'INTERNAL_ERROR' ? `${detail} ${fix}` : detail
    return { status: statuses[errorCode], body: { error_code: errorCode, message, request_id: requestId } }
  },
}
