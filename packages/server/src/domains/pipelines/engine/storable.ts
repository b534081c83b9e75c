/** The text as PostgreSQL can hold it: without NUL, and without halves of characters. */
export const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed()
