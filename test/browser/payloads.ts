/* Texts that would run as scripts where a page took them for anything but text. Each calls `taken()` of the page it is on, or asks a trap for something. */
import { Buffer } from "node:buffer";
import { random } from "../random.ts";

/** Titles have no more characters. */
const LENGTH_MAX = 200;

/** What runs, if anything does. */
const CALLS = ["taken(1)", "top.taken(1)", "self['tak'+'en'](1)", "taken`1`", "alert(1)"];

/** Elements that act by themselves, or when touched; `@` is where the call goes. */
const ELEMENTS = [
  "<script>@</script>",
  "<ScRiPt>@</sCrIpT>",
  "<scr<script>ipt>@</scr</script>ipt>",
  "<script type=module>@</script>",
  "<svg><script>@</script></svg>",
  "<svg/onload=@>",
  "<svg><animate onbegin=@ attributeName=x dur=1s>",
  "<svg><set onbegin=@ attributeName=x>",
  "<img src=x onerror=@>",
  "<img src=x: onerror='@'>",
  '<IMG SRC=x OnErRoR="@">',
  "<img/src=`x`/onerror=@>",
  "<image src=x onerror=@>",
  "<body onload=@>",
  "<video><source onerror=@></video>",
  "<video src=x onerror=@>",
  "<audio src=x onerror=@>",
  "<input autofocus onfocus=@>",
  "<select autofocus onfocus=@>",
  "<textarea autofocus onfocus=@>",
  "<button autofocus onfocus=@>x",
  "<a href=x autofocus onfocus=@>x</a>",
  "<details open ontoggle=@>x",
  "<details><summary onclick=@ autofocus onfocus=@>x",
  "<div contenteditable autofocus onfocus=@>x",
  "<div tabindex=1 autofocus onfocus=@>x",
  "<marquee onstart=@>x",
  "<object data=x onerror=@>",
  "<embed src=x onerror=@>",
  "<iframe onload=@>",
  "<iframe srcdoc='<script>parent.@</script>'>",
  "<iframe src='javascript:parent.@'>",
  "<object data='javascript:@'>",
  "<embed src='javascript:@'>",
  "<link rel=stylesheet href=x onerror=@>",
  "<link rel=preload as=image href=x onerror=@>",
  "<style onload=@></style>",
  "<style>@keyframes k{}</style><b style=animation-name:k onanimationstart=@>x",
  "<b onpointerenter=@ style=position:fixed;inset:0>x",
  "<b style=transition:1s ontransitionrun=@ tabindex=1>x",
  "<math><mtext><table><mglyph><style><img src=x onerror=@>",
  "<svg><style><img src=x onerror=@></style>",
  "<svg><foreignObject><img src=x onerror=@></foreignObject></svg>",
  "<noscript><p title='</noscript><img src=x onerror=@>'>",
  "<template><img src=x onerror=@></template>",
  "<xmp><img title='</xmp><img src=x onerror=@>'>",
  "<form><button formaction=javascript:@ autofocus>x",
  "<isindex type=image src=x onerror=@>",
  "<base href=javascript:/@//>",
  "<meta http-equiv=refresh content='0;url=javascript:@'>",
  "<table background=javascript:@>",
  "<img src=x onerror=@ //",
  "<img src=x onerror=@",
];

/** What would have to be left before an element begins. */
const BREAKOUTS = [
  "",
  '">',
  "'>",
  "`>",
  "</title>",
  "</textarea>",
  "</script>",
  "</style>",
  "--!>",
  "]]>",
  '"/>',
  "</h1></a>",
  '\\"}]}',
  "</svg>",
];

/** Attributes that a quote would begin, where no element could. */
const ATTRIBUTES = [
  '" onmouseover="@',
  "' onmouseover='@",
  '" autofocus onfocus="@',
  "' autofocus onfocus='@' x='",
  "x onfocus=@ autofocus ",
  '" style="animation-name:x" onanimationstart="@',
  '" srcdoc="<script>parent.@</script>',
  '" href="javascript:@',
  "` onerror=@ `",
];

/** Texts that are dangerous as addresses. */
const ADDRESSES = [
  "javascript:@",
  "JaVaScRiPt:@",
  " javascript:@",
  "javascript://%0a@",
  "javascript:void(@)",
  "javascript&colon;@",
  "java&#115;cript:@",
  "&#x6A;avascript:@",
  "\u2028javascript:@",
  "\u00a0javascript:@",
  "javascript:/*--></title></style>*/@",
  "vbscript:@",
  "data:text/html,<script>parent.@</script>",
  "data:text/html;base64,#",
  "data:image/svg+xml,<svg onload=@ xmlns='http://www.w3.org/2000/svg'>",
  "blob:javascript:@",
  "//trap/x.js",
  "view-source:javascript:@",
];

/** Texts that templates, parsers and frameworks would take for their own. */
const TEMPLATES = [
  "{{constructor.constructor('@')()}}",
  "{{$on.constructor('@')()}}",
  "{{[].pop.constructor('@')()}}",
  dollar("@"),
  `\`${dollar("@")}\``,
  "#{@}",
  "<%= @ %>",
  "<% @ %>",
  "{% @ %}",
  `[[${dollar("@")}]]`,
  "*{@}",
  "@(@)",
  "{{{@}}}",
  "{@html '<img src=x onerror=@>'}",
  "v-html=\"'<img src=x onerror=@>'\"",
  "<div ng-app ng-csp><b ng-focus=@ autofocus>x</b></div>",
  '<div v-on:click="@" :x="@">',
  '{"dangerouslySetInnerHTML":{"__html":"<img src=x onerror=@>"}}',
  '{"$$typeof":"Symbol(react.element)","type":"script","props":{"children":"@"}}',
  '{"__proto__":{"innerHTML":"<img src=x onerror=@>"}}',
  '"}]}</script><script>@</script>',
  "';@;'",
  '";@;"',
  "\\';@;//",
  "*/@/*",
  "<!--@--><script>@</script>",
  "<![CDATA[<script>@</script>]]>",
  "<?xml version='1.0'?><?xml-stylesheet href='javascript:@'?>",
  "<!DOCTYPE x [<!ENTITY y SYSTEM 'javascript:@'>]>&y;",
  "url(javascript:@)",
  "expression(@)",
  "@import 'javascript:@';",
  "</p><!--[if IE]><script>@</script><![endif]-->",
];

/** The same text in other clothes, which somebody might take off one time too many. */
const ENCODINGS: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => each(text, /[<>"'&]/g, (code) => `&#${code};`),
  (text) => each(text, /[<>"'&]/g, (code) => `&#x${code.toString(16)};`),
  (text) => each(text, /[<>"'&]/g, (code) => `&#x${code.toString(16).padStart(7, "0")}`),
  (text) => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  (text) => text.replaceAll("<", "&amp;lt;").replaceAll(">", "&amp;gt;"),
  (text) => encodeURIComponent(text),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => each(text, /[<>"'&]/g, (code) => `\\x${code.toString(16)}`),
  (text) => each(text, /[<>"'&]/g, (code) => `\\u00${code.toString(16)}`),
  (text) => each(text, /[<>"'&]/g, (code) => `\\u{${code.toString(16)}}`),
  // Full-width forms, which become ASCII where somebody normalizes.
  (text) => each(text, /[!-~]/g, (code) => String.fromCharCode(code + 0xfee0)),
  (text) => text.replaceAll("<", "\u2039").replaceAll(">", "\u203a"),
  (text) => text.replaceAll("s", "\u017f").replaceAll("i", "\u0131").replaceAll("k", "\u212a"),
  // Characters that do not show, or turn the rest around.
  (text) => [...text].join("\u200b"),
  (text) => `\u202e${text}\u202c`,
  (text) => `\ufeff${text}`,
  (text) => text.replaceAll(" ", "\u00a0"),
  (text) => text.replaceAll(" ", "\u2028"),
  (text) => text.replaceAll(" ", "/"),
  (text) => text.replaceAll("=", "\u2002=\u2002"),
  (text) => `${text}\ufffd`,
  (text) => `\u0301${text}\u{1f480}`,
  (text) => Buffer.from(text).toString("base64"),
];

/** What a template literal has in it, which a linter would take this for. */
function dollar(text: string): string {
  return `$\{${text}}`;
}

function each(text: string, pattern: RegExp, encode: (code: number) => string): string {
  return text.replace(pattern, (character) => encode(character.charCodeAt(0)));
}

/** Every one there is: all different, none too long for a title, none with a space at either end, which a name may not have. */
function all(trapUrl: string): string[] {
  const forms = [
    ...BREAKOUTS.flatMap((breakout) => ELEMENTS.map((element) => breakout + element)),
    ...ATTRIBUTES,
    ...ADDRESSES,
    ...TEMPLATES,
    ...ADDRESSES.flatMap((address) => [
      `<a href='${address}' autofocus>x</a>`,
      `<iframe src='${address}'>`,
      `[x](${address})`,
    ]),
    ...["script", "img", "iframe", "link rel=stylesheet", "embed", "image", "audio"].flatMap((tag) => [
      `<${tag} src=${trapUrl}/x href=${trapUrl}/x>`,
      `"><${tag} src=${trapUrl}/x href=${trapUrl}/x>`,
    ]),
    `<style>*{background:url(${trapUrl}/x)}</style>`,
    `<b style="background:url(${trapUrl}/x)">`,
    `<form action=${trapUrl}/x><input type=submit autofocus>`,
    `<meta http-equiv=refresh content=0;url=${trapUrl}/x>`,
    `<base href=${trapUrl}/>`,
  ];
  const base64 = Buffer.from("<script>parent.taken(1)</script>").toString("base64");
  const plain = forms.flatMap((form) =>
    CALLS.map((call) => form.replaceAll("@", call).replaceAll("#", base64).replaceAll("//trap", `${trapUrl}/`)),
  );
  const dressed = plain.flatMap((text) => ENCODINGS.map((encode) => encode(text)));
  return [...new Set(dressed)].filter((text) => text.length <= LENGTH_MAX && text.trim() === text);
}

/** Runs in every browser that takes it for markup, so that a test can show that it would have seen it. */
const CERTAIN = "<img src=x onerror=taken(1)>";

/** So many of them, chosen anew in each run; of a choice at random one in 150 has none that runs of itself, so one that does is always among them. */
export function payloads(count: number, trapUrl: string): string[] {
  const pool = all(trapUrl);
  if (pool.length < count) throw new Error(`There are only ${pool.length}.`);
  const chosen = new Set([CERTAIN]);
  while (chosen.size < count) chosen.add(random.pick(pool));
  return [...chosen];
}
