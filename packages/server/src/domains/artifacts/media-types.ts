import { extname } from 'node:path/posix'

const types: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mp4': 'video/mp4',
  '.parquet': 'application/vnd.apache.parquet',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wav': 'audio/wav',
  '.webp': 'image/webp',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
}

const plain = new Set(['.cfg', '.conf', '.ini', '.js', '.log', '.py', '.toml', '.ts', '.tsv', '.txt', '.yaml', '.yml'])

/** What a file is by its name; bytes without further meaning when the name does not say. */
export function mediaTypeOf(path: string): string {
  const extension = extname(path).toLowerCase()
  if (plain.has(extension) || path.endsWith('MLmodel')) return 'text/plain'
  return types[extension] ?? 'application/octet-stream'
}
