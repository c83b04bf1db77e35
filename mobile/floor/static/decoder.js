// Worker: zxing on our own wasm. Runs apart from the page, so that a hard picture never delays a tap; frames are drawn here too where the browser can.
importScripts('./vendor/zxing-reader.js');

ZXingWASM.prepareZXingModule({ overrides: { locateFile: (name) => new URL(`./vendor/${name}`, self.location.href).href }, fireImmediately: true });

const options = { formats: ['QRCode', 'Code128'], tryHarder: true, tryInvert: false, maxNumberOfSymbols: 8 };
let canvas = null;

function pixelsOf(frame, width, height) {
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const brush = canvas.getContext('2d', { willReadFrequently: true });
  brush.drawImage(frame, 0, 0, width, height);
  frame.close();
  return brush.getImageData(0, 0, width, height);
}

self.onmessage = async ({ data: { id, width, height, pixels, frame } }) => {
  let texts = [];
  try {
    const image = frame ? pixelsOf(frame, width, height) : new ImageData(new Uint8ClampedArray(pixels), width, height);
    const found = await ZXingWASM.readBarcodes(image, options);
    texts = found.filter((one) => one.isValid).map((one) => one.text);
  } catch (error) {
    console.warn('decoder', error?.message); // a broken frame is only a frame without a code
  }
  self.postMessage({ id, texts });
};
