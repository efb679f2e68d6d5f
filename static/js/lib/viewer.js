/** Where a page lies in a window that it may be larger than: fitted, zoomed, turned. Pure: sizes in, sizes out. */

export const CLOSEST = 8;
const STEP = 1.35;

/** The next zoom: 1 shows the whole page. `direction`: 1 closer, -1 away. */
export function zoomed(zoom, direction) {
  const next = zoom * STEP ** direction;
  // Never almost whole.
  return next < 1.1 ? 1 : Math.min(next, CLOSEST);
}

/**
 * @param {{page: {width: number, height: number}, window: {width: number, height: number}, zoom: number, turns: number}} view
 *   `turns`: quarters, clockwise
 * @returns {{sheet: {width: number, height: number}, image: {width: number, height: number}}} pixels: of the turned
 *   page and of the picture before it is turned
 */
export function layout({ page, window, zoom, turns }) {
  const lying = turns % 2 !== 0;
  const [width, height] = lying ? [page.height, page.width] : [page.width, page.height];
  const scale = Math.min(window.width / width, window.height / height) * zoom;
  return {
    sheet: { width: width * scale, height: height * scale },
    image: { width: page.width * scale, height: page.height * scale },
  };
}

/** The scroll position after a zoom by `ratio` that leaves `point` (from the window's edge) where it is. */
export function scrolled(position, point, ratio) {
  return Math.max(0, (position + point) * ratio - point);
}
