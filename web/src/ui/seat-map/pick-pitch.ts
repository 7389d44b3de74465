/** How large a seat must be for the pointer at hand: WCAG 2.5.8 asks for 24 px, a thumb for more. Below it, a tap zooms first. */
export const pickPitch = (): number => (matchMedia('(pointer: coarse)').matches ? 30 : 24)

/** The border of a panel or a scroll bar takes a few pixels off a zone that would fit; 23.5 px are as good as 24. */
export const isPickable = (pitch: number): boolean => pitch >= pickPitch() - 0.5
