// Where each chair stands. Pure geometry: no DOM, so it is tested in Node.

/** @typedef {{person: string, group: "circle" | "ring", back: boolean}} Seat */
/** @typedef {{x: number, y: number, size: number}} Place centre and width in pixels of the stage */
/** @typedef {{width: number, height: number}} Stage */
/** @typedef {{x: number, y: number}} Point */

const GAP = 14; // pixels between chairs
const SMALLEST = 36; // pixels: below it, chairs may touch
const LARGEST = 210; // pixels: above it, faces look like posters
const SHARE = 0.27; // of the stage's shorter side a chair may take, so that the centre stays free
const BACK = { shift: 0.46, size: 0.74 }; // of a chair's width; outwards, along its own direction
const MARGIN = BACK.shift + BACK.size / 2 - 0.5; // of a chair's width, kept free all around for moving back
const RING = { largest: 76, smallest: 40, label: 18 }; // pixels
const ELLIPSE = 2; // exponents of a superellipse: 2 is an ellipse,
const FRAME = 7; // 7 almost a rectangle with round corners

/**
 * Places the circle on an ellipse from the top, clockwise in the order given, and
 * the outer ring around it (below it where the stage is upright). It does not know
 * who is looking: the circle is the same for everyone. A chair moved back keeps
 * its direction, so nobody else moves when the presenter does.
 *
 * @param {readonly Seat[]} seats
 * @param {Stage} stage
 * @returns {Map<string, Place>} by person
 */
export function places(seats, stage) {
  const circle = seats.filter((seat) => seat.group === "circle");
  const ring = seats.filter((seat) => seat.group === "ring");
  const outer = ringPlaces(ring, stage);
  const inner = circlePlaces(circle, outer.left);
  return new Map([...inner, ...outer.places]);
}

/**
 * @param {readonly Seat[]} seats
 * @param {{x: number, y: number, width: number, height: number}} area
 * @returns {[string, Place][]}
 */
function circlePlaces(seats, area) {
  const centre = { x: area.x + area.width / 2, y: area.y + area.height / 2 };
  let size = Math.min(LARGEST, SHARE * Math.min(area.width, area.height));
  let points = around(seats.length, radii(area, size), ELLIPSE);
  while (size > SMALLEST && crowded(points, size)) {
    size -= 2;
    points = around(seats.length, radii(area, size), ELLIPSE);
  }
  return seats.map((seat, index) => [seat.person, place(points[index], centre, size, seat.back)]);
}

/**
 * @param {Stage} area
 * @param {number} size
 * @returns {Point}
 */
function radii(area, size) {
  const inset = size * (0.5 + MARGIN);
  return { x: Math.max(0, area.width / 2 - inset), y: Math.max(0, area.height / 2 - inset) };
}

/**
 * @param {Point} point from the centre
 * @param {Point} centre
 * @param {number} size
 * @param {boolean} back
 * @returns {Place}
 */
function place(point, centre, size, back) {
  const far = Math.hypot(point.x, point.y) || 1;
  const stretch = back ? 1 + (BACK.shift * size) / far : 1;
  return { x: centre.x + point.x * stretch, y: centre.y + point.y * stretch, size: back ? BACK.size * size : size };
}

/**
 * @param {readonly Point[]} points
 * @param {number} size
 */
function crowded(points, size) {
  return points.some((one, i) =>
    points.some((other, k) => k > i && Math.abs(one.x - other.x) < size + GAP && Math.abs(one.y - other.y) < size + GAP),
  );
}

/**
 * Points at equal distances along the curve, from the top clockwise.
 *
 * @param {number} count
 * @param {Point} radius
 * @param {number} exponent
 * @param {number} [start] in steps from the top
 * @returns {Point[]} from the centre
 */
function around(count, radius, exponent, start = 0) {
  const samples = Array.from({ length: 721 }, (_, i) => onCurve((i / 720) * 2 * Math.PI, radius, exponent));
  const lengths = [0];
  for (let i = 1; i < samples.length; i++) {
    lengths.push(lengths[i - 1] + Math.hypot(samples[i].x - samples[i - 1].x, samples[i].y - samples[i - 1].y));
  }
  const whole = lengths[720];
  return Array.from({ length: count }, (_, i) => {
    const wanted = (((i + start) / count) % 1) * whole;
    return samples[Math.max(0, lengths.findIndex((length) => length >= wanted - 1e-9))];
  });
}

/**
 * @param {number} turned radians from the top, clockwise
 * @param {Point} radius
 * @param {number} exponent
 * @returns {Point}
 */
function onCurve(turned, radius, exponent) {
  const bend = (/** @type {number} */ value) => Math.sign(value) * Math.abs(value) ** (2 / exponent);
  return { x: radius.x * bend(Math.sin(turned)), y: -radius.y * bend(Math.cos(turned)) };
}

/**
 * @param {readonly Seat[]} seats
 * @param {Stage} stage
 * @returns {{places: [string, Place][], left: {x: number, y: number, width: number, height: number}}}
 */
function ringPlaces(seats, stage) {
  const whole = { x: 0, y: 0, width: stage.width, height: stage.height };
  if (seats.length === 0) return { places: [], left: whole };
  return stage.height > stage.width ? ringBelow(seats, whole) : ringAround(seats, whole);
}

/**
 * @param {readonly Seat[]} seats
 * @param {{x: number, y: number, width: number, height: number}} stage
 * @returns {{places: [string, Place][], left: {x: number, y: number, width: number, height: number}}}
 */
function ringAround(seats, stage) {
  const share = (1.6 * (stage.width + stage.height)) / seats.length - GAP;
  const size = Math.max(RING.smallest, Math.min(RING.largest, 0.1 * stage.height, share));
  const band = size + RING.label;
  const radius = { x: (stage.width - size) / 2, y: (stage.height - band) / 2 };
  const centre = { x: stage.width / 2, y: stage.height / 2 - RING.label / 2 };
  const points = around(seats.length, radius, FRAME, 0.5);
  return {
    places: seats.map((seat, i) => [seat.person, place(points[i], centre, size, false)]),
    left: { x: band, y: band, width: stage.width - 2 * band, height: stage.height - 2 * band },
  };
}

/**
 * @param {readonly Seat[]} seats
 * @param {{x: number, y: number, width: number, height: number}} stage
 * @returns {{places: [string, Place][], left: {x: number, y: number, width: number, height: number}}}
 */
function ringBelow(seats, stage) {
  const size = Math.min(52, Math.max(RING.smallest, stage.width / 7));
  const cell = { width: size + GAP, height: size + RING.label };
  const columns = Math.max(1, Math.floor(stage.width / cell.width));
  const rows = Math.ceil(seats.length / columns);
  const top = stage.height - rows * cell.height;
  const placed = seats.map((seat, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, seats.length - row * columns);
    const x = stage.width / 2 + ((i % columns) - (inRow - 1) / 2) * cell.width;
    return /** @type {[string, Place]} */ ([seat.person, { x, y: top + row * cell.height + size / 2, size }]);
  });
  return { places: placed, left: { ...stage, height: top } };
}
