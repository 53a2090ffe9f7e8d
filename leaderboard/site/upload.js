// Sends a chosen or dropped file as a raw body, tells how far it is, and tells the page by which name it lies there.
const TRIES = 30; // while another upload of the team is under way, each after as long as the server says

export default function ({ parentElement, data, setStateValue }) {
  const find = (what) => parentElement.querySelector(what);
  const [box, input, bar, says] = [".physathon-upload", "input", "progress", "p"].map(find);
  const tell = (text, wrong = false) => {
    says.textContent = text;
    says.className = wrong ? "wrong" : "";
  };
  find("strong").textContent = data.label;
  input.setAttribute("aria-label", data.label);

  const end = (id, text) => {
    input.disabled = false;
    bar.hidden = true;
    input.value = ""; // so that the same name can be chosen again
    tell(text, !id);
    if (id) setStateValue("file", id);
  };

  const post = (file, tries) => {
    const request = (box.request = new XMLHttpRequest());
    request.upload.onprogress = (event) => (bar.value = event.loaded / event.total);
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {}
      if (request.status === 201) return end(answer.file, file.name);
      const why = answer.detail || `the server answered ${request.status}`;
      if (request.status !== 429 || tries === 1) return end(null, `${file.name} was not taken: ${why}`);
      tell(`${file.name} waits: ${why}`);
      const seconds = Number(request.getResponseHeader("Retry-After")) || 1;
      box.timer = setTimeout(post, 1000 * seconds, file, tries - 1);
    };
    request.onerror = () => end(null, `${file.name} was not taken: the connection broke. Try it again.`);
    request.open("POST", `${data.url}&${new URLSearchParams({ filename: file.name })}`);
    bar.value = 0;
    tell(`${file.name} is being sent`);
    request.send(file);
  };

  const send = (file) => {
    if (!file || input.disabled) return;
    // From here on the page has no file: what it had must not be sent in place of what is chosen now.
    setStateValue("file", null);
    if (file.size > data.limit) return end(null, `${file.name} is too large: ${data.rule}`);
    input.disabled = true;
    bar.hidden = false;
    post(file, TRIES);
  };

  input.onchange = () => send(input.files[0]);
  box.ondragover = (event) => event.preventDefault();
  box.ondrop = (event) => {
    event.preventDefault();
    send(event.dataTransfer.files[0]);
  };
  return () => {
    clearTimeout(box.timer);
    box.request?.abort();
  };
}
