/** Local date, YYYY-MM-DD; worked out once a minute, not at every key. */
export function calendar(): () => string {
  let date = "";
  let dated = 0;
  return () => {
    const at = Date.now();
    if (at - dated > 60_000 || at < dated) {
      const now = new Date(at);
      const two = (n: number) => String(n).padStart(2, "0");
      date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
      dated = at;
    }
    return date;
  };
}
