// Whether this server is a sample office: told by the server with the app's own files, so that it is known before sign-in and without a network.
let sample = false;

export const isSample = () => sample;

export async function readSample() {
  try {
    sample = (await (await fetch('office.json')).json()).sample === true;
  } catch {
    sample = false; // not known is not a sample: nothing is claimed
  }
}
