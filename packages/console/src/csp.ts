import { z } from 'zod'

// Compiled parsers need `eval`, which the page's content security policy refuses; asking for it would be reported.
z.config({ jitless: true })
