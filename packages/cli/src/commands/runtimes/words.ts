import type { Runtime } from '@evenkeel/contract'

/** As many digits of its digest as a person wants to read. */
export const digitsOf = ({ digest }: Pick<Runtime, 'digest'>): string => digest.slice('sha256:'.length, 19)
