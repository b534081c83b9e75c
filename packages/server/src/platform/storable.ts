/** Whether PostgreSQL can hold a text: NUL and halves of surrogate pairs are legal in JSON, and not there. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** The text as PostgreSQL can hold it: what it cannot becomes U+FFFD. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')

/** A document for a jsonb parameter; one text that PostgreSQL cannot hold would otherwise keep all of it out. */
export const documentOf = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? storable(part) : part))
