/** A name as DuckDB reads it whatever it contains. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

export const textLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`
