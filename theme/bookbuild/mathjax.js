// Runs in the embedded engine (engine.py) after MathJax's parts. `setFormula` sets a formula; `sheet` is the style sheet.
(() => {
  "use strict";
  const {
    adaptors: { liteAdaptor: { liteAdaptor } }, core: { MmlTree: { SerializedMmlVisitor: { SerializedMmlVisitor } } },
    handlers: { html_ts: { RegisterHTMLHandler } }, input: { tex_ts: { TeX } }, mathjax: { mathjax },
    output: { chtml: { fonts: { tex_ts: { TeXFont } } }, chtml_ts: { CHTML } },
  } = MathJax._;
  const adaptor = liteAdaptor();
  RegisterHTMLHandler(adaptor);
  const output = new CHTML({ font: new TeXFont({ fontURL: "fonts" }), adaptiveCSS: false });
  const input = new TeX({ packages: ["base", "ams"], formatError(_, error) { throw error; } });
  const page = mathjax.document("", { InputJax: input, OutputJax: output });
  const visitor = new SerializedMmlVisitor();
  const EM = 16, EX = 8, WIDTH = 1e6;
  // a character that the fonts lack would be measured in a window, which is not here
  output.measureText = output.unknownText = (text) => { throw new Error(`no glyph for ${text}`); };

  globalThis.sheet = () => JSON.stringify({ sheet: adaptor.textContent(output.styleSheet(page)) });
  globalThis.setFormula = (tex, display) => {
    try {
      const item = new page.options.MathItem(tex, input, display);
      item.setMetrics(EM, EX, WIDTH, WIDTH, 1);
      item.compile(page);
      item.root.walkTree(spread);
      item.typeset(page);
      const formula = adaptor.firstChild(item.typesetRoot);
      lighten(formula);
      adaptor.setAttribute(formula, "class", "MJX-TEX");
      adaptor.setAttribute(formula, "aria-hidden", "true");
      return JSON.stringify({ shown: adaptor.outerHTML(formula), read: spoken(item.root), width: width(item) });
    } catch (error) {
      return JSON.stringify({ error: error.message });
    }
  };

  /** Width in em of the formula's own font. */
  function width(item) {
    item.root.setTeXclass(null);
    return output.getBBox(item, page).w;
  }

  // ---------------------------------------------------------------- rows of tall formulas stand apart

  const TALL = new Set(["mfrac", "munder", "mover", "munderover"]);
  const tall = (node) => node.childNodes?.some((child) =>
    (TALL.has(child.kind) && child.attributes.get("displaystyle")) || tall(child));

  function spread(node) {
    if (node.kind !== "mtable" || !node.attributes.get("displaystyle")) return;
    const rows = node.childNodes.map(tall);
    const gaps = rows.slice(1).map((is, i) => (is && rows[i] ? ".6em" : is || rows[i] ? ".4em" : ".3em"));
    // an explicit `\\[...]` of the source stays
    if (gaps.length && node.attributes.getExplicit("rowspacing") === "3pt") node.attributes.set("rowspacing", gaps.join(" "));
  }

  // ---------------------------------------------------------------- fewer elements, the same look

  const LEAVES = new Set(["mjx-mi", "mjx-mo", "mjx-mn"]), GROUPS = new Set(["mjx-TeXAtom", "mjx-mstyle", "mjx-mrow"]);
  const SAID = ["size", "space", "rspace", "style"];

  function lighten(node) {
    for (const child of [...adaptor.childNodes(node)]) if (adaptor.kind(child) !== "#text") lighten(child);
    const kind = adaptor.kind(node);
    adaptor.removeAttribute(node, "texclass");
    const children = adaptor.childNodes(node), [only] = children;
    if (LEAVES.has(kind) && !children.length || kind === "mjx-c" && adaptor.hasClass(node, "mjx-c2061")) {
      adaptor.remove(node);
    } else if (children.length === 1 && LEAVES.has(kind) && adaptor.kind(only) === "mjx-c" && !adaptor.getAttribute(only, "style")) {
      merge(node, only);
    } else if (children.length === 1 && GROUPS.has(kind) && !clash(node, only)) {
      merge(node, only);
    }
  }

  /** Whether parent and child both say something, or the parent measures in an em that the child changes. */
  function clash(node, child) {
    const [said, says] = [node, child].map((element) => SAID.filter((name) => adaptor.getAttribute(element, name)));
    return said.some((name) => says.includes(name)) || (said.some((name) => name !== "size") && says.includes("size"));
  }

  /** The child takes the place of its parent, with what the parent says of size and space. */
  function merge(node, child) {
    for (const name of SAID) {
      const value = adaptor.getAttribute(node, name);
      if (value) adaptor.setAttribute(child, name, value);
    }
    adaptor.replace(child, node);
  }

  // ---------------------------------------------------------------- MathML for who hears the page

  const KEPT = /^(?:mathvariant|display|open|close|linethickness)$/;

  function spoken(root) {
    return visitor.visitTree(root)
      .replace(/ xmlns="[^"]*"/, "")
      .replace(/>\s+</g, "><")
      .replace(/ ([\w-]+)="[^"]*"/g, (text, name) => (KEPT.test(name) ? text : ""))
      .replace(/<mspace><\/mspace>|<mi><\/mi>/g, "")
      .replace(/<(mstyle|mrow)><\/\1>/g, "")
      .replace(/<mrow>(<(m[ino])(?: [^>]*)?>[^<]*<\/\2>)<\/mrow>/g, "$1");
  }
})();
