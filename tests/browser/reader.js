// What a reader of the page can do, for the scripts of the tests.
const root = document.documentElement;
const later = (ms) => new Promise((go) => setTimeout(go, ms));
const ready = async () => {
  while (root.dataset.ready !== "1") await later(20);
};
// The page is drawn again after a change.
const again = async () => {
  await later(60);
  await ready();
};
const find = (selector) => {
  const node = document.querySelector(selector);
  if (!node) throw new Error("nothing is " + selector);
  return node;
};
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const texts = (selector, within = document) => all(selector, within).map((node) => node.textContent);
const text = (selector) => find(selector).textContent;
const visit = async (fragment) => {
  location.hash = fragment;
  await again();
};
const press = async (node, key) => {
  node.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  await again();
};
const click = async (selector) => {
  find(selector).click();
  await again();
};
// Chooses in a box, by keyboard or mouse.
const set = async (id, value) => {
  const box = find("#" + id);
  if (box.tagName === "SELECT" && ![...box.options].some((option) => option.value === value)) throw new Error("#" + id + " has no " + value);
  box.focus();
  box.value = value;
  box.dispatchEvent(new Event(box.type === "search" ? "input" : "change"));
  await again();
};
const open = async (id) => {
  const box = find("details#" + id);
  box.open = true;
  await again();
  return box;
};
const options = (id) => [...find("#" + id).options].map((option) => option.value);
const rows = (selector) => all(selector + " tbody tr").map((tr) => [...tr.cells].map((td) => td.textContent));
const row = (selector, name) => rows(selector).find((row) => row[0].startsWith(name)) ?? null;
// The view that the navigation says is open.
const current = () => text("#views [aria-current=page]");
const fits = () => (root.scrollWidth > root.clientWidth ? `${location.hash} at ${innerWidth} px is ${root.scrollWidth} px wide` : null);
