/** How far a member may commit: in each partition up to the first message that is not settled. */
import type { Consumer } from '@platformatic/kafka'

type Place = { partition: number; offset: bigint; leaderEpoch: number }
type Progress = { open: Set<bigint>; next: bigint; leaderEpoch: number; committed: bigint }

export function createOffsets(consumer: Consumer<string, string, string, string>, topic: string) {
  const partitions = new Map<number, Progress>()

  return {
    began({ partition, offset, leaderEpoch }: Place): void {
      const progress = partitions.get(partition) ?? { open: new Set(), next: 0n, leaderEpoch, committed: -1n }
      partitions.set(partition, progress)
      progress.open.add(offset)
      progress.next = offset + 1n
      progress.leaderEpoch = leaderEpoch
    },
    /** Commits what it moves, in partitions that are still ours: others may be further there already. */
    async settle(items: readonly Place[]): Promise<void> {
      const touched = new Set<number>()
      for (const { partition, offset } of items) {
        partitions.get(partition)?.open.delete(offset)
        touched.add(partition)
      }
      const ours = new Set(consumer.assignments?.flatMap((each) => (each.topic === topic ? each.partitions : [])))
      const offsets = []
      for (const [partition, progress] of partitions) {
        if (!touched.has(partition) || !ours.has(partition)) continue
        const { value: firstOpen } = progress.open.values().next()
        const offset = firstOpen ?? progress.next
        if (offset === progress.committed) continue
        progress.committed = offset
        offsets.push({ topic, partition, offset, leaderEpoch: progress.leaderEpoch })
      }
      if (offsets.length > 0) await consumer.commit({ offsets })
    },
  }
}
