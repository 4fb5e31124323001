// What keeps people from reading or using the page, a line each; "" where there is nothing.
(() => {
  const complaints = [];
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + " “" + e.textContent.trim().slice(0, 30) + "”";
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());

  // every input has a label, everything to press a name
  for (const e of shown("input, textarea, select"))
    if (!e.labels.length) complaints.push(name(e) + " has no label");
  for (const e of shown("button, a, summary"))
    if (!(e.getAttribute("aria-label") || e.textContent).trim()) complaints.push(name(e) + " has no name");

  // headings in order
  const levels = shown("h1, h2, h3, h4, h5, h6").map((e) => Number(e.tagName[1]));
  if (levels[0] !== 1) complaints.push("the first heading is no h1");
  levels.forEach((level, i) => level > (levels[i - 1] || 0) + 1 && complaints.push(`h${levels[i - 1]} is followed by h${level}`));

  // contrast of text (WCAG 2, AA)
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => a * c + (1 - a) * under[i]);
  const ground = (e) => over(channels(getComputedStyle(e).backgroundColor), e.parentElement ? ground(e.parentElement) : [255, 255, 255]);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const holds = (e, style) => {
    const under = ground(e), [x, y] = [light(over(channels(style.color), under)), light(under)];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < least) complaints.push(`${name(e)}: contrast ${ratio.toFixed(2)}`);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() && e.checkVisibility()) holds(e, getComputedStyle(e));
  }
  for (const e of shown("input[placeholder]")) holds(e, getComputedStyle(e, "::placeholder"));

  // what fingers and keys need
  for (const e of shown("button, input, textarea, select")) {
    const {width, height} = e.getBoundingClientRect();
    if (width < 24 || height < 24) complaints.push(`${name(e)} is ${width} by ${height}`);
  }
  if (document.querySelector("[tabindex]:not([tabindex='-1'])")) complaints.push("a tabindex puts the focus out of order");
  if (document.documentElement.scrollWidth > innerWidth) complaints.push("the page is wider than the window");
  return complaints.join("\n");
})()
