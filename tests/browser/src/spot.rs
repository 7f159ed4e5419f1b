//! Where on the page? Things are named as a person names them, by the words on them, so that a
//! test which finds a field has also shown that the field has a label.

use serde_json::json;

/// A place on a page, found in JavaScript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot<'a> {
    /// The first visible element that a CSS selector names.
    Css(&'a str),
    /// The one visible link or button with these words.
    Words(&'a str),
    /// The one visible field whose label has these words.
    Label(&'a str),
}

/// The program that finds a spot: gives the element, or in `why` what is in the way.
const FIND: &str = r"
const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
const plain = text => (text || '').replace(/\s+/g, ' ').trim();
const all = query => [...document.querySelectorAll(query)];
const named = e => {
    const by = (e.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean);
    const said = by.map(id => document.getElementById(id)?.innerText).join(' ');
    return plain(said || e.getAttribute('aria-label') || '');
};
const wordsOf = e => named(e) || plain(e.innerText) || plain(e.value);
const labelOf = e => named(e) || plain([...(e.labels || [])].map(l => l.innerText).join(' '));
const only = (candidates, nameOf, words) => {
    const called = candidates.map(e => [e, nameOf(e)]);
    let fits = called.filter(([, name]) => name === words);
    if (fits.length === 0) { fits = called.filter(([, name]) => name.includes(words)); }
    if (fits.length === 1) { return { e: fits[0][0] }; }
    const names = called.map(([, name]) => name).filter(Boolean).join(' | ');
    return { why: `${fits.length} things are called that; there are: ${names}` };
};
const find = (kind, words) => {
    if (kind === 'css') {
        const e = all(words).find(shown);
        return e ? { e } : { why: `${all(words).length} such elements, none of them visible` };
    }
    if (kind === 'words') {
        const pressable = 'a[href], button, summary, input[type=submit], input[type=button], ' +
            '[role=button], [role=tab], [role=menuitem], [role=link]';
        return only(all(pressable).filter(shown), wordsOf, plain(words));
    }
    const fields = all('input:not([type=hidden]), select, textarea').filter(
        e => shown(e) || [...(e.labels || [])].some(shown));
    return only(fields, labelOf, plain(words));
};
";

/// Where to press, once it can be pressed: the middle of its first line.
const PRESS: &str = r"
if (e.matches(':disabled') || e.getAttribute('aria-disabled') === 'true') {
    return { why: 'it is disabled' };
}
const target = shown(e) ? e : [...e.labels].find(shown);
target.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
const box = target.getClientRects()[0];
const x = box.x + box.width / 2, y = box.y + box.height / 2;
const top = document.elementFromPoint(x, y);
const reached = top && (target.contains(top) || top.contains(target) ||
    top.closest('label')?.control === e);
if (!reached) { return { why: `something lies over it: ${top?.outerHTML.slice(0, 200)}` }; }
return { x, y };
";

/// Makes a field ready for typing, or sets what is chosen rather than typed.
const FILL: &str = r"
if (e.matches(':disabled') || e.readOnly) { return { why: 'it cannot be changed' }; }
e.scrollIntoView({ block: 'center', behavior: 'instant' });
const told = () => {
    e.dispatchEvent(new Event('input', { bubbles: true }));
    e.dispatchEvent(new Event('change', { bubbles: true }));
};
if (e.tagName === 'SELECT') {
    const option = [...e.options].find(o => o.value === value) ||
        [...e.options].find(o => plain(o.label) === plain(value));
    const labels = [...e.options].map(o => o.label).join(' | ');
    if (!option) { return { why: `no such choice; there are: ${labels}` }; }
    option.selected = true; told(); return { set: true };
}
if (['date', 'time', 'datetime-local', 'month', 'week', 'color', 'range'].includes(e.type)) {
    e.value = value; told();
    return e.value === value ? { set: true } : { why: `the field made of it: ${e.value}` };
}
e.focus();
e.select();
return { type: true };
";

/// Whether the field now holds it.
const HOLDS: &str = "
return e.value === value ? { held: true } : { why: `the field holds: ${e.value}` };
";

/// Its words, or what a field holds.
const READ: &str = "return { text: plain(e.innerText) || plain(e.value) };";

impl Spot<'_> {
    /// An expression that is `{}` once it is there.
    pub(crate) fn is_there(self) -> String {
        self.program("return {};", "")
    }

    /// An expression for the point to press: `{x, y}`.
    pub(crate) fn press(self) -> String {
        self.program(PRESS, "")
    }

    /// An expression that sets a field (`set`) or makes it ready for typing (`type`).
    pub(crate) fn fill(self, value: &str) -> String {
        self.program(FILL, value)
    }

    /// An expression that is fulfilled once a field holds `value`.
    pub(crate) fn holds(self, value: &str) -> String {
        self.program(HOLDS, value)
    }

    /// An expression for what can be read there: `{text}`.
    pub(crate) fn read(self) -> String {
        self.program(READ, "")
    }

    fn program(self, act: &str, value: &str) -> String {
        let (kind, words) = match self {
            Self::Css(selector) => ("css", selector),
            Self::Words(words) => ("words", words),
            Self::Label(words) => ("label", words),
        };
        let (kind, words, value) = (json!(kind), json!(words), json!(value));
        format!(
            "(() => {{{FIND} const value = {value}; const {{ e, why }} = find({kind}, {words}); \
             if (!e) {{ return {{ why }}; }} {act} }})()"
        )
    }
}
