// The views of the page. A new view or section is one more script, named in page.rs, that adds itself here.
"use strict";

const Views = (() => {
  const across = [], sections = [];
  return {
    // Views across machines, in the order of their links.
    across,
    // Parts of the page of one machine, below its matrix.
    sections,
    // A view: its id in the fragment, its title, and `prepare(state, machines, go)`, which resolves to a function
    // that draws it into the panel. `state` comes from the fragment, `machines` are those picked, `go` changes
    // the fragment. A `free` view picks machines itself and gets none.
    add: (view) => across.push({ free: false, ...view }),
    // A section: elements for a view of a machine (its bench, level and placement), or none.
    addSection: (make) => sections.push(make),
  };
})();
