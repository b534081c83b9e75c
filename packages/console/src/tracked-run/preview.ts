/** How a file is shown, by its name. */
export type PreviewKind = 'image' | 'csv' | 'tsv' | 'json' | 'markdown' | 'html' | 'text'

const KINDS: Readonly<Record<string, PreviewKind>> = {
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  webp: 'image',
  svg: 'image',
  csv: 'csv',
  tsv: 'tsv',
  json: 'json',
  md: 'markdown',
  htm: 'html',
  html: 'html',
}

/** Text, where the name says nothing else: whether it really is one, its bytes say. */
export const previewKind = (name: string): PreviewKind =>
  KINDS[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'text'

const kib = 1024

/** So many bytes are read of a file, from its start. */
export const READ_BYTES: Readonly<Record<Exclude<PreviewKind, 'image'>, number>> = {
  csv: 512 * kib,
  tsv: 512 * kib,
  json: 1024 * kib,
  markdown: 256 * kib,
  html: 4096 * kib,
  text: 256 * kib,
}

/** A larger picture is not loaded unasked. */
export const IMAGE_BYTES = 20 * 1024 * kib

/** The text of bytes, whose last character may be cut; undefined when they are no text. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    // `stream` keeps the beginning of a character that is cut from being an error.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return undefined
  }
}

/** JSON with a line for each value; as it is when it cannot be read. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/**
 * HTML of a stranger for a frame without scripts: it asks nobody for anything, and shows only pictures that it brings
 * along. The frame holds scripts off by itself; this holds for what it would load.
 */
export const harmless = (html: string): string =>
  `<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:">${html}`
