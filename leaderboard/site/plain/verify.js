const known = JSON.parse(document.getElementById("known").value);
const [says, how, second] = ["says", "how", "second"].map((id) => document.getElementById(id));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const fail = (why) => { throw new Error(why); };

// JSON with each number as it is written: 1 and 1.0 are not signed alike.
class Written { constructor(text) { this.text = text; } }
function read(text) {
  try {
    JSON.parse(text);
  } catch {
    fail("this is no receipt: it is no JSON");
  }
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => token[0] === '"' ? token : `["${token}"]`);
  const found = JSON.parse(text);
  if (found === null || typeof found !== "object" || Array.isArray(found)) fail("this is no receipt: expected a JSON object");
  const written = JSON.parse(marked);
  for (const [name, value] of Object.entries(found)) {
    if (typeof value === "number") found[name] = new Written(written[name][0]);
  }
  return found;
}

// As Python's json.dumps writes values, keys sorted, no spaces, all beyond ASCII escaped.
const escaped = (value) => JSON.stringify(value).replace(/[\u007f-\uffff]/g,
  (letter) => "\\u" + letter.charCodeAt(0).toString(16).padStart(4, "0"));
const dumps = (value) => value instanceof Written ? value.text : escaped(value);
const signedBytes = (receipt) => new TextEncoder().encode("{" + Object.keys(receipt).filter((name) => receipt[name] !== null)
  .sort().map((name) => `${escaped(name)}:${dumps(receipt[name])}`).join(",") + "}");
const shown = (value) => value === null || value === undefined ? "None" : typeof value === "string" ? `'${value}'` : dumps(value);
const plain = (value) => typeof value === "string" ? value : dumps(value);

async function fits(name, signature, signed) {
  const key = await crypto.subtle.importKey("raw", bytesOf(known.keys[name]), "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, signed);
}

async function verify(text) {
  const document = read(text), has = Object.keys(document);
  const lacks = [...Object.keys(known.needed).filter((name) => known.needed[name]), "signature"].filter((name) => !has.includes(name));
  if (lacks.length) fail(`this is no receipt: it lacks ${lacks.join(", ")}`);
  const unknown = has.filter((name) => name !== "signature" && !Object.hasOwn(known.needed, name)).sort();
  if (unknown.length) fail(`this is no receipt: no receipt has ${unknown.join(", ")}`);
  const nested = has.filter((name) => document[name] !== null && typeof document[name] === "object" && !(document[name] instanceof Written));
  if (nested.length) fail(`this is no receipt: ${nested.join(", ")} should be one value`);
  const { signature, ...receipt } = document;
  if (typeof signature !== "string" || !/^[A-Za-z0-9+\/]{86}==$/.test(signature)) fail("this is no receipt: its signature is none");
  const version = receipt.version ?? null, current = version !== null && dumps(version) === String(known.version);
  if (!current && version !== null && !known.earlier.map(String).includes(dumps(version)))
    fail(`this is no receipt: expected version ${known.version} or an earlier one, got ${dumps(version)}`);
  let keys = Object.keys(known.keys);
  if (current) {
    if (receipt.event_id !== known.event)
      fail(`this receipt is of the event ${shown(receipt.event_id)}, called ${shown(receipt.event)} then; this event is ${shown(known.event)}`);
    if (!keys.includes(receipt.key))
      fail(`this receipt names the key ${shown(receipt.key)}, by which this event signs none: ${keys.join(", ")} does`);
    keys = [receipt.key];
  }
  const fitting = [];
  for (const key of keys) fitting.push(await fits(key, bytesOf(signature), signedBytes(receipt)));
  if (!fitting.includes(true)) fail("the signature does not fit: the receipt was changed" + (current ? "" : ", or comes from another event"));
  const began = receipt.began_at ? `, in a request that began at ${receipt.began_at}` : "";
  const [team, file, track, number, received] = ["team", "filename", "track", "submission", "received_at"].map((name) => plain(receipt[name]));
  return `${team} sent ${file} to ${track}; it is no. ${number}, taken in at ${received}${began}`;
}

// SHA-256 (FIPS 180-4), for pages that came by plain http, where browsers keep their own from scripts.
function sha256(message) {
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  const K = primes.map((p) => fraction(Math.cbrt(p))), H = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
  const bits = message.length * 8, whole = message.length & ~63;
  const rest = new Uint8Array(message.length - whole < 56 ? 64 : 128);
  rest.set(message.subarray(whole));
  rest[message.length - whole] = 128;
  const ending = new DataView(rest.buffer);
  ending.setUint32(rest.length - 8, Math.floor(bits / 2 ** 32));
  ending.setUint32(rest.length - 4, bits >>> 0);
  const W = new Int32Array(64), turn = (x, n) => (x >>> n) | (x << (32 - n));
  const block = (view, at) => {
    for (let i = 0; i < 64; i++) {
      if (i < 16) { W[i] = view.getInt32(at + 4 * i); continue; }
      const a = W[i - 15], b = W[i - 2];
      W[i] = W[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + W[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = H;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (H[i] = (H[i] + value) | 0));
  };
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  for (let at = 0; at < whole; at += 64) block(view, at);
  for (let at = 0; at < rest.length; at += 64) block(ending, at);
  const digest = new DataView(new ArrayBuffer(32));
  H.forEach((value, i) => digest.setInt32(4 * i, value));
  return new Uint8Array(digest.buffer);
}

async function verifyRevealed(bytes) {
  const digest = hex(crypto.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)) : sha256(bytes));
  const kept = known.commitments.find(([committed]) => committed === digest);
  return kept ? kept[1] : fail(`no holdout of this event was committed to with SHA-256 ${digest}`);
}

let latest = 0;
async function tell(name, checking, by) {
  const mine = ++latest;
  let verdict;
  try {
    verdict = [`OK: ${await checking}`, "good"];
  } catch (error) {
    verdict = [`Not verified: ${error.message}`, "bad"];
  }
  if (mine !== latest) return;
  [says.textContent, says.className] = verdict;
  how.textContent = `${name}, checked by ${by}.`;
}

const BROWSER = "your browser";
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
async function canVerify() {
  try {
    await Promise.all(Object.values(known.keys).map((key) => crypto.subtle.importKey("raw", bytesOf(key), "Ed25519", false, ["verify"])));
    return true;
  } catch {
    return false;
  }
}

async function receipt(name, text) {
  second.hidden = true;
  if (await canVerify()) return tell(name, verify(text), BROWSER);
  latest++;
  says.textContent = (crypto.subtle ? "This browser knows no Ed25519" : "This page came without https, so the browser lends its cryptography to no script") + ": it cannot check a signature here. physathon verify can, and, as a second best, the event's own server.";
  says.className = "bad";
  how.textContent = "";
  second.hidden = false;
  second.onsubmit = (event) => {
    event.preventDefault();
    second.hidden = true;
    tell(name, askServer(text), "the event's own server, which vouches for itself here");
  };
}

async function askServer(text) {
  const answer = await fetch("/api/v1/verify", { method: "POST", body: text, headers: { "Content-Type": "application/json" } });
  const found = await answer.json();
  return answer.ok ? found.verified : fail(found.detail);
}

async function take(file) {
  if (!file) return;
  const bytes = new Uint8Array(await file.arrayBuffer());
  second.hidden = true;
  if (/\.csv$/i.test(file.name)) return tell(file.name, verifyRevealed(bytes), BROWSER);
  let text;
  try {
    text = utf8.decode(bytes);
  } catch {
    return tell(file.name, Promise.reject(new Error("this is no receipt: it is no UTF-8 text")), BROWSER);
  }
  return receipt(file.name, text);
}

const form = document.getElementById("files");
form.elements.file.onchange = () => {
  take(form.elements.file.files[0]);
  form.elements.file.value = "";
};
form.onsubmit = (event) => {
  event.preventDefault();
  if (form.elements.text.value.trim()) receipt("What was pasted", form.elements.text.value);
};
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => {
  event.preventDefault();
  take(event.dataTransfer.files[0]);
};
