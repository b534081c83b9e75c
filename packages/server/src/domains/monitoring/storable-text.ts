/** NUL and lone surrogates are legal in JSON and not in PostgreSQL: they become U+FFFD. */
export const storableText = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')
