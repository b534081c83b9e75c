import { z } from 'zod'

/** What a secret of the project is called. */
export const SecretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, {
  error: 'use letters, digits and "_", at most 128, and begin with a letter or "_"',
})
