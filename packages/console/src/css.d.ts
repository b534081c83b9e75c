import 'react'

declare module 'react' {
  interface CSSProperties {
    /** Share of the heat colour, e.g. `40%`. */
    '--heat'?: string
  }
}
