import { config } from 'zod'

// Compiled parsers need `eval`, which the page's content security policy refuses; asking for it would be reported.
// Not as `z.config`: what is called on `z` is dropped from the bundle when nobody uses what it returns.
config({ jitless: true })
