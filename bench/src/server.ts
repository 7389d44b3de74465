/** The product as main.ts starts it, with another folder of samples: `node bench/src/server.ts <folder>`. */
import { serve } from '@onsale/server/serve'

await serve(undefined, process.argv[2])
