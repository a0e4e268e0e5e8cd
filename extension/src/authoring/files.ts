/** Rule files: a new topic, another name, gone. All of it is draft until the next save. */

import { el } from "../dom";
import { button, notify, openDialog } from "./dialog";
import { scalar } from "./edits";
import { T } from "./texts";
import type { Workspace } from "./workspace";

/** As the server has it: no hidden files, no way out of the folder. */
const NAME = /^(?:[\w-][\w.-]{0,80}\/){0,3}[\w-][\w.-]{0,80}\.ya?ml$/;
/** Without these a rulebook is another one. */
const FIXED = new Set(["rulebook.yaml", "words.yaml"]);

/** @param open shows a file; called with a new or renamed one, and with any when the shown one was removed */
export function openFiles(workspace: Workspace, open: (file: string) => void): void {
  const dialog = openDialog(T.files.title);
  dialog.element.classList.add("files");
  const list = el("ul", { class: "file-list" });
  const problem = el("p", { class: "error", role: "alert" });
  const render = () => {
    list.replaceChildren(
      ...workspace.names().map((name) => fileRow(name)),
      ...workspace.removed().map(({ name }) =>
        el(
          "li",
          { class: "gone" },
          el("span", {}, el("del", {}, name), " ", el("small", {}, T.files.removed)),
          button(T.files.restore, () => restore(name), "small"),
        ),
      ),
    );
  };
  const fileRow = (name: string) => {
    const { title, rules } = workspace.model(name);
    const fixed = FIXED.has(name);
    const actions = fixed
      ? [el("small", { class: "soft", title: T.files.fixed }, "—")]
      : [
          button(`${T.files.rename} ${name}`, () => rename(name), "small", T.files.rename),
          button(`${T.files.remove} ${name}`, () => remove(name), "small", T.files.remove),
        ];
    return el(
      "li",
      {},
      el(
        "span",
        {},
        el("b", {}, name),
        " ",
        el("small", { class: "soft" }, `${title} · ${T.files.rules(rules.length)}`),
      ),
      ...actions,
    );
  };
  const fits = (name: string): boolean => {
    const wrong = !NAME.test(name) ? T.files.bad : workspace.names().includes(name) ? T.files.taken : "";
    problem.textContent = wrong;
    return wrong === "";
  };
  const restore = (name: string) => {
    workspace.restoreFile(name);
    render();
  };
  const remove = (name: string) => {
    workspace.remove(name);
    notify(T.files.gone(name));
    const other = workspace.names()[0];
    if (other) open(other);
    render();
  };
  const rename = (name: string) => {
    const asking = openDialog(T.files.renameTitle(name));
    const input = el("input", { type: "text", value: name, "aria-label": T.files.renameTo(name) });
    const wrong = el("p", { class: "error", role: "alert" });
    const act = () => {
      const to = input.value.trim();
      if (!fits(to)) {
        wrong.textContent = problem.textContent;
        return;
      }
      workspace.rename(name, to);
      asking.close();
      notify(T.files.renamed(name, to), "good");
      open(to);
      render();
    };
    input.addEventListener("keydown", (event) => event.key === "Enter" && act());
    asking.body.append(input, wrong);
    asking.actions.append(button(T.files.rename, act, "main"));
    input.select();
  };
  const name = el("input", { type: "text", placeholder: "coupon.yaml", "aria-label": T.files.name });
  const title = el("input", { type: "text", "aria-label": T.files.topicTitle });
  const add = () => {
    const wanted = name.value.trim();
    if (!fits(wanted)) return;
    const topic = wanted.replace(/^.*\//, "").replace(/\.ya?ml$/, "");
    workspace.add(wanted, `topic: ${topic}\ntitle: ${scalar(title.value.trim() || topic, false)}\n`);
    dialog.close();
    notify(T.files.added(wanted), "good");
    open(wanted);
  };
  dialog.body.append(
    el("p", { class: "soft" }, T.files.about),
    list,
    el("h3", {}, T.files.add),
    el("label", { class: "field" }, el("span", {}, T.files.name), name),
    el("label", { class: "field" }, el("span", {}, T.files.topicTitle), title),
    problem,
  );
  dialog.actions.append(button(T.files.create, add, "main"));
  for (const field of [name, title]) field.addEventListener("keydown", (event) => event.key === "Enter" && add());
  render();
}
