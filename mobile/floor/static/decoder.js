// Worker: zxing on our own wasm. Runs apart from the page, so that a hard picture never delays a tap.
importScripts('./vendor/zxing-reader.js');

ZXingWASM.prepareZXingModule({ overrides: { locateFile: (name) => new URL(`./vendor/${name}`, self.location.href).href } });

self.onmessage = async ({ data: { id, width, height, pixels } }) => {
  let texts = [];
  try {
    const found = await ZXingWASM.readBarcodes(new ImageData(new Uint8ClampedArray(pixels), width, height), {
      formats: ['QRCode', 'Code128'],
      tryHarder: true,
      tryInvert: false,
      maxNumberOfSymbols: 8,
    });
    texts = found.filter((one) => one.isValid).map((one) => one.text);
  } catch (error) {
    console.warn('decoder', error?.message); // a broken frame is only a frame without a code
  }
  self.postMessage({ id, texts });
};
