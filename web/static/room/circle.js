// Where each chair stands. Pure geometry: no DOM, so it is tested in Node.

/** @typedef {{person: string, group: "circle" | "ring", back: boolean}} Seat */
/** @typedef {{x: number, y: number, size: number}} Place centre and width in pixels of the stage */
/** @typedef {{width: number, height: number}} Stage */
/** @typedef {{x: number, y: number, width: number, height: number}} Area */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{places: Map<string, Place>, centre: Point}} Circle places by person, and where the words in the middle stand */

const GAP = 14; // pixels between chairs
const PLATE = 14; // pixels that a name plate hangs below its chair
const SMALLEST = 36; // pixels: below it, chairs may touch
const LARGEST = 210; // pixels: above it, faces look like posters
const SHARE = 0.28; // of the stage's shorter side a chair may take
const CENTRE = { share: 0.46, width: 400, area: 40_000, height: 150 }; // kept free for the words; pixels, and share of the width
const WIDEST = { share: 1.75, least: 700 }; // width of the circle for a height of 1, or pixels: wider, it would be two rows
const BACK = { shift: 0.42, size: 0.72 }; // of a chair's width; outwards, along its own direction
const MARGIN = BACK.shift + BACK.size / 2 - 0.5; // of a chair's width, kept free all around for moving back
const BEND = { lying: 2, upright: 3 }; // exponent of the curve: 2 is an ellipse, 3 uses the corners of a phone too
const SAMPLES = 360; // of the ellipse, to measure its length
const RING = { largest: 72, smallest: 40, bow: 0.55 }; // pixels; how far the ends of a row lean in, in widths of the row

/**
 * Places the circle on an ellipse from the top, clockwise in the order given, and
 * the outer ring at both its sides (below it where the stage is upright). It does
 * not know who is looking: the circle is the same for everyone. A chair moved back
 * keeps its direction, so nobody else moves when the presenter does.
 *
 * @param {Stage} stage
 * @param {readonly Seat[]} seats
 * @returns {Circle}
 */
export function circleOn(stage, seats) {
  const circle = seats.filter((seat) => seat.group === "circle");
  const ring = seats.filter((seat) => seat.group === "ring");
  const outer = stage.height > stage.width ? ringBelow(ring, stage) : ringBeside(ring, stage);
  const { x, y, width, height } = outer.left;
  const centre = { x: x + width / 2, y: y + (height - PLATE) / 2 };
  return { places: new Map([...circlePlaces(circle, outer.left, centre), ...outer.places]), centre };
}

/**
 * @param {readonly Seat[]} seats
 * @param {Stage} area
 * @param {Point} centre
 * @returns {[string, Place][]}
 */
function circlePlaces(seats, area, centre) {
  const round = { width: Math.min(area.width, Math.max(WIDEST.share * area.height, WIDEST.least)), height: area.height - PLATE };
  const bend = round.height > round.width ? BEND.upright : BEND.lying;
  let size = Math.min(LARGEST, SHARE * Math.min(round.width, round.height));
  let points = around(seats.length, radii(round, size), bend);
  while (size > SMALLEST && crowded(points, size, round)) {
    size *= 0.98;
    points = around(seats.length, radii(round, size), bend);
  }
  return seats.map((seat, index) => {
    const { x, y, size: width } = place(points[index], size, seat.back);
    return [seat.person, { x: centre.x + x, y: centre.y + y, size: width }];
  });
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
 * @param {number} size
 * @param {boolean} back
 * @returns {Place} from the centre
 */
function place(point, size, back) {
  const far = Math.hypot(point.x, point.y) || 1;
  const stretch = back ? 1 + (BACK.shift * size) / far : 1;
  return { x: point.x * stretch, y: point.y * stretch, size: back ? BACK.size * size : size };
}

/**
 * Whether chairs of this size touch one another, the words in the middle, or a neighbour who moves back.
 *
 * @param {readonly Point[]} points from the centre
 * @param {number} size
 * @param {Stage} area
 */
function crowded(points, size, area) {
  const width = Math.min(CENTRE.width, CENTRE.share * area.width);
  const middle = { width, height: Math.max(CENTRE.height, Math.min(CENTRE.area / width, 0.4 * area.height)) };
  return points.some((point, i) => {
    const here = place(point, size, false);
    const back = place(point, size, true);
    const inTheMiddle = Math.abs(here.x) < (size + middle.width) / 2 && Math.abs(here.y) < (size + middle.height) / 2;
    return inTheMiddle || points.some((other, k) => k !== i && [here, back].some((mine) => near(mine, { ...other, size })));
  });
}

/**
 * @param {Place} one
 * @param {Place} other
 */
function near(one, other) {
  const reach = (one.size + other.size) / 2 + GAP / 2;
  return Math.abs(one.x - other.x) < reach && Math.abs(one.y - other.y) < reach + PLATE;
}

/**
 * Points at equal distances along an ellipse, or one bent towards its corners, from the top clockwise.
 *
 * @param {number} count
 * @param {Point} radius
 * @param {number} bend
 * @returns {Point[]} from the centre
 */
function around(count, radius, bend) {
  const curve = (/** @type {number} */ value) => Math.sign(value) * Math.abs(value) ** (2 / bend);
  const samples = Array.from({ length: SAMPLES + 1 }, (_, i) => {
    const turned = (i / SAMPLES) * 2 * Math.PI;
    return { x: radius.x * curve(Math.sin(turned)), y: -radius.y * curve(Math.cos(turned)) };
  });
  const lengths = [0];
  for (let i = 1; i < samples.length; i++) {
    lengths.push(lengths[i - 1] + Math.hypot(samples[i].x - samples[i - 1].x, samples[i].y - samples[i - 1].y));
  }
  return Array.from({ length: count }, (_, i) => {
    const wanted = (i / count) * lengths[SAMPLES] - 1e-9;
    return samples[lengths.findIndex((length) => length >= wanted)];
  });
}

/**
 * Two rows that lean around the circle like brackets: down the right side, up the left one.
 *
 * @param {readonly Seat[]} seats
 * @param {Stage} stage
 * @returns {{places: [string, Place][], left: Area}}
 */
function ringBeside(seats, stage) {
  const whole = { x: 0, y: 0, ...stage };
  if (seats.length === 0) return { places: [], left: whole };
  const right = Math.ceil(seats.length / 2);
  const cell = Math.min(RING.largest + GAP + PLATE, stage.height / right);
  const size = Math.max(RING.smallest, cell - GAP - PLATE);
  const band = size + GAP;
  const placed = seats.map((seat, index) => {
    const onRight = index < right;
    const inRow = onRight ? right : seats.length - right;
    const row = (onRight ? index : seats.length - 1 - index) - (inRow - 1) / 2;
    const lean = RING.bow * band * ((2 * row * cell) / stage.height) ** 2 + size / 2;
    const y = stage.height / 2 + row * cell - PLATE / 2;
    return /** @type {[string, Place]} */ ([seat.person, { x: onRight ? stage.width - lean : lean, y, size }]);
  });
  return { places: placed, left: { ...whole, x: band, width: stage.width - 2 * band } };
}

/**
 * @param {readonly Seat[]} seats
 * @param {Stage} stage
 * @returns {{places: [string, Place][], left: Area}}
 */
function ringBelow(seats, stage) {
  const size = Math.min(52, Math.max(RING.smallest, stage.width / (seats.length > 10 ? 9 : 7)));
  const cell = { width: size + GAP / 2, height: size + PLATE + GAP / 2 };
  const rows = Math.ceil(seats.length / Math.max(1, Math.floor(stage.width / cell.width)));
  const columns = Math.ceil(seats.length / Math.max(1, rows));
  const top = stage.height - rows * cell.height;
  const placed = seats.map((seat, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, seats.length - row * columns);
    const x = stage.width / 2 + ((i % columns) - (inRow - 1) / 2) * cell.width;
    return /** @type {[string, Place]} */ ([seat.person, { x, y: top + row * cell.height + size / 2, size }]);
  });
  return { places: placed, left: { x: 0, y: 0, width: stage.width, height: top } };
}
