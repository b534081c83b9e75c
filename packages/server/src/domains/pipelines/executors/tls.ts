import { readFileSync } from 'node:fs'
import type { Door } from './http.ts'

/** Files of certificates, as a target names them. */
export interface TlsFiles {
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

/** @throws Error when a file cannot be read */
export function tlsOf({ caFile, certFile, keyFile }: TlsFiles): Pick<Door, 'tls'> {
  return {
    tls: {
      ...(caFile !== undefined && { ca: readFileSync(caFile) }),
      ...(certFile !== undefined && { cert: readFileSync(certFile) }),
      ...(keyFile !== undefined && { key: readFileSync(keyFile) }),
    },
  }
}
