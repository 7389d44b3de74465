/** A ledger whose commits are spans of the trace of whoever asks. It decides nothing, and changes nothing. */
import { endWith, type Tracing } from '../telemetry/tracing.ts'
import type { Ledger } from './ledger.ts'

export function traceLedger(ledger: Ledger, tracing: Tracing): Ledger {
  return {
    ...ledger,
    commit(change) {
      const span = change.trace && tracing.begin('ledger commit', 'client', change.trace, { zone: change.zone })
      const committing = ledger.commit(change)
      if (span)
        endWith(span, committing, (outcome) =>
          outcome.ok ? { shard: outcome.shard, position: outcome.position } : { refused: outcome.why },
        )
      return committing
    },
  }
}
