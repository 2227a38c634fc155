const SVG = 'http://www.w3.org/2000/svg';

/**
 * Draws a digest as a hexagon of 24 facets, so that two CIDs can be told apart at a glance.
 * The first byte picks the hue, and the next 24 tint one facet each.
 *
 * @param {Uint8Array} digest
 */
export function drawPortrait(digest) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '-43.5 -50 87 100');
  svg.setAttribute('aria-hidden', 'true');
  const hue = ((digest[0] ?? 0) / 256) * 360;
  for (const [index, points] of listFacets().entries()) {
    const byte = digest[(index + 1) % Math.max(digest.length, 1)] ?? 0;
    const facet = document.createElementNS(SVG, 'polygon');
    facet.setAttribute('points', points);
    facet.setAttribute('fill', tint(byte, hue));
    svg.append(facet);
  }
  return svg;
}

function tint(byte, hue) {
  const lightness = 42 + (byte & 15) * 3;
  const shift = ((byte >> 4) - 7.5) * 6;
  return `oklch(${lightness}% 0.12 ${(hue + shift + 360) % 360})`;
}

/** Each of the six triangles around the centre, cut at the middles of its sides into four. */
function listFacets() {
  return Array.from({ length: 6 }, (_, index) => {
    const centre = [0, 0];
    const a = corner(index);
    const b = corner(index + 1);
    const [ca, cb, ab] = [middle(centre, a), middle(centre, b), middle(a, b)];
    return [
      [centre, ca, cb],
      [ca, a, ab],
      [ca, ab, cb],
      [cb, ab, b],
    ];
  })
    .flat()
    .map((triangle) => triangle.map((point) => point.map((value) => value.toFixed(2)).join(',')).join(' '));
}

function corner(index) {
  const angle = (index * Math.PI) / 3 - Math.PI / 2;
  return [50 * Math.cos(angle), 50 * Math.sin(angle)];
}

function middle([ax, ay], [bx, by]) {
  return [(ax + bx) / 2, (ay + by) / 2];
}
