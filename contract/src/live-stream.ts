/** What a live stream says. */
import { type Static, Type } from 'typebox'
import { Figures } from './events.ts'

/** `event: snapshot` carries an EventDetail, `event: change` this. `id:` is the event's own gapless sequence. */
export const StreamChange = Type.Object({
  seats: Type.Array(
    Type.Object({
      zoneId: Type.Integer(),
      row: Type.String(),
      column: Type.String(),
      state: Type.Union([Type.Literal('.'), Type.Literal('h'), Type.Literal('s')]),
    }),
  ),
  zones: Type.Array(Type.Object({ zoneId: Type.Integer(), ...Figures })),
})
export type StreamChange = Static<typeof StreamChange>
