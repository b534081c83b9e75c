let known: string | undefined

/** `glibc 2.36`, `musl`, or the release of a system that has neither: what is compiled for one does not run on another. */
export function libc(): string {
  known ??= read()
  return known
}

function read(): string {
  // Names of hosts are looked up otherwise, which may take seconds.
  Object.assign(process.report, { excludeNetwork: true })
  const { header, sharedObjects } = process.report.getReport() as {
    readonly header: { readonly glibcVersionRuntime?: string; readonly osRelease: string }
    readonly sharedObjects: readonly string[]
  }
  if (header.glibcVersionRuntime) return `glibc ${header.glibcVersionRuntime}`
  return sharedObjects.some((path) => path.includes('ld-musl')) ? 'musl' : header.osRelease
}
