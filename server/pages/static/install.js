// @ts-check
/** The install page's live part: channels, enrolment code, fingerprints. */

/** @template {HTMLElement} T @param {string} id @returns {T} */
const element = (id) => /** @type {T} */ (document.getElementById(id));

const select = /** @type {HTMLSelectElement} */ (element("channel"));
const code = /** @type {HTMLTextAreaElement} */ (element("code"));

/** @param {any} enrolment */
function render(enrolment) {
  for (const channel of enrolment.channels) {
    select.append(new Option(channel.title ? `${channel.title}(${channel.id})` : channel.id, channel.code));
  }
  const index = enrolment.channels.findIndex((/** @type {any} */ channel) => channel.id === enrolment.default_channel);
  select.selectedIndex = Math.max(index, 0);
  const update = () => {
    code.value = select.value;
  };
  select.addEventListener("change", update);
  update();
  element("token").hidden = !enrolment.token_required;
  for (const key of enrolment.trust.keys) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("code"), { textContent: key.fingerprint.match(/.{4}/g).join(" ") }));
    element("keys").append(item);
  }
}

element("copy").addEventListener("click", async () => {
  code.select();
  try {
    await navigator.clipboard.writeText(code.value);
    element("copied").textContent = "已复制";
  } catch {
    element("copied").textContent = "已选中，请按 Ctrl+C 复制";
  }
});

fetch("/v1/enrol").then((answer) => answer.json()).then(render, () => {
  code.value = "读取失败，请刷新重试";
});
