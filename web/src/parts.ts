/**
 * The parts of the app that come when they are needed. One that does not come is away with the line, or its name is gone: this tab is from
 * before a deploy. Both are mended by loading the page anew as soon as the server answers. Asking for the part again would not do: only
 * Chromium fetches a module again that has failed once, and a part's style sheet is asked for once only.
 */
import { useSyncExternalStore } from 'react'
import { recall, remember } from './session-store.ts'

const againMs = 3_000
/** A part that is missing again so soon after the page was loaded anew for it is missing for good. */
const soonMs = 60_000
const key = 'onsale.loadedAnew'

export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const wasAway = await serverIsBack()
    if (!wasAway && Date.now() - (recall<number>(key) ?? 0) < soonMs) throw new Error('A part of this page is missing.', { cause })
    remember(key, Date.now())
    location.reload()
    return new Promise(() => undefined)
  }
}

/** Resolves when the server answers: true, when it did not at first. */
async function serverIsBack(): Promise<boolean> {
  for (let wasAway = false; ; wasAway = true) {
    if (await answers()) return wasAway
    setAway(true)
    await onlineOrLater()
  }
}

function answers(): Promise<boolean> {
  return fetch('/', { method: 'HEAD', cache: 'no-store' }).then(
    ({ ok }) => ok,
    () => false,
  )
}

function onlineOrLater(): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(later)
      window.removeEventListener('online', go)
      resolve()
    }
    const later = setTimeout(go, againMs)
    window.addEventListener('online', go)
  })
}

let isAway = false
const listeners = new Set<() => void>()

function setAway(away: boolean): void {
  isAway = away
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** A part is waited for, because nobody answers. */
export function usePartAway(): boolean {
  return useSyncExternalStore(subscribe, () => isAway)
}
