/** What only the page teacher's window needs beside `STYLE`: it comes with picker.js, so that no page reads it otherwise. */
export const PICKER_STYLE = `
.pick { width: 400px; }
.preview { height: 44px; }
.pick dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 10px; padding: 8px 14px; font-size: 12px; }
.pick dt { color: var(--soft); }
.pick dd { overflow-wrap: anywhere; }
.pick textarea { width: calc(100% - 28px); margin: 6px 14px 0; height: 120px; font: 11px/1.5 ui-monospace, Menlo, Consolas, monospace; border: 1px solid var(--line); border-radius: 7px; background: var(--quiet); padding: 6px; }
.primary { background: var(--focus); color: #fff !important; font-weight: 600; padding: 4px 12px !important; }
`;
