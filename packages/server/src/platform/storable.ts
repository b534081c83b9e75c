/** Whether PostgreSQL can hold a text: NUL and halves of surrogate pairs are legal in JSON, and not there. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

/** The text as PostgreSQL can hold it: what it cannot becomes U+FFFD. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')
