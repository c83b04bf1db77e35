// What a machine can see of a page's looks: run in the page by tests/looks.py, answers lines "KIND what". A line is a hint to look, not a verdict.
() => {
  const found = new Set(), wide = innerWidth, path = location.pathname, chinese = document.documentElement.lang.startsWith('zh');
  const least = /^\/(welcome|drop-box|door)/.test(path) ? 56 : /^\/(m|my|s|d|r|p|v)(\/|$)/i.test(path) ? 44 : 24; // look.md §11
  const seen = (e) => { const box = e.getBoundingClientRect(); return box.width && box.height && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }); };
  const name = (e) => `${e.tagName.toLowerCase()}.${String(e.className.baseVal ?? e.className).split(' ').slice(0, 2).join('.')} "${(e.innerText || e.value || '').trim().slice(0, 40).replace(/\n/g, '|')}"`;
  const colour = (text) => { const parts = text.match(/[\d.]+/g)?.map(Number); if (!parts) return null; const scale = text.startsWith('color(') ? 255 : 1; return [parts[0] * scale, parts[1] * scale, parts[2] * scale, parts[3] ?? 1]; };
  const light = (rgb) => { const [r, g, b] = rgb.map((v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at), paint = colour(style.backgroundColor);
      if (style.backgroundImage !== 'none') return null; // a picture or stripes: a person looks
      if (paint?.[3] > 0) layers.push(paint);
      if (paint?.[3] >= 1) break;
    }
    return layers.reverse().reduce((base, [r, g, b, a]) => base.map((v, i) => v * (1 - a) + [r, g, b][i] * a), [255, 255, 255]);
  };
  const scrolls = (e) => { for (let at = e.parentElement; at && at !== document.body; at = at.parentElement) if (/auto|scroll|hidden/.test(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth + 1) return true; return false; };
  if (document.documentElement.scrollWidth > wide + 1) found.add(`WIDE the page is ${document.documentElement.scrollWidth} px in ${wide}`);
  for (const e of document.querySelectorAll('body *')) {
    if (!seen(e) || e.closest('[aria-hidden=true]') || (e.closest('svg') && e.tagName !== 'svg')) continue;
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    const words = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join(' ').trim();
    if ((words || e.matches('button, a, input')) && (box.right > wide + 1 || box.left < -1) && style.position !== 'fixed' && !scrolls(e)) found.add(`OUTSIDE ${name(e)}`);
    if (e.matches('button, a[href], input:not([type=hidden], [type=file]), select, textarea, [role=button], summary') && !e.closest('.q-field')) {
      const label = e.closest('label')?.getBoundingClientRect() ?? box, inText = least === 24 && style.display === 'inline';
      if (!inText && (Math.max(box.height, label.height) < least - 0.5 || Math.max(box.width, label.width) < least - 0.5)) found.add(`SMALL ${name(e)} ${Math.round(box.width)}×${Math.round(box.height)}`);
    }
    if (!words) continue;
    if (style.display !== 'inline' && /hidden|clip/.test(style.overflowX) && e.scrollWidth > e.clientWidth + 1 && style.textOverflow !== 'ellipsis') found.add(`CUT ${name(e)}`);
    if (/^[a-z_]+(\.[a-z_0-9]+)+$/.test(words) && !path.startsWith('/desk/audit')) found.add(`KEY ${words}`); // a catalogue key that has no sentence
    if (/\bNone\b|undefined|NaN|\[object|%\(/.test(words)) found.add(`RAW ${words.slice(0, 60)}`);
    if (/。。|，，|，。|。，/.test(words) || /·/.test(words)) found.add(`PUNCTUATION ${words.slice(0, 60)}`);
    if (chinese && /[\u4e00-\u9fff][,;!?]|[,;!?][\u4e00-\u9fff]/.test(words)) found.add(`HALF-WIDTH ${words.slice(0, 60)}`);
    const ink = colour(style.color), paper = ground(e);
    if (ink && paper && !e.closest('[disabled], [aria-disabled=true]')) {
      const [a, b] = [light(ink.slice(0, 3).map((v, i) => v * ink[3] + paper[i] * (1 - ink[3]))), light(paper)];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < 4.5) found.add(`CONTRAST ${contrast.toFixed(1)} ${name(e)}`);
    }
  }
  const dark = [...document.querySelectorAll('main .pagehead .button--main, main .sheet .button--main')].filter((e) => seen(e) && !e.closest('[disabled], [aria-disabled=true]'));
  if (dark.length > 1) found.add(`DARK ${dark.map((e) => e.innerText.trim()).join(' / ')}`);
  return [...found];
}
