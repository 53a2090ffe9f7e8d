// Encrypts a chosen or dropped file to the vault's public key, as leaderboard.judge.corrections opens it: ECDH on P-256
// with a key drawn for this file, HKDF-SHA-256, AES-256-GCM. What the page is told is the file's name and the ciphertext.
const INFO = new TextEncoder().encode("physathon corrections 1");
const P256 = { name: "ECDH", namedCurve: "P-256" };

function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

async function seal(publicKey, file) {
  const subtle = crypto.subtle;
  const vault = await subtle.importKey("raw", Uint8Array.from(publicKey.match(/../g), (pair) => parseInt(pair, 16)), P256, false, []);
  const mine = await subtle.generateKey(P256, false, ["deriveBits"]);
  const point = new Uint8Array(await subtle.exportKey("raw", mine.publicKey));
  const shared = await subtle.deriveBits({ name: "ECDH", public: vault }, mine.privateKey, 256);
  const secret = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const derivation = { name: "HKDF", hash: "SHA-256", salt: point, info: INFO };
  const key = await subtle.deriveKey(derivation, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const document = JSON.stringify({ name: file.name, content: base64(new Uint8Array(await file.arrayBuffer())) });
  const plain = new TextEncoder().encode(document);
  const cipher = await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: INFO }, key, plain);
  return base64(new Uint8Array(await new Blob([point, nonce, cipher]).arrayBuffer()));
}

export default function ({ parentElement, data, setStateValue }) {
  const find = (what) => parentElement.querySelector(what);
  const [box, input, says] = [".physathon-upload", "input", "p"].map(find);
  const tell = (text, wrong = false) => {
    says.textContent = text;
    says.className = wrong ? "wrong" : "";
  };
  find("strong").textContent = data.label;
  input.setAttribute("aria-label", data.label);
  input.disabled = !crypto.subtle;
  if (input.disabled) {
    tell(`This page came without https, so the browser can encrypt nothing here. Come by https, or where the vault is: ${data.instead}`, true);
    return;
  }
  const take = async (file) => {
    if (!file) return;
    input.value = ""; // so that the same name can be chosen again
    setStateValue("sealed", null);
    if (file.size > data.limit) return tell(`${file.name} is too large: ${data.rule}`, true);
    try {
      const text = await seal(data.key, file);
      tell(`${file.name} is encrypted`);
      setStateValue("sealed", { name: file.name, text });
    } catch (error) {
      tell(`${file.name} could not be encrypted: ${error.message}`, true);
    }
  };
  input.onchange = () => take(input.files[0]);
  box.ondragover = (event) => event.preventDefault();
  box.ondrop = (event) => {
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  };
}
