// Reads codes off pictures: our own copy of zxing-wasm, loaded when the first picture comes.

const FORMATS = ["QRCode", "Code128"];
let prepared = false;

function reader() {
  const zxing = globalThis.ZXingWASM;
  if (!prepared) {
    const wasm = document.querySelector("[data-wasm]").dataset.wasm;
    zxing.prepareZXingModule({ overrides: { locateFile: () => wasm } });
    prepared = true;
  }
  return zxing;
}

// The texts of all codes in an ImageData, a photo's file or another blob.
export async function textsIn(picture) {
  const found = await reader().readBarcodes(picture, { formats: FORMATS, tryHarder: true, maxNumberOfSymbols: 4 });
  return found.map((one) => one.text);
}
