// Sends a chosen or dropped file as a raw body, tells how far it is, and tells the page by which name it lies there.
export default function ({ parentElement, data, setStateValue }) {
  const find = (what) => parentElement.querySelector(what);
  const [box, input, bar, says] = [".physathon-upload", "input", "progress", "p"].map(find);
  const tell = (text, wrong = false) => {
    says.textContent = text;
    says.className = wrong ? "wrong" : "";
  };
  find("strong").textContent = data.label;
  input.setAttribute("aria-label", data.label);

  const send = (file) => {
    if (!file || box.request) return;
    const end = (id, text) => {
      box.request = null;
      bar.hidden = true;
      input.value = ""; // so that the same name can be chosen again
      tell(text, !id);
      if (id) setStateValue("file", id);
    };
    // From here on the page has no file: what it had must not be sent in place of what is chosen now.
    setStateValue("file", null);
    if (file.size > data.limit) return end(null, `${file.name} is too large: ${data.rule}`);
    const request = (box.request = new XMLHttpRequest());
    request.upload.onprogress = (event) => (bar.value = event.loaded / event.total);
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {}
      if (request.status === 201) return end(answer.file, file.name);
      end(null, `${file.name} was not taken: ${answer.detail || `the server answered ${request.status}`}`);
    };
    request.onerror = () => end(null, `${file.name} was not taken: the connection broke. Try it again.`);
    request.open("POST", `${data.url}&${new URLSearchParams({ filename: file.name })}`);
    bar.hidden = false;
    bar.value = 0;
    tell(`${file.name} is being sent`);
    request.send(file);
  };

  input.onchange = () => send(input.files[0]);
  box.ondragover = (event) => event.preventDefault();
  box.ondrop = (event) => {
    event.preventDefault();
    send(event.dataTransfer.files[0]);
  };
  return () => box.request?.abort();
}
