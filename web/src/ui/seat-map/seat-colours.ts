// The colours of the tokens as the Canvas needs them. Read once, and again when the theme changes.
import type { Ink } from './seat-shapes.ts'

const inks: readonly Ink[] = [
  '--surface',
  '--ink',
  '--red-tint',
  '--seat-free-fill',
  '--seat-free-line',
  '--seat-mine-fill',
  '--seat-mine-mark',
  '--seat-held-fill',
  '--seat-held-line',
  '--seat-sold-fill',
  '--seat-lost-line',
]

export type SeatColours = ReadonlyMap<Ink, string>

/** A token reads back as `light-dark(...)`; only where it is used as a colour does it become one. */
export function readColours(host: HTMLElement): SeatColours {
  const probe = document.createElement('span')
  host.append(probe)
  const colours = new Map<Ink, string>()
  for (const ink of inks) {
    probe.style.color = `var(${ink})`
    colours.set(ink, getComputedStyle(probe).color)
  }
  probe.remove()
  return colours
}

export function onThemeChange(changed: () => void): () => void {
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class', 'style'] })
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)'].map((query) => matchMedia(query))
  for (const query of queries) query.addEventListener('change', changed)
  return () => {
    observer.disconnect()
    for (const query of queries) query.removeEventListener('change', changed)
  }
}
