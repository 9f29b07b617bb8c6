// The camera: looks at a few pictures a second as long as the page is to be seen, and hands over what codes say.

import { textsIn } from "./decode.js";

const PAUSE_MS = 80;
const WIDEST = 960;

export function cameraIsPossible() {
  return window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
}

// Resolves once the picture runs; refuses with what the browser says (not allowed, none there).
export async function startCamera(video, found) {
  const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  await video.play();
  const canvas = document.createElement("canvas");
  const drawing = canvas.getContext("2d", { willReadFrequently: true });

  async function look() {
    if (!document.hidden && video.videoWidth) {
      const scale = Math.min(1, WIDEST / video.videoWidth);
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
      const texts = await textsIn(drawing.getImageData(0, 0, canvas.width, canvas.height)).catch(() => []);
      for (const text of texts) found(text);
    }
    setTimeout(look, PAUSE_MS);
  }

  look();
}
