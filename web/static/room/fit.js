// Whether this browser can take part at all: tried, not guessed by what it is called or what it says of itself.

const TRIAL = 4000; // milliseconds; a browser that is only slow may come in
const CODECS = [/ opus\/48000/i, / VP8\/90000/i];

/** @returns {Promise<"" | "trouble.insecure" | "trouble.unsupported">} what is in the way */
export async function misfit() {
  if (!window.isSecureContext) return "trouble.insecure";
  const able = Boolean(navigator.mediaDevices?.getUserMedia) && (await Promise.race([offers(), later()]));
  return able ? "" : "trouble.unsupported";
}

/** @returns {Promise<boolean>} whether it would offer a voice and a picture as the room needs them */
async function offers() {
  try {
    const trial = new RTCPeerConnection();
    trial.addTransceiver("audio", { direction: "sendonly" });
    trial.addTransceiver("video", { direction: "sendonly" });
    const { sdp = "" } = await trial.createOffer().finally(() => trial.close());
    return CODECS.every((codec) => codec.test(sdp));
  } catch {
    return false;
  }
}

/** @returns {Promise<true>} */
const later = () => new Promise((resolve) => setTimeout(resolve, TRIAL, true));
