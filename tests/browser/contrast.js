// Text whose contrast with its ground is below 4.5, as {where: ratio}.
() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const keep = (make, known = new Map()) => key => known.has(key) ? known.get(key) : known.set(key, make(key)).get(key);
  const rgba = keep(colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  });
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] / 255 + under[i] * (1 - top[3] / 255));
  const ground = keep(node => node ? over(rgba(getComputedStyle(node).backgroundColor), ground(node.parentElement))
                                   : [255, 255, 255]);
  const linear = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = colour => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => sum + weight * linear(colour[i] / 255), 0);
  const poor = {};
  const walker = document.createTreeWalker(document.querySelector(".bd-content"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    if (!text || node.closest("mjx-container, .headerlink, script, style, svg, .copybtn")) continue;
    const back = ground(node), [a, b] = [light(over(rgba(getComputedStyle(node).color), back)), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5 && node.checkVisibility({opacityProperty: true, visibilityProperty: true}))
      poor[`${node.tagName}.${node.className}: ${text.slice(0, 30)}`] = ratio.toFixed(2);
  }
  return poor;
}
