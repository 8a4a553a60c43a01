// What the page can show. A new view or section is one more script, named in page.rs, that adds itself here.
"use strict";

const Views = (() => {
  const across = [], sections = [];
  return {
    // Views across machines, in the order of their links.
    across,
    // Parts of the page of one machine, below its matrix.
    sections,
    // A view: its id in the fragment, its title, and `prepare(state, machines, go)`, which resolves to what
    // draws it into the panel. `state` is what the fragment says, `machines` those picked, `go` changes
    // the fragment. A view that is `free` picks machines itself and is given none.
    add: (view) => across.push({ free: false, ...view }),
    // A section: elements for a view of a machine (its bench, level and placement); none where it has nothing to say.
    addSection: (make) => sections.push(make),
  };
})();
