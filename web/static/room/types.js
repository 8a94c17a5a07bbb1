// The room as the server tells it. Shapes only; their meaning is in web/README.md.

/** @typedef {"leader" | "co_leader" | "presenter" | "member" | "ring" | "observer" | "supervisor"} Standing */

/**
 * @typedef {object} Page what the page was served with
 * @property {string} room
 * @property {string} name
 * @property {Standing} standing
 * @property {string} title
 * @property {boolean} closed whether I would knock at a closed door
 * @property {number} slots
 * @property {boolean} relays whether there are any, for those inside
 * @property {string} version
 */

/**
 * @typedef {object} Person
 * @property {string} person
 * @property {string} name
 * @property {string | null} invited their name on the link, where it is another one; leaders only
 * @property {Standing} standing
 * @property {number} seat
 * @property {"circle" | "ring"} group
 * @property {"here" | "back" | "away" | "empty"} state
 * @property {"gone" | "dimmed" | "stay"} [style] of sitting back
 * @property {number | null} slot
 * @property {boolean} heard by me, now
 * @property {boolean} seen by me, now
 * @property {boolean} microphone turned on by themselves
 * @property {boolean} camera
 * @property {boolean} phone their sound goes over another device of theirs
 * @property {boolean} floor
 * @property {boolean} asked
 * @property {boolean} signals
 * @property {boolean} deputy may be asked to hold the frame while no leader is there
 * @property {boolean} at_door after a long absence; the chair is kept
 * @property {Standing | null} came_as what they were invited as, where a leader has moved them
 * @property {string[]} may
 * @property {number} since the version since when what I may do with them means what it means
 */

/**
 * @typedef {object} Me
 * @property {string} person
 * @property {string} name
 * @property {Standing} standing
 * @property {"invited" | "door" | "inside" | "left" | "removed"} place
 * @property {string} stance
 * @property {boolean} may_speak
 * @property {"all" | "picture" | "sound"} carries what of me this device has; the rest another one of mine
 * @property {boolean} may_show
 * @property {number} heard_by
 * @property {number} seen_by
 * @property {string | null} asked_to_present
 * @property {string | null} asked_to_hold
 * @property {boolean} holds_frame
 * @property {{browser: string, code: string, sound: boolean, since: number} | null} device_asks another browser of mine, to be let in, and since which version it asks
 * @property {string | null} code shown by a browser that asks to be let in
 * @property {string[]} may
 * @property {Record<string, number>} since by command, as with people
 */

/** @typedef {{left_ms: number, held: boolean, advances: boolean, shown: boolean}} Clock */
/** @typedef {{phase: string, minutes: number | null, case: number, sits_back: boolean}} Step */
/** @typedef {{person: string, name: string, invited: string | null, standing: Standing, was_here: boolean, again: boolean, since: number, browser: string, device: string | null}} Waiting */

/**
 * @typedef {object} Snapshot
 * @property {number} version
 * @property {number} turn
 * @property {string} title
 * @property {string} phase
 * @property {number | null} step
 * @property {Step[]} programme
 * @property {Clock | null} clock
 * @property {boolean} locked
 * @property {boolean} ring_open
 * @property {boolean} protected
 * @property {boolean} over_time
 * @property {boolean} leaderless
 * @property {string | null} deputy name
 * @property {string | null} holder name of the deputy who holds the frame now
 * @property {{name: string, over: boolean} | null} awaited the presenter whose line is lost
 * @property {Me} me
 * @property {Person[]} people
 * @property {Waiting[]} door
 */

/**
 * @typedef {object} Pictures
 * @property {string[]} layers of my camera that somebody receives
 * @property {number[]} paused slots whose pictures are held back because my line is narrow
 * @property {boolean} weak my line, so that I should be told
 * @property {boolean} lean whether my voice is to be leaner, for somebody whose line is narrow
 */

/** @typedef {{refused?: string, by?: string, error?: string, sdp?: string}} Answer */
/** @typedef {{key: string, by: string | null, values: Record<string, string | number>, also?: {key: string, values: Record<string, string | number>}[]}} Notice */
/** @typedef {"connecting" | "connected" | "reconnecting" | "closed"} Link */
/** @typedef {{microphone: boolean, camera: boolean}} Devices */

export {};
