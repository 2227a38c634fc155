import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";

var __webpack_modules__ = {
 24: module => {
  module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
 },
 760: module => {
  module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");
 }
};

var __webpack_module_cache__ = {};

function __nccwpck_require__(moduleId) {
 var cachedModule = __webpack_module_cache__[moduleId];
 if (cachedModule !== void 0) return cachedModule.exports;
 var module = __webpack_module_cache__[moduleId] = {
  exports: {}
 };
 var threw = true;
 try {
  __webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
  threw = false;
 } finally {
  if (threw) delete __webpack_module_cache__[moduleId];
 }
 return module.exports;
}

if (typeof __nccwpck_require__ !== "undefined") __nccwpck_require__.ab = decodeURIComponent(new URL(".", import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";

(() => {
 var getProto = Object.getPrototypeOf ? obj => Object.getPrototypeOf(obj) : obj => obj.__proto__;
 var leafPrototypes;
 __nccwpck_require__.t = function(value, mode) {
  if (mode & 1) value = this(value);
  if (mode & 8) return value;
  if (typeof value === "object" && value) {
   if (mode & 4 && value.__esModule) return value;
   if (mode & 16 && typeof value.then === "function") return value;
  }
  var ns = Object.create(null);
  __nccwpck_require__.r(ns);
  var def = {};
  leafPrototypes = leafPrototypes || [ null, getProto({}), getProto([]), getProto(getProto) ];
  for (var current = mode & 2 && value; typeof current == "object" && !~leafPrototypes.indexOf(current); current = getProto(current)) Object.getOwnPropertyNames(current).forEach(key => def[key] = () => value[key]);
  def["default"] = () => value;
  __nccwpck_require__.d(ns, def);
  return ns;
 };
})();

(() => {
 __nccwpck_require__.d = (exports, definition) => {
  for (var key in definition) if (__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) Object.defineProperty(exports, key, {
   enumerable: true,
   get: definition[key]
  });
 };
})();

(() => {
 __nccwpck_require__.o = (obj, prop) => Object.prototype.hasOwnProperty.call(obj, prop);
})();

(() => {
 __nccwpck_require__.r = exports => {
  if (typeof Symbol !== "undefined" && Symbol.toStringTag) Object.defineProperty(exports, Symbol.toStringTag, {
   value: "Module"
  });
  Object.defineProperty(exports, "__esModule", {
   value: true
  });
 };
})();

const external_node_worker_threads_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");

class ParseError extends Error {
 sourceStart;
 sourceEnd;
 parserState;
 constructor(e, n, t, o) {
  super(e), this.name = "ParseError", this.sourceStart = n, this.sourceEnd = t, this.parserState = o;
 }
}

class ParseErrorWithToken extends ParseError {
 token;
 constructor(e, n, t, o, r) {
  super(e, n, t, o), this.token = r;
 }
}

const e = {
 UnexpectedNewLineInString: "Unexpected newline while consuming a string token.",
 UnexpectedEOFInString: "Unexpected EOF while consuming a string token.",
 UnexpectedEOFInComment: "Unexpected EOF while consuming a comment.",
 UnexpectedEOFInURL: "Unexpected EOF while consuming a url token.",
 UnexpectedEOFInEscapedCodePoint: "Unexpected EOF while consuming an escaped code point.",
 UnexpectedCharacterInURL: "Unexpected character while consuming a url token.",
 InvalidEscapeSequenceInURL: "Invalid escape sequence while consuming a url token.",
 InvalidEscapeSequenceAfterBackslash: 'Invalid escape sequence after "\\"'
};

"undefined" != typeof globalThis && globalThis;

const t = 13, o = 45, r = 10, i = 43, c = 65533, s = 92;

var u, a, d;

function isHexDigitCodePoint(e) {
 return e >= 48 && e <= 57 || e >= 97 && e <= 102 || e >= 65 && e <= 70;
}

function isIdentStartCodePoint(e) {
 return e >= 97 && e <= 122 || e >= 65 && e <= 90 || 95 === e || isNonASCII_IdentCodePoint(e);
}

function isNonASCII_IdentCodePoint(e) {
 return e < 183 ? 0 === e : 183 === e || 8204 === e || 8205 === e || 8255 === e || 8256 === e || 8204 === e || 192 <= e && e <= 214 || 216 <= e && e <= 246 || 248 <= e && e <= 893 || 895 <= e && e <= 8191 || 8304 <= e && e <= 8591 || 11264 <= e && e <= 12271 || 12289 <= e && e <= 55295 || 63744 <= e && e <= 64975 || 65008 <= e && e <= 65533 || 0 === e || e >= 55296 && e <= 57343 || e >= 65536;
}

function isNonPrintableCodePoint(e) {
 return 11 === e || 127 === e || 0 <= e && e <= 8 || 14 <= e && e <= 31;
}

function isNewLine(e) {
 return e === r || e === t || 12 === e;
}

function isWhitespace(e) {
 return 32 === e || e === r || 9 === e || e === t || 12 === e;
}

function isSurrogate(e) {
 return e >= 55296 && e <= 57343;
}

function tokenizer(n, l) {
 const C = n.css.valueOf(), f = n.unicodeRangesAllowed ?? !1;
 let h = 0, m = 0, k = -1, P = !1;
 const p = l?.onParseError ?? noop;
 function consumeIdentSequence() {
  const e = h;
  for (;;) {
   const e = C.charCodeAt(h);
   if (e >= 65 && e <= 90 || e >= 97 && e <= 122 || e >= 48 && e <= 57 || e === o || 95 === e) {
    h += 1;
    continue;
   }
   const n = C.codePointAt(h) ?? -1;
   if (0 === n || n >= 55296 && n <= 57343 || n === s && !isNewLine(C.codePointAt(h + 1) ?? -1)) break;
   if (!isNonASCII_IdentCodePoint(n)) break;
   h += +(n > 65535) + 1;
  }
  const n = C.codePointAt(h) ?? -1;
  if (0 !== n && !(n >= 55296 && n <= 57343) && (n !== s || isNewLine(C.codePointAt(h + 1) ?? -1))) return P = !0, 
  k = h - 1, C.slice(e, h);
  P = !1, h = e, k = -1;
  let t = "";
  for (;;) {
   const e = C.codePointAt(h) ?? -1;
   if (0 === e || isSurrogate(e)) t += String.fromCharCode(c), h += +(e > 65535) + 1, 
   k = h - 1; else if (e >= 65 && e <= 90 || e >= 97 && e <= 122 || e >= 48 && e <= 57 || e === o || 95 === e || isNonASCII_IdentCodePoint(e)) t += e > 65535 ? String.fromCodePoint(e) : String.fromCharCode(e), 
   h += +(e > 65535) + 1, k = h - 1; else {
    if (C.codePointAt(h) !== s || isNewLine(C.codePointAt(h + 1) ?? -1)) return t;
    h += 1, k = h - 1, t += String.fromCodePoint(consumeEscapedCodePoint());
   }
  }
 }
 function consumeEscapedCodePoint() {
  const n = C.codePointAt(h);
  if (void 0 === n) return p(new ParseError(e.UnexpectedEOFInEscapedCodePoint, m, k, [ "4.3.7. Consume an escaped code point", "Unexpected EOF" ])), 
  c;
  if (h += +(n > 65535) + 1, k = h - 1, isHexDigitCodePoint(n)) {
   const e = [ n ];
   let o;
   for (;void 0 !== (o = C.codePointAt(h)) && isHexDigitCodePoint(o) && e.length < 6; ) e.push(o), 
   h += 1, k = h - 1;
   isWhitespace(C.codePointAt(h) ?? -1) && (C.codePointAt(h) === t && C.codePointAt(h + 1) === r && (h += 1), 
   h += 1, k = h - 1);
   const i = parseInt(String.fromCodePoint(...e), 16);
   return 0 === i || isSurrogate(i) || i > 1114111 ? c : i;
  }
  return 0 === n || isSurrogate(n) ? c : n;
 }
 function consumeBadURL() {
  for (;;) {
   const e = C.codePointAt(h);
   if (void 0 === e) return;
   if (41 === e) return h += 1, void (k = h - 1);
   e !== s || isNewLine(C.codePointAt(h + 1) ?? -1) ? (h += 1, k = h - 1) : (h += 1, 
   k = h - 1, consumeEscapedCodePoint());
  }
 }
 function consumeComment() {
  for (h += 2, k = h - 1; ;) {
   const n = C.codePointAt(h);
   if (void 0 === n) {
    const n = [ u.Comment, C.slice(m, k + 1), m, k, void 0 ];
    return p(new ParseErrorWithToken(e.UnexpectedEOFInComment, m, k, [ "4.3.2. Consume comments", "Unexpected EOF" ], n)), 
    n;
   }
   if (h += 1, k = h - 1, 42 === n && void 0 !== C.codePointAt(h) && 47 === C.codePointAt(h)) {
    h += 1, k = h - 1;
    break;
   }
  }
  return [ u.Comment, C.slice(m, k + 1), m, k, void 0 ];
 }
 function consumeStringToken() {
  let n = "";
  const o = C.codePointAt(h);
  for (h += 1, k = h - 1; ;) {
   const i = C.charCodeAt(h);
   if (h >= C.length) {
    const t = [ u.String, C.slice(m, k + 1), m, k, {
     value: n
    } ];
    return p(new ParseErrorWithToken(e.UnexpectedEOFInString, m, k, [ "4.3.5. Consume a string token", "Unexpected EOF" ], t)), 
    t;
   }
   if (h += 1, k = h - 1, isNewLine(i)) {
    h -= 1, k = h - 1;
    const n = [ u.BadString, C.slice(m, k + 1), m, k, void 0 ];
    return p(new ParseErrorWithToken(e.UnexpectedNewLineInString, m, C.codePointAt(h) === t && C.codePointAt(h + 1) === r ? k + 2 : k + 1, [ "4.3.5. Consume a string token", "Unexpected newline" ], n)), 
    n;
   }
   if (i === o) return [ u.String, C.slice(m, k + 1), m, k, {
    value: n
   } ];
   if (i !== s) if (0 !== i) if (i < 128) n += String.fromCharCode(i); else {
    if (i >= 55296 && i <= 57343) {
     const e = C.codePointAt(h - 1) ?? -1;
     e >= 65536 ? (n += String.fromCodePoint(e), h += 1, k = h - 1) : n += String.fromCharCode(c);
     continue;
    }
    n += String.fromCharCode(i);
   } else n += String.fromCharCode(c); else {
    if (void 0 === C.codePointAt(h)) continue;
    if (isNewLine(C.codePointAt(h) ?? -1)) {
     C.codePointAt(h) === t && C.codePointAt(h + 1) === r && (h += 1), h += 1, k = h - 1;
     continue;
    }
    n += String.fromCodePoint(consumeEscapedCodePoint());
   }
  }
 }
 function consumeUnicodeRangeToken() {
  h += 2, k = h - 1;
  const e = [], n = [];
  let t;
  for (;void 0 !== (t = C.codePointAt(h)) && e.length < 6 && isHexDigitCodePoint(t); ) e.push(t), 
  h += 1, k = h - 1;
  for (;void 0 !== (t = C.codePointAt(h)) && e.length < 6 && 63 === t; ) 0 === n.length && n.push(...e), 
  e.push(48), n.push(70), h += 1, k = h - 1;
  if (!n.length && C.codePointAt(h) === o && isHexDigitCodePoint(C.codePointAt(h + 1) ?? -1)) for (h += 1, 
  k = h - 1; void 0 !== (t = C.codePointAt(h)) && n.length < 6 && isHexDigitCodePoint(t); ) n.push(t), 
  h += 1, k = h - 1;
  if (!n.length) {
   const n = parseInt(String.fromCodePoint(...e), 16);
   return [ u.UnicodeRange, C.slice(m, k + 1), m, k, {
    startOfRange: n,
    endOfRange: n
   } ];
  }
  const r = parseInt(String.fromCodePoint(...e), 16), i = parseInt(String.fromCodePoint(...n), 16);
  return [ u.UnicodeRange, C.slice(m, k + 1), m, k, {
   startOfRange: r,
   endOfRange: i
  } ];
 }
 function consumeUrlToken() {
  for (;isWhitespace(C.codePointAt(h) ?? -1); ) h += 1, k = h - 1;
  let n = "";
  for (;;) {
   if (void 0 === C.codePointAt(h)) {
    const t = [ u.URL, C.slice(m, k + 1), m, k, {
     value: n
    } ];
    return p(new ParseErrorWithToken(e.UnexpectedEOFInURL, m, k, [ "4.3.6. Consume a url token", "Unexpected EOF" ], t)), 
    t;
   }
   if (41 === C.codePointAt(h)) return h += 1, k = h - 1, [ u.URL, C.slice(m, k + 1), m, k, {
    value: n
   } ];
   if (isWhitespace(C.codePointAt(h) ?? -1)) {
    for (h += 1, k = h - 1; isWhitespace(C.codePointAt(h) ?? -1); ) h += 1, k = h - 1;
    if (void 0 === C.codePointAt(h)) {
     const t = [ u.URL, C.slice(m, k + 1), m, k, {
      value: n
     } ];
     return p(new ParseErrorWithToken(e.UnexpectedEOFInURL, m, k, [ "4.3.6. Consume a url token", "Consume as much whitespace as possible", "Unexpected EOF" ], t)), 
     t;
    }
    return 41 === C.codePointAt(h) ? (h += 1, k = h - 1, [ u.URL, C.slice(m, k + 1), m, k, {
     value: n
    } ]) : (consumeBadURL(), [ u.BadURL, C.slice(m, k + 1), m, k, void 0 ]);
   }
   const t = C.codePointAt(h);
   if (34 === t || 39 === t || 40 === t || isNonPrintableCodePoint(t ?? -1)) {
    consumeBadURL();
    const n = [ u.BadURL, C.slice(m, k + 1), m, k, void 0 ];
    return p(new ParseErrorWithToken(e.UnexpectedCharacterInURL, m, k, [ "4.3.6. Consume a url token", "Unexpected U+0022 QUOTATION MARK (\"), U+0027 APOSTROPHE ('), U+0028 LEFT PARENTHESIS (() or non-printable code point" ], n)), 
    n;
   }
   if (t === s) {
    if (t === s && !isNewLine(C.codePointAt(h + 1) ?? -1)) {
     h += 1, k = h - 1, n += String.fromCodePoint(consumeEscapedCodePoint());
     continue;
    }
    consumeBadURL();
    const o = [ u.BadURL, C.slice(m, k + 1), m, k, void 0 ];
    return p(new ParseErrorWithToken(e.InvalidEscapeSequenceInURL, m, k, [ "4.3.6. Consume a url token", "U+005C REVERSE SOLIDUS (\\)", "The input stream does not start with a valid escape sequence" ], o)), 
    o;
   }
   0 === t || isSurrogate(t ?? -1) ? (n += String.fromCharCode(c), h += 1, k = h - 1) : (n += String.fromCodePoint(t ?? c), 
   h += +((t ?? -1) > 65535) + 1, k = h - 1);
  }
 }
 function consumeNumericToken() {
  let e;
  {
   const n = C.charCodeAt(h);
   n === o ? e = "-" : n === i && (e = "+");
  }
  let n = a.Integer;
  const t = C.charCodeAt(h);
  t !== i && t !== o || (h += 1);
  let r = C.charCodeAt(h);
  for (;r >= 48 && r <= 57; ) h += 1, r = C.charCodeAt(h);
  if (46 === C.charCodeAt(h) && C.charCodeAt(h + 1) >= 48 && C.charCodeAt(h + 1) <= 57) for (h += 2, 
  n = a.Number, r = C.charCodeAt(h); r >= 48 && r <= 57; ) h += 1, r = C.charCodeAt(h);
  const c = C.charCodeAt(h);
  if (101 === c || 69 === c) {
   const e = C.charCodeAt(h + 1);
   if (e >= 48 && e <= 57) for (h += 2, n = a.Number, r = C.charCodeAt(h); r >= 48 && r <= 57; ) h += 1, 
   r = C.charCodeAt(h); else if ((e === o || e === i) && C.charCodeAt(h + 2) >= 48 && C.charCodeAt(h + 2) <= 57) for (h += 3, 
   n = a.Number, r = C.charCodeAt(h); r >= 48 && r <= 57; ) h += 1, r = C.charCodeAt(h);
  }
  k = h - 1;
  const s = parseFloat(C.slice(m, k + 1));
  if (checkIfThreeCodePointsWouldStartAnIdentSequence()) {
   const t = consumeIdentSequence();
   return [ u.Dimension, C.slice(m, k + 1), m, k, {
    value: s,
    signCharacter: e,
    type: n,
    unit: t
   } ];
  }
  return 37 === C.charCodeAt(h) ? (h += 1, k = h - 1, [ u.Percentage, C.slice(m, k + 1), m, k, {
   value: s,
   signCharacter: e
  } ]) : [ u.Number, C.slice(m, k + 1), m, k, {
   value: s,
   signCharacter: e,
   type: n
  } ];
 }
 function consumeIdentLikeToken() {
  const e = consumeIdentSequence();
  if (40 !== C.charCodeAt(h)) return [ u.Ident, P ? e : C.slice(m, k + 1), m, k, {
   value: e
  } ];
  if (!(3 !== e.length || 117 !== e.charCodeAt(0) && 85 !== e.charCodeAt(0) || 114 !== e.charCodeAt(1) && 82 !== e.charCodeAt(1) || 108 !== e.charCodeAt(2) && 76 !== e.charCodeAt(2))) {
   h += 1, k = h - 1;
   let n = 0;
   for (;isWhitespace(C.charCodeAt(h)); ) n += 1, h += 1, k = h - 1;
   const t = C.charCodeAt(h);
   return 34 === t || 39 === t ? (n > 0 && (h -= n, k = h - 1), [ u.Function, C.slice(m, k + 1), m, k, {
    value: e
   } ]) : consumeUrlToken();
  }
  return h += 1, k = h - 1, [ u.Function, C.slice(m, k + 1), m, k, {
   value: e
  } ];
 }
 function consumeHashToken() {
  h += 1, k = h - 1;
  const e = C.charCodeAt(h);
  if (e >= 65 && e <= 90 || e >= 97 && e <= 122 || e >= 48 && e <= 57 || e === o || 95 === e || isNonASCII_IdentCodePoint(e) || e === s && !isNewLine(C.codePointAt(h + 1) ?? -1)) {
   let e = d.Unrestricted;
   checkIfThreeCodePointsWouldStartAnIdentSequence() && (e = d.ID);
   const n = consumeIdentSequence();
   return [ u.Hash, C.slice(m, k + 1), m, k, {
    value: n,
    type: e
   } ];
  }
  return [ u.Delim, "#", m, k, {
   value: "#"
  } ];
 }
 function consumeAtKeywordToken() {
  if (h += 1, k = h - 1, checkIfThreeCodePointsWouldStartAnIdentSequence()) {
   const e = consumeIdentSequence();
   return [ u.AtKeyword, C.slice(m, k + 1), m, k, {
    value: e
   } ];
  }
  return [ u.Delim, "@", m, k, {
   value: "@"
  } ];
 }
 function consumeInvalidEscapeToken() {
  h += 1, k = h - 1;
  const n = [ u.Delim, "\\", m, k, {
   value: "\\"
  } ];
  return p(new ParseErrorWithToken(e.InvalidEscapeSequenceAfterBackslash, m, k, [ "4.3.1. Consume a token", "U+005C REVERSE SOLIDUS (\\)", "The input stream does not start with a valid escape sequence" ], n)), 
  n;
 }
 function checkIfThreeCodePointsWouldStartAnIdentSequence(e) {
  const n = void 0 === e ? C.charCodeAt(h) : e;
  return n === o ? C.charCodeAt(h + 1) === o || !!isIdentStartCodePoint(C.charCodeAt(h + 1)) || C.charCodeAt(h + 1) === s && !isNewLine(C.charCodeAt(h + 2)) : !!isIdentStartCodePoint(n) || C.charCodeAt(h) === s && !isNewLine(C.charCodeAt(h + 1));
 }
 function checkIfThreeCodePointsWouldStartANumber(e) {
  return e === i || e === o ? C.charCodeAt(h + 1) >= 48 && C.charCodeAt(h + 1) <= 57 || 46 === C.charCodeAt(h + 1) && C.charCodeAt(h + 2) >= 48 && C.charCodeAt(h + 2) <= 57 : 46 === e ? C.charCodeAt(h + 1) >= 48 && C.charCodeAt(h + 1) <= 57 : e >= 48 && e <= 57;
 }
 return {
  nextToken: function() {
   if (m = h, k = -1, h >= C.length) return [ u.EOF, "", -1, -1, void 0 ];
   const e = C.charCodeAt(h);
   if (47 === e && 42 === C.charCodeAt(h + 1)) return consumeComment();
   if (f && (117 === e || 85 === e) && C.codePointAt(h + 1) === i && (63 === C.codePointAt(h + 2) || isHexDigitCodePoint(C.codePointAt(h + 2) ?? -1))) return consumeUnicodeRangeToken();
   if (isIdentStartCodePoint(e)) return consumeIdentLikeToken();
   if ((n = e) >= 48 && n <= 57) return consumeNumericToken();
   switch (e) {
   case 44:
    return h += 1, k = h - 1, [ u.Comma, ",", m, k, void 0 ];

   case 58:
    return h += 1, k = h - 1, [ u.Colon, ":", m, k, void 0 ];

   case 59:
    return h += 1, k = h - 1, [ u.Semicolon, ";", m, k, void 0 ];

   case 40:
    return h += 1, k = h - 1, [ u.OpenParen, "(", m, k, void 0 ];

   case 41:
    return h += 1, k = h - 1, [ u.CloseParen, ")", m, k, void 0 ];

   case 91:
    return h += 1, k = h - 1, [ u.OpenSquare, "[", m, k, void 0 ];

   case 93:
    return h += 1, k = h - 1, [ u.CloseSquare, "]", m, k, void 0 ];

   case 123:
    return h += 1, k = h - 1, [ u.OpenCurly, "{", m, k, void 0 ];

   case 125:
    return h += 1, k = h - 1, [ u.CloseCurly, "}", m, k, void 0 ];

   case 39:
   case 34:
    return consumeStringToken();

   case 35:
    return consumeHashToken();

   case i:
   case 46:
    return checkIfThreeCodePointsWouldStartANumber(e) ? consumeNumericToken() : (h += 1, 
    k = h - 1, [ u.Delim, C[m], m, k, {
     value: C[m]
    } ]);

   case r:
   case t:
   case 12:
   case 9:
   case 32:
    {
     let e = C.charCodeAt(h);
     for (;32 === e || e === r || 9 === e || e === t || 12 === e; ) h += 1, e = C.charCodeAt(h);
     k = h - 1;
    }
    return [ u.Whitespace, C.slice(m, k + 1), m, k, void 0 ];

   case o:
    return checkIfThreeCodePointsWouldStartANumber(e) ? consumeNumericToken() : C.charCodeAt(h + 1) === o && 62 === C.charCodeAt(h + 2) ? (h += 3, 
    k = h - 1, [ u.CDC, "--\x3e", m, k, void 0 ]) : checkIfThreeCodePointsWouldStartAnIdentSequence(e) ? consumeIdentLikeToken() : (h += 1, 
    k = h - 1, [ u.Delim, "-", m, k, {
     value: "-"
    } ]);

   case 60:
    return 33 === C.charCodeAt(h + 1) && C.charCodeAt(h + 2) === o && C.charCodeAt(h + 3) === o ? (h += 4, 
    k = h - 1, [ u.CDO, "\x3c!--", m, k, void 0 ]) : (h += 1, k = h - 1, [ u.Delim, "<", m, k, {
     value: "<"
    } ]);

   case 64:
    return consumeAtKeywordToken();

   case s:
    return e !== s || isNewLine(C.charCodeAt(h + 1)) ? consumeInvalidEscapeToken() : consumeIdentLikeToken();

   default:
    return h += 1, k = h - 1, [ u.Delim, C[m], m, k, {
     value: C[m]
    } ];
   }
   var n;
  },
  endOfFile: function() {
   return h >= C.length;
  }
 };
}

function noop() {}

!function(e) {
 e.Comment = "comment", e.AtKeyword = "at-keyword-token", e.BadString = "bad-string-token", 
 e.BadURL = "bad-url-token", e.CDC = "CDC-token", e.CDO = "CDO-token", e.Colon = "colon-token", 
 e.Comma = "comma-token", e.Delim = "delim-token", e.Dimension = "dimension-token", 
 e.EOF = "EOF-token", e.Function = "function-token", e.Hash = "hash-token", e.Ident = "ident-token", 
 e.Number = "number-token", e.Percentage = "percentage-token", e.Semicolon = "semicolon-token", 
 e.String = "string-token", e.URL = "url-token", e.Whitespace = "whitespace-token", 
 e.OpenParen = "(-token", e.CloseParen = ")-token", e.OpenSquare = "[-token", e.CloseSquare = "]-token", 
 e.OpenCurly = "{-token", e.CloseCurly = "}-token", e.UnicodeRange = "unicode-range-token";
}(u || (u = {})), function(e) {
 e.Integer = "integer", e.Number = "number";
}(a || (a = {})), function(e) {
 e.Unrestricted = "unrestricted", e.ID = "id";
}(d || (d = {}));

Object.values(u);

function isTokenString(e) {
 return !!e && e[0] === u.String;
}

function isTokenURL(e) {
 return !!e && e[0] === u.URL;
}

const LONGEST = 117;

const HALVES = {
 start: 58,
 end: 58
};

const UNSEEN = /[`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function quote(text, cut = HALVES) {
 return `\`${shortened(shortened(text, cut).replace(UNSEEN, visible), cut)}\``;
}

function shortened(text, cut) {
 if (text.length <= LONGEST) return text;
 const start = text.slice(0, cut.start).replace(/[\ud800-\udbff]$/, "");
 const end = text.slice(-cut.end).replace(/^[\udc00-\udfff]/, "");
 return `${start}…${end}`;
}

function visible(character) {
 return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}

const LONGEST_URL = 8192;

function own(part) {
 return ` ${part}`.slice(1);
}

const FONT = /\.(?:woff2?|ttf|otf|eot)$/i;

function useOfStyleUrl(url) {
 const path = url.slice(0, LONGEST_URL).split(/[?#]/, 1)[0] ?? "";
 return FONT.test(path) ? "font" : "image";
}

function quoted(text) {
 const flat = text.length > 600 ? `${oneLine(text.slice(0, 300))}${oneLine(text.slice(-300))}` : oneLine(text);
 return quote(flat, {
  start: 80,
  end: 30
 });
}

function oneLine(text) {
 return text.replace(/\s+/g, " ");
}

function createCssScan(see) {
 let rest = "none";
 return window => {
  const {text: text, isLast: isLast, isFull: isFull} = window;
  const start = endOfRest(text, window.from, rest);
  if (start === -1) return isLast ? text.length : Math.max(window.from, text.length - 1);
  rest = "none";
  const {at: at, open: open} = readMarks(window, start, see);
  if (isFull && !isLast && open !== void 0) rest = restOf(text, open);
  return goOnAt(window, at, open?.at);
 };
}

function goOnAt({text: text, isLast: isLast, isFull: isFull}, at, open) {
 if (isLast) return text.length;
 if (open === void 0) return Math.max(at, text.length - 16);
 return isFull && text.length - open > 16 ? Math.max(text.length - 1, open + 1) : open;
}

function readMarks(window, from, see) {
 const marks = createMarks(window.text);
 let at = from;
 for (;;) {
  const mark = marks.next(at);
  if (mark === void 0) return {
   at: at
  };
  const end = readMark(window, mark, see);
  if (end === -1) return {
   at: at,
   open: mark
  };
  at = end;
 }
}

function scanCss(text, see, lineAt) {
 if (/url\(|image-set\(|@import/i.test(text.length > LONGEST_URL ? "url(" : text)) createCssScan(see)({
  text: text,
  from: 0,
  isLast: true,
  isFull: true,
  lineAt: lineAt
 });
}

const LOOK_BACK = 250;

const NEEDLES = [ [ "/*", "comment", 0 ], [ '"', '"', 0 ], [ "'", "'", 0 ], [ "rl(", "url", 1 ], [ "RL(", "url", 1 ], [ "@i", "import", 0 ], [ "@I", "import", 0 ] ];

function createMarks(text) {
 const places = NEEDLES.map(() => -1);
 const placeOf = (index, from) => {
  const known = places[index] ?? -1;
  if (known >= from) return known;
  const [needle, , back] = NEEDLES[index] ?? NEEDLES[0];
  const found = text.indexOf(needle, from + back);
  const place = found === -1 ? Number.POSITIVE_INFINITY : found - back;
  places[index] = place;
  return place;
 };
 return {
  next: from => {
   let at = Number.POSITIVE_INFINITY;
   let kind = "comment";
   for (let index = 0; index < NEEDLES.length; index += 1) {
    const place = placeOf(index, from);
    if (place >= at) continue;
    at = place;
    kind = (NEEDLES[index] ?? NEEDLES[0])[1];
   }
   return at === Number.POSITIVE_INFINITY ? void 0 : {
    kind: kind,
    at: at
   };
  }
 };
}

function readMark(window, {kind: kind, at: at}, see) {
 const {text: text} = window;
 if (isEscaped(text, at)) return at + 1;
 if (kind === "comment") return endOf(text, "*/", at + 2);
 if (kind === "url") return isUrl(text, at) ? readUrl(window, at, see) : at + 1;
 if (kind === "import") return isImport(text, at) ? readImport(window, at, see) : at + 1;
 const end = endOfString(text, at + 1, kind);
 if (end !== -1 && isInImageSet(text, at) && end - at < LONGEST_URL) report(window, {
  css: text.slice(at, end),
  at: at,
  isImport: false
 }, see);
 return end;
}

function isImport(text, at) {
 const word = text.slice(at, at + 7).toLowerCase();
 return "@import".startsWith(word);
}

const IMAGE_SET = /image-set\((?:[^()]|\([^()]*\))*$/i;

function isInImageSet(text, at) {
 const last = text.charCodeAt(at - 1);
 if (last !== 40 && last !== 44 && !isSpace(last)) return false;
 const before = text.slice(Math.max(0, at - LOOK_BACK), at);
 return /set\(/i.test(before) && IMAGE_SET.test(before);
}

function endOf(text, needle, from) {
 const found = text.indexOf(needle, from);
 return found === -1 ? -1 : found + needle.length;
}

function isEscaped(text, at) {
 let slashes = 0;
 while (text.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
 return slashes % 2 === 1;
}

function endOfString(text, from, quote) {
 for (let at = from; at < text.length; at += 1) {
  const code = text.charCodeAt(at);
  if (code === 92) at += 1; else if (code === 10 || code === quote.charCodeAt(0)) return at + 1;
 }
 return -1;
}

function isUrl(text, at) {
 return (text[at] === "u" || text[at] === "U") && !/[\w\\\u0080-\uffff-]/.test(text[at - 1] ?? " ");
}

function readUrl(window, at, see) {
 const {text: text} = window;
 let start = at + 4;
 while (isSpace(text.charCodeAt(start))) start += 1;
 if (start >= text.length) return -1;
 const quote = text[start];
 const end = quote === '"' || quote === "'" ? endOfString(text, start + 1, quote) : endOfUrl(text, start);
 if (end === -1) return -1;
 const isLong = end - start > LONGEST_URL || /^["']?data:/i.test(text.slice(start, start + 8));
 if (!isLong && !isNamespace(text, at)) report(window, {
  css: text.slice(at, end),
  at: at,
  isImport: isAfterImport(text, at)
 }, see);
 return end;
}

function isSpace(code) {
 return code === 32 || code >= 9 && code <= 13;
}

function endOfUrl(text, from) {
 for (let end = text.indexOf(")", from); end !== -1; end = text.indexOf(")", end + 1)) if (!isEscaped(text, end)) return end + 1;
 return -1;
}

function isNamespace(text, at) {
 return /@namespace\s[^;{}]*$/i.test(text.slice(Math.max(0, at - 80), at));
}

function isAfterImport(text, at) {
 return /@import\s*$/i.test(text.slice(Math.max(0, at - 40), at));
}

function readImport(window, at, see) {
 const {text: text} = window;
 let start = at + 7;
 while (isSpace(text.charCodeAt(start))) start += 1;
 if (start >= text.length) return -1;
 const quote = text[start];
 if (quote !== '"' && quote !== "'") return start;
 const end = endOfString(text, start + 1, quote);
 if (end !== -1 && end - start < LONGEST_URL) report(window, {
  css: text.slice(start, end),
  at: at,
  isImport: true
 }, see);
 return end;
}

function report({lineAt: lineAt}, {css: css, at: at, isImport: isImport}, see) {
 const tokens = tokenizer({
  css: css
 });
 while (!tokens.endOfFile()) {
  const token = tokens.nextToken();
  if (!isTokenURL(token) && !isTokenString(token)) continue;
  const url = token[4].value;
  see({
   url: url,
   use: isImport ? "style" : useOfStyleUrl(url),
   line: lineAt(at)
  });
  return;
 }
}

function restOf(text, {kind: kind, at: at}) {
 if (kind === "comment") return "comment";
 const opening = /^(?:url\(\s{0,64}|@import\s{0,64})?(["'])/i.exec(text.slice(at, at + 80))?.[1];
 if (opening === '"' || opening === "'") return opening;
 return kind === "url" ? "url" : "none";
}

function endOfRest(text, from, rest) {
 if (rest === "none") return from;
 if (rest === "comment") return endOf(text, "*/", from);
 return rest === "url" ? endOfUrl(text, from) : endOfString(text, from, rest);
}

const NESTED = "Write the reference relative to the directory of the file that has it.";

const SUBDOMAIN = "share the site by a subdomain gateway, an ENS name or a domain of its own only, and set `preflight: absolute-paths=off`";

const SHARE = `S${SUBDOMAIN.slice(1)}`;

const UNKNOWN = {
 name: "unknown",
 absolute: `Build with a relative base path, or ${SUBDOMAIN}.`,
 base: "Build for the root of a host, or with a relative base path.",
 pages: "Build each page as a directory with an index.html, or link with the .html."
};

const GENERATORS = {
 next: {
  name: "Next.js",
  absolute: `${SHARE}: Next.js has no relative base, and \`assetPrefix: './'\` breaks every page below the root.`,
  base: "Remove `basePath` and `assetPrefix` from next.config.",
  pages: "Set `trailingSlash: true` in next.config.",
  nested: `Remove \`assetPrefix\` from next.config, as \`'./'\` fits pages at the root only, and ${SUBDOMAIN}.`
 },
 sveltekit: {
  name: "SvelteKit",
  absolute: "Leave `paths.relative` at true in the configuration of SvelteKit, prerender every page, and take links from `resolve()` of `$app/paths`.",
  base: "Remove `paths.base` from the configuration of SvelteKit.",
  pages: "Export `trailingSlash = 'always'` from the root `+layout.js`."
 },
 astro: {
  name: "Astro",
  absolute: `Add the integration astro-relative-links, as Astro has no relative \`base\`, or ${SUBDOMAIN}.`,
  base: "Remove `base` from astro.config.",
  pages: "Set `build.format: 'directory'` in astro.config."
 },
 nuxt: {
  name: "Nuxt",
  absolute: `${SHARE}: Nuxt has no relative base, and \`app.baseURL: './'\` breaks \`nuxt generate\`.`,
  base: "Remove `app.baseURL` and `NUXT_APP_BASE_URL`.",
  pages: UNKNOWN.pages
 },
 docusaurus: {
  name: "Docusaurus",
  absolute: `Set \`future.experimental_router: 'hash'\` in docusaurus.config, or keep \`baseUrl: '/'\` and ${SUBDOMAIN}.`,
  base: "Set `baseUrl: '/'` in docusaurus.config.",
  pages: "Set `trailingSlash: true` in docusaurus.config."
 },
 vitepress: {
  name: "VitePress",
  absolute: `${SHARE}: VitePress has no relative \`base\` that fits pages in directories.`,
  base: "Remove `base` from the configuration of VitePress.",
  pages: "Remove `cleanUrls` from the configuration of VitePress.",
  nested: `Remove the relative \`base\`, as it fits pages at the root only, and ${SUBDOMAIN}.`
 },
 gatsby: {
  name: "Gatsby",
  absolute: `${SHARE}: Gatsby has no relative \`pathPrefix\`.`,
  base: "Remove `pathPrefix` from gatsby-config, or build without `--prefix-paths`.",
  pages: "Set `trailingSlash: 'always'` in gatsby-config."
 },
 cra: {
  name: "Create React App",
  absolute: 'Set `"homepage": "."` in package.json.',
  base: 'Set `"homepage": "."` in package.json.',
  pages: UNKNOWN.pages
 },
 angular: {
  name: "Angular",
  absolute: "Build with `ng build --base-href ./`, and route with `withHashLocation()`.",
  base: "Build with `ng build --base-href ./`, and route with `withHashLocation()`.",
  pages: UNKNOWN.pages
 },
 hugo: {
  name: "Hugo",
  absolute: 'Set `relativeURLs = true` and `baseURL = "/"` in the configuration of Hugo.',
  base: 'Set `relativeURLs = true` and `baseURL = "/"` in the configuration of Hugo.',
  pages: "Set `uglyURLs = false` in the configuration of Hugo."
 },
 jekyll: {
  name: "Jekyll",
  absolute: `Link with relative paths in layouts, as Jekyll has no relative base, or ${SUBDOMAIN}.`,
  base: 'Set `baseurl: ""` in _config.yml.',
  pages: "Set `permalink: pretty` in _config.yml."
 },
 eleventy: {
  name: "Eleventy",
  absolute: `Link with relative paths in layouts, as Eleventy has no relative \`pathPrefix\`, or ${SUBDOMAIN}.`,
  base: "Remove `pathPrefix` from the configuration of Eleventy.",
  pages: UNKNOWN.pages
 },
 vite: {
  name: "Vite",
  absolute: "Set `base: './'` in vite.config.",
  base: "Set `base: './'` in vite.config.",
  pages: UNKNOWN.pages
 }
};

function nestedAdvice({nested: nested}) {
 return nested ?? NESTED;
}

const FILES = [ [ "next", /^_next\/static\// ], [ "sveltekit", /^_app\/(?:immutable\/|version\.json$)/ ], [ "astro", /^_astro\// ], [ "nuxt", /^_nuxt\// ], [ "docusaurus", /^assets\/js\/runtime~main\.[0-9a-f]{8}\.js$/ ], [ "vitepress", /^(?:vp-icons\.css|assets\/app\.[\w-]{8}\.js)$/ ], [ "gatsby", /^page-data\/app-data\.json$/ ], [ "cra", /^static\/js\/(?:main|runtime-main)\.[0-9a-f]{8}\.(?:chunk\.)?js$/ ], [ "angular", /^(?:ngsw\.json|polyfills[-.][A-Za-z0-9]{8,20}\.js)$/ ], [ "vite", /^assets\/[^/]+-[\w-]{8}\.(?:js|css)$/ ] ];

const FIRST_LETTERS = new Set("_aspnv");

function generatorOfFiles(paths) {
 let best = FILES.length;
 for (const path of paths) {
  if (!FIRST_LETTERS.has(path.charAt(0))) continue;
  const found = FILES.findIndex(([, pattern], index) => index < best && pattern.test(path));
  if (found !== -1) best = found;
  if (best === 0) break;
 }
 const key = FILES[best]?.[0];
 return {
  generator: key === void 0 ? UNKNOWN : GENERATORS[key],
  isSure: key !== void 0 && key !== "vite"
 };
}

const NAMES = [ [ "hugo", /^hugo\b/i ], [ "astro", /^astro\b/i ], [ "docusaurus", /^docusaurus\b/i ], [ "gatsby", /^gatsby\b/i ], [ "jekyll", /^jekyll\b/i ], [ "eleventy", /^eleventy\b/i ], [ "vitepress", /^vitepress\b/i ], [ "next", /^next\.?js\b/i ], [ "nuxt", /^nuxt\b/i ] ];

function generatorOfMeta(content) {
 const key = NAMES.find(([, pattern]) => pattern.test(content.slice(0, 100).trim()))?.[0];
 return key === void 0 ? void 0 : GENERATORS[key];
}

function valueAt(value, ...path) {
 let found = value;
 for (const key of path) {
  if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return;
  found = Reflect.get(found, key);
 }
 return found;
}

function textAt(value, ...path) {
 const found = valueAt(value, ...path);
 return typeof found === "string" ? found : void 0;
}

function numberAt(value, ...path) {
 const found = valueAt(value, ...path);
 return typeof found === "number" && Number.isFinite(found) ? found : void 0;
}

function listAt(value, ...path) {
 const found = valueAt(value, ...path);
 return Array.isArray(found) ? found : void 0;
}

function parseJson(text) {
 try {
  return JSON.parse(text);
 } catch {
  return;
 }
}

const c1 = [ 8364, 0, 8218, 402, 8222, 8230, 8224, 8225, 710, 8240, 352, 8249, 338, 0, 381, 0, 0, 8216, 8217, 8220, 8221, 8226, 8211, 8212, 732, 8482, 353, 8250, 339, 0, 382, 376 ];

function isInvalidCodePoint(codePoint) {
 return codePoint === 0 || codePoint >= 55296 && codePoint <= 57343 || codePoint > 1114111;
}

function replaceCodePoint(codePoint) {
 if (isInvalidCodePoint(codePoint)) return 65533;
 if (codePoint >= 128 && codePoint <= 159) return c1[codePoint - 128] || codePoint;
 return codePoint;
}

function decode_codepoint_replaceCodePointXML(codePoint) {
 return isInvalidCodePoint(codePoint) ? 65533 : codePoint;
}

const xmlDecodeTree = new Uint16Array([ 512, 26465, 29036, 7, 0, 2, 4, 116, 24638, 116, 24636, 8693, 29807, 24610, 621, 1, 0, 0, 3, 112, 24614, 111, 115, 24615 ]);

var bin_trie_flags_BinTrieFlags;

(function(BinTrieFlags) {
 BinTrieFlags[BinTrieFlags["VALUE_LENGTH"] = 49152] = "VALUE_LENGTH";
 BinTrieFlags[BinTrieFlags["FLAG13"] = 8192] = "FLAG13";
 BinTrieFlags[BinTrieFlags["BRANCH_LENGTH"] = 8064] = "BRANCH_LENGTH";
 BinTrieFlags[BinTrieFlags["JUMP_TABLE"] = 127] = "JUMP_TABLE";
 BinTrieFlags[BinTrieFlags["VALUE_MASK"] = 8191] = "VALUE_MASK";
})(bin_trie_flags_BinTrieFlags || (bin_trie_flags_BinTrieFlags = {}));

var CharCodes;

(function(CharCodes) {
 CharCodes[CharCodes["AMP"] = 38] = "AMP";
 CharCodes[CharCodes["NUM"] = 35] = "NUM";
 CharCodes[CharCodes["SEMI"] = 59] = "SEMI";
 CharCodes[CharCodes["EQUALS"] = 61] = "EQUALS";
 CharCodes[CharCodes["ZERO"] = 48] = "ZERO";
 CharCodes[CharCodes["NINE"] = 57] = "NINE";
 CharCodes[CharCodes["LOWER_A"] = 97] = "LOWER_A";
 CharCodes[CharCodes["LOWER_X"] = 120] = "LOWER_X";
})(CharCodes || (CharCodes = {}));

const TO_LOWER_BIT = 32;

function isNumber(code) {
 return code - CharCodes.ZERO >>> 0 <= 9;
}

function isHexadecimalCharacter(code) {
 return (code | TO_LOWER_BIT) - CharCodes.LOWER_A >>> 0 <= 5;
}

function isAlpha(code) {
 return (code | TO_LOWER_BIT) - CharCodes.LOWER_A >>> 0 <= 25;
}

function isEntityInAttributeInvalidEnd(code) {
 return code === CharCodes.EQUALS || isAlpha(code) || isNumber(code);
}

var EntityDecoderState;

(function(EntityDecoderState) {
 EntityDecoderState[EntityDecoderState["EntityStart"] = 0] = "EntityStart";
 EntityDecoderState[EntityDecoderState["NumericStart"] = 1] = "NumericStart";
 EntityDecoderState[EntityDecoderState["NumericDecimal"] = 2] = "NumericDecimal";
 EntityDecoderState[EntityDecoderState["NumericHex"] = 3] = "NumericHex";
 EntityDecoderState[EntityDecoderState["NamedEntity"] = 4] = "NamedEntity";
})(EntityDecoderState || (EntityDecoderState = {}));

var DecodingMode;

(function(DecodingMode) {
 DecodingMode[DecodingMode["Legacy"] = 0] = "Legacy";
 DecodingMode[DecodingMode["Strict"] = 1] = "Strict";
 DecodingMode[DecodingMode["Attribute"] = 2] = "Attribute";
})(DecodingMode || (DecodingMode = {}));

class EntityDecoder {
 decodeTree;
 emitCodePoint;
 errors;
 state=EntityDecoderState.EntityStart;
 consumed=1;
 result=0;
 treeIndex=0;
 excess=1;
 decodeMode=DecodingMode.Strict;
 runConsumed=0;
 constructor(decodeTree, emitCodePoint, errors) {
  this.decodeTree = decodeTree;
  this.emitCodePoint = emitCodePoint;
  this.errors = errors;
 }
 startEntity(decodeMode) {
  this.decodeMode = decodeMode;
  this.state = EntityDecoderState.EntityStart;
  this.result = 0;
  this.treeIndex = 0;
  this.excess = 1;
  this.consumed = 1;
  this.runConsumed = 0;
 }
 write(input, offset) {
  switch (this.state) {
  case EntityDecoderState.EntityStart:
   if (input.charCodeAt(offset) === CharCodes.NUM) {
    this.state = EntityDecoderState.NumericStart;
    this.consumed += 1;
    return this.stateNumericStart(input, offset + 1);
   }
   this.state = EntityDecoderState.NamedEntity;
   return this.stateNamedEntity(input, offset);

  case EntityDecoderState.NumericStart:
   return this.stateNumericStart(input, offset);

  case EntityDecoderState.NumericDecimal:
   return this.stateNumericDecimal(input, offset);

  case EntityDecoderState.NumericHex:
   return this.stateNumericHex(input, offset);

  default:
   return this.stateNamedEntity(input, offset);
  }
 }
 stateNumericStart(input, offset) {
  if (offset >= input.length) return -1;
  if ((input.charCodeAt(offset) | TO_LOWER_BIT) === CharCodes.LOWER_X) {
   this.state = EntityDecoderState.NumericHex;
   this.consumed += 1;
   return this.stateNumericHex(input, offset + 1);
  }
  this.state = EntityDecoderState.NumericDecimal;
  return this.stateNumericDecimal(input, offset);
 }
 stateNumericHex(input, offset) {
  const inputLength = input.length;
  let {result: result} = this;
  let {consumed: consumed} = this;
  while (offset < inputLength) {
   const char = input.charCodeAt(offset);
   if (isNumber(char) || isHexadecimalCharacter(char)) {
    const digit = char <= CharCodes.NINE ? char - CharCodes.ZERO : (char | TO_LOWER_BIT) - CharCodes.LOWER_A + 10;
    result = result * 16 + digit;
    consumed += 1;
    offset += 1;
   } else {
    this.result = result;
    this.consumed = consumed;
    return this.emitNumericEntity(char, 3);
   }
  }
  this.result = result;
  this.consumed = consumed;
  return -1;
 }
 stateNumericDecimal(input, offset) {
  const inputLength = input.length;
  let {result: result} = this;
  let {consumed: consumed} = this;
  while (offset < inputLength) {
   const digit = input.charCodeAt(offset) - CharCodes.ZERO;
   if (digit >>> 0 > 9) {
    this.result = result;
    this.consumed = consumed;
    return this.emitNumericEntity(digit + CharCodes.ZERO, 2);
   }
   result = result * 10 + digit;
   consumed += 1;
   offset += 1;
  }
  this.result = result;
  this.consumed = consumed;
  return -1;
 }
 emitNumericEntity(lastCp, expectedLength) {
  if (this.consumed <= expectedLength) {
   this.errors?.absenceOfDigitsInNumericCharacterReference(this.consumed);
   return 0;
  }
  if (lastCp === CharCodes.SEMI) this.consumed += 1; else if (this.decodeMode === DecodingMode.Strict) return 0;
  this.emitCodePoint((this.decodeTree === xmlDecodeTree ? decode_codepoint_replaceCodePointXML : replaceCodePoint)(this.result), this.consumed);
  if (this.errors) {
   if (lastCp !== CharCodes.SEMI) this.errors.missingSemicolonAfterCharacterReference();
   this.errors.validateNumericCharacterReference(this.result);
  }
  return this.consumed;
 }
 flushAndEmitLegacyOrReject(consumed, excess, char, valueLength) {
  this.consumed = consumed;
  this.excess = excess;
  return this.result === 0 || this.decodeMode === DecodingMode.Attribute && (valueLength === 0 || excess > 1 || isEntityInAttributeInvalidEnd(char)) ? 0 : this.emitNotTerminatedNamedEntity();
 }
 stateNamedEntity(input, offset) {
  const {decodeTree: decodeTree} = this;
  const inputLength = input.length;
  const isStrict = this.decodeMode === DecodingMode.Strict;
  let {treeIndex: treeIndex} = this;
  let {excess: excess} = this;
  let {consumed: consumed} = this;
  let current = decodeTree[treeIndex];
  while (offset < inputLength) {
   while ((current & (bin_trie_flags_BinTrieFlags.VALUE_LENGTH | bin_trie_flags_BinTrieFlags.FLAG13)) === 0 && (current & bin_trie_flags_BinTrieFlags.JUMP_TABLE) !== 0) {
    const char = input.charCodeAt(offset);
    const jumpOffset = current & bin_trie_flags_BinTrieFlags.JUMP_TABLE;
    const branchCount = (current & bin_trie_flags_BinTrieFlags.BRANCH_LENGTH) >> 7;
    if (branchCount === 0) {
     if (char !== jumpOffset) return this.flushAndEmitLegacyOrReject(consumed, excess, char, 0);
     treeIndex += 1;
    } else {
     const slot = char - jumpOffset;
     if (slot >>> 0 >= branchCount) return this.flushAndEmitLegacyOrReject(consumed, excess, char, 0);
     const stored = decodeTree[treeIndex + 1 + slot];
     if (stored === 0) return this.flushAndEmitLegacyOrReject(consumed, excess, char, 0);
     treeIndex = treeIndex + branchCount + stored & 65535;
    }
    current = decodeTree[treeIndex];
    offset += 1;
    excess += 1;
    if (offset >= inputLength) break;
   }
   if (offset >= inputLength) break;
   if ((current & (bin_trie_flags_BinTrieFlags.VALUE_LENGTH | bin_trie_flags_BinTrieFlags.FLAG13)) === bin_trie_flags_BinTrieFlags.FLAG13) {
    const runLength = (current & bin_trie_flags_BinTrieFlags.BRANCH_LENGTH) >> 7;
    let {runConsumed: runConsumed} = this;
    if (runConsumed === 0) {
     const char = input.charCodeAt(offset);
     if (char !== (current & bin_trie_flags_BinTrieFlags.JUMP_TABLE)) return this.flushAndEmitLegacyOrReject(consumed, excess, char, 0);
     offset += 1;
     excess += 1;
     runConsumed = 1;
    }
    while (runConsumed < runLength) {
     if (offset >= inputLength) {
      this.treeIndex = treeIndex;
      this.excess = excess;
      this.consumed = consumed;
      this.runConsumed = runConsumed;
      return -1;
     }
     const charIndexInPacked = runConsumed - 1;
     const packedWord = decodeTree[treeIndex + 1 + (charIndexInPacked >> 1)];
     const expectedChar = packedWord >> ((charIndexInPacked & 1) << 3) & 255;
     const char = input.charCodeAt(offset);
     if (char !== expectedChar) {
      this.runConsumed = 0;
      return this.flushAndEmitLegacyOrReject(consumed, excess, char, 0);
     }
     offset += 1;
     excess += 1;
     runConsumed += 1;
    }
    this.runConsumed = 0;
    treeIndex += 1 + (runLength >> 1);
    current = decodeTree[treeIndex];
    continue;
   }
   const valueLength = current >>> 14;
   const char = input.charCodeAt(offset);
   if (valueLength !== 0) {
    if (!isStrict && (current & bin_trie_flags_BinTrieFlags.FLAG13) === 0) {
     this.result = treeIndex;
     consumed += excess - 1;
     excess = 1;
    }
    if (char === CharCodes.SEMI) return this.emitNamedEntityData(treeIndex, valueLength, consumed + excess);
    if (valueLength === 1) return this.flushAndEmitLegacyOrReject(consumed, excess, char, valueLength);
   }
   const next = determineBranch(decodeTree, current, treeIndex + (valueLength || 1), char);
   if (next < 0) return this.flushAndEmitLegacyOrReject(consumed, excess, char, valueLength);
   treeIndex = next;
   current = decodeTree[treeIndex];
   offset += 1;
   excess += 1;
  }
  if (!isStrict && current >>> 14 !== 0 && (current & bin_trie_flags_BinTrieFlags.FLAG13) === 0) {
   this.result = treeIndex;
   consumed += excess - 1;
   excess = 1;
  }
  this.treeIndex = treeIndex;
  this.excess = excess;
  this.consumed = consumed;
  return -1;
 }
 emitNotTerminatedNamedEntity() {
  const {result: result, decodeTree: decodeTree} = this;
  const valueLength = decodeTree[result] >>> 14;
  this.emitNamedEntityData(result, valueLength, this.consumed);
  this.errors?.missingSemicolonAfterCharacterReference();
  return this.consumed;
 }
 emitNamedEntityData(result, valueLength, consumed) {
  const {decodeTree: decodeTree} = this;
  this.emitCodePoint(valueLength === 1 ? decodeTree[result] & bin_trie_flags_BinTrieFlags.VALUE_MASK : decodeTree[result + 1], consumed);
  if (valueLength === 3) this.emitCodePoint(decodeTree[result + 2], consumed);
  return consumed;
 }
 end() {
  switch (this.state) {
  case EntityDecoderState.NamedEntity:
   return this.result !== 0 && (this.decodeMode !== DecodingMode.Attribute || this.result === this.treeIndex) ? this.emitNotTerminatedNamedEntity() : 0;

  case EntityDecoderState.NumericDecimal:
   return this.emitNumericEntity(0, 2);

  case EntityDecoderState.NumericHex:
   return this.emitNumericEntity(0, 3);

  case EntityDecoderState.NumericStart:
   this.errors?.absenceOfDigitsInNumericCharacterReference(this.consumed);
   return 0;

  default:
   return 0;
  }
 }
}

function determineBranch(decodeTree, current, nodeIndex, char) {
 const branchCount = (current & bin_trie_flags_BinTrieFlags.BRANCH_LENGTH) >> 7;
 const jumpOffset = current & bin_trie_flags_BinTrieFlags.JUMP_TABLE;
 if (jumpOffset) {
  if (branchCount === 0) return char === jumpOffset ? nodeIndex : -1;
  const slot = char - jumpOffset;
  if (slot >>> 0 >= branchCount) return -1;
  const stored = decodeTree[nodeIndex + slot];
  return stored === 0 ? -1 : nodeIndex + branchCount + stored - 1 & 65535;
 }
 if (branchCount === 0) return -1;
 const packedKeySlots = branchCount + 1 >> 1;
 const branchEnd = nodeIndex + packedKeySlots + branchCount;
 for (let index = 0; index < branchCount; index++) {
  const packed = decodeTree[nodeIndex + (index >> 1)];
  const key = packed >> ((index & 1) << 3) & 255;
  if (key === char) {
   const pointerIndex = nodeIndex + packedKeySlots + index;
   return branchEnd + decodeTree[pointerIndex] & 65535;
  }
  if (key > char) return -1;
 }
 return -1;
}

const BASE91_INVERSE = (() => {
 const table = new Uint8Array(127);
 let code = 0;
 for (let char = 33; char <= 126; char++) if (char !== 34 && char !== 36 && char !== 92) table[char] = code++;
 return table;
})();

function decodeTrieDict(input, resultLength, atomCount, dict1AtomCount, ngramCount, dictSize) {
 const base = 91;
 const inputLength = input.length;
 const twoCharBias = dictSize * (base - 1);
 let pos = 0;
 const readSlotCode = () => {
  const c1 = BASE91_INVERSE[input.charCodeAt(pos++)];
  return c1 < dictSize ? c1 : c1 * base - twoCharBias + BASE91_INVERSE[input.charCodeAt(pos++)];
 };
 const dict2AtomCount = atomCount - dict1AtomCount;
 const slotCount = atomCount + ngramCount;
 const single = new Int32Array(slotCount);
 single.fill(-1, dict1AtomCount, dictSize);
 single.fill(-1, dictSize + dict2AtomCount, slotCount);
 const start = new Int32Array(slotCount);
 const length = new Int32Array(slotCount);
 function decodeDelta(count, off) {
  let previous = 0;
  let slot = off;
  const end = off + count;
  while (slot < end) {
   const code = BASE91_INVERSE[input.charCodeAt(pos++)];
   if (code < 89) {
    previous += code;
    single[slot++] = previous;
   } else if (code === 89) {
    let runLength = BASE91_INVERSE[input.charCodeAt(pos++)] + 2;
    while (runLength--) single[slot++] = ++previous;
   } else {
    const next = BASE91_INVERSE[input.charCodeAt(pos++)];
    previous += 89 + (next < 90 ? next * base + BASE91_INVERSE[input.charCodeAt(pos++)] : BASE91_INVERSE[input.charCodeAt(pos++)] * 8281 + BASE91_INVERSE[input.charCodeAt(pos++)] * base + BASE91_INVERSE[input.charCodeAt(pos++)]);
    single[slot++] = previous;
   }
  }
 }
 decodeDelta(dict1AtomCount, 0);
 decodeDelta(dict2AtomCount, dictSize);
 const references = new Int32Array(ngramCount * 2);
 let poolSize = 0;
 let ngramIndex = 0;
 function readNgramReferences(count, startSlot) {
  for (let index = 0; index < count; index++) {
   const slot = startSlot + index;
   const a = readSlotCode();
   const b = readSlotCode();
   references[ngramIndex * 2] = a;
   references[ngramIndex * 2 + 1] = b;
   ngramIndex += 1;
   start[slot] = poolSize;
   const entryLength = (single[a] < 0 ? length[a] : 1) + (single[b] < 0 ? length[b] : 1);
   length[slot] = entryLength;
   poolSize += entryLength;
  }
 }
 readNgramReferences(ngramCount - dictSize + dict1AtomCount, dictSize + dict2AtomCount);
 readNgramReferences(dictSize - dict1AtomCount, dict1AtomCount);
 const pool = new Uint16Array(poolSize);
 let write = 0;
 for (let index = 0; index < ngramIndex; index++) for (let half = 0; half < 2; half++) {
  const source = references[index * 2 + half];
  const value = single[source];
  if (value < 0) {
   let read = start[source];
   const readEnd = read + length[source];
   while (read < readEnd) pool[write++] = pool[read++];
  } else pool[write++] = value;
 }
 const out = new Uint16Array(resultLength);
 let outIndex = 0;
 while (pos < inputLength) {
  let slot = BASE91_INVERSE[input.charCodeAt(pos++)];
  if (slot >= dictSize) slot = slot * base - twoCharBias + BASE91_INVERSE[input.charCodeAt(pos++)];
  const value = single[slot];
  if (value < 0) {
   let read = start[slot];
   const readEnd = read + length[slot];
   while (read < readEnd) out[outIndex++] = pool[read++];
  } else out[outIndex++] = value;
 }
 return out;
}

const decode_data_html_htmlDecodeTree = decodeTrieDict("!}.&u%}'&}*'~!6*)%&,~!J~!J~%L~y<~!R,~~%Lu~~#GD~~#|)1#%}^%}2%+#.##%##%}&%##%'#%##&%#%#'%#&#%#&#'#%%#&#%##%#)%''%&%#%#'%#%%#%%}%%%#%#&(23#%%#&-%0%('1#(##%#'##+%'*.:1}#%#6-+(%'%%#%%%}#L'2351&('%}&/N'(0(/*-%(%%}#'+&T%7.2}#&%&#%#36/5##%&%%#&#%%#))2%%##%&&'0~!#*+&'%1~!%).'3q?&%'1~!.##%6(~!+%%%(Gw'rT~!E#<nA%#jZ~!H%(~!42##~!*31&~!G%U~#)5~#`3~!J~!Z~%]~%Y~%C~!q~!u~#kz~%#~!6'~!D~!U~!?~#T~!c%~!G#'~%7|~!G~!J~!G&~#pb~(Df}#%}*&}#%##%##%##&#-}&'#'&%#.++}%mI,#,@&(}*%}*'%&##&#%##%}&0}#.},U},%}+%}&%}#%##&}B%(}(%}+%)})%##%#&}&%##%&}<%}>%#%&}*%}(%}9%}/%})%}*%}*%}?&}&%}3%}&*#%})%#%#)}#&#-#+*%E%%'%'#%}#*V##&##I}#&&##%&%#&&Qf%%))w/0+&%#(#.%-''''++++7}>%4'',##1,#%#&%##&#'##&#*#9)%&%}#*}%,#+P(%A&%#'&##wSD',9E00#y#@}(+}&%&>~!#~!X}#*}(&&}(&}(,%}%&#+&}#&}I%#%}%)#(},'%#*}4%%#%}(''}#/##(##),%-##%%)#&}(.}&%#&}%%}*&#%},&&}&%}#%*'#%})%}D&}&%}-&}6&#&}-,%}#%})-(~+`~,=?~I9'9%~!,#%})%})%}@%}?%}(~!?~#<~#pP~#BG~#=1#%K+~#?#~%;)~#A~#mF1~#A'~'X%'~#lR~#N~'N~#r~#m#-~#i'?%#'%~#B%##%,%#~#_%#0%~#]732~,w~2+#:&#%&'0%&>%}#>##F+)#%&&#(+_}4&}-%}(&}@&}O7Fdf0@+/v4}&WU##&/0#&'('B#%}.%}'+#%}#%%&#&%#%##+#&#)#6#'#.},%}c%},%#%##%&#&%#&~#>'*-.%##%##%}#%%}%'~#)D1}#%*&~#_%%'(~#S2%'.}#~#=##*'*-%}&'%'##&&~'E%.#&~#M4}%%##&'%#~#O1##%&#'+~#<B%##%%'%+~#;#@%}#&%#&&%#(~#H1}'%'##&&~#?A}&'~#D#%32}'&&&&~#[}'(#%}'~#;C})&}%%#%~#=&%,3}%'(#%%~#^'#&&)#%'~#Y%-~#d-%'~#^%%&#&&&}#~#b~2t*&'~&(~&@~0%~e~3}%*''0})&}+~!9##-}#%-hD*)1fC#%/&/fB#40~!+#)*4~!+~!K'&:~!/*7~!.#~!H~!L':~%x&~!H#~!*~%1~!I#~!+A~#p'~!F~~#-#~,,(~.Z~!V~%;'B'mq-W~!N~%I%#&&#&}#%},%%}'%}+X#%}#&}(%}'%}<%}#%}%%'}'%}:~![)9@~%>~#UA%-%##&~!C%~!-.9:~!1~!-^2/:a~!y,D*J#-5)/4~%23,~#G~!L1~!0X3`~!2+~!!0-~&E~!W~!o,>Y&]~%cZx_&~#O*9#A#'#+I'%#)~!0B*-5A+-((F&*M#)(-7-5+'-3a5Vi~!Y~!?+[)%3),ERHm~!+:D,VG.+)?fB%%*(%)'(#&80%1'8`K8?`+'Z#&O&'H5#*9)A%%5&3))0%39+.*7#()&&*=4@**L)<'_&*+..;(#*+)./&0#3)%')-8(4ixD(&.}%,('aI:,)%,k2231T)I'#/-W7,/'Q#.'Y24+h')37</31&83##&0#),H(?'&?/1##%#&&#%''-%&&&#(&''&#.-'%#%%(,')*'&#&#'##%(%(#%('#&##%%%%('%#%#%%#%#&%##h>w+v<ayvyvcg.uuhKr}g/v|g>u9i[~>g5uI~=RvdwEg;v/g;uk!!TTSx]@RT!U!#!@VBRUU!'UTe-d0c`e&gSdicedFcrdTaqb.kYcAohdYd@a3e+d}dMdtd.aJ#bqcK`dle/e.e'dwdPdodddjbEb}ogd^ofdpduc6j?l%d{drdqc)d7bacOdQ%T#Y)X.sR[yH>6Vyv3[xwLu>vo'!*.[yBacahoj>6Rew3[xqdZa#!a&#^(X-[yG>6Vyu3[xvg3sEr|g.u/Ri9db0T#^(Xa)!-[y;>6Vylg4wKs{JwNZt3@3r=c4Z([xlg;wKt!cpq's@v7A'*a(a+!-a#[y<3Dt?3Dt'>6Vym3[xmg9rxsNJwLZt4~?r?db1T#`-!(Xa,!0[yS>6Vz%NuQs.g4wKtnJwNZtS@3r>c4Z([y%g;wKtrdga8!a(!#&T*Y-Xa#!a0<or[yc3Dtq>6Vz43[y3JwNZtf@3s!Ju}!%Dti:pm3c_%X#tjB5pkd6q!r]u?voC'*-a.a2!0a&a+[yI3DtI3Ds~3DtH>6Vyw3[xx;:s#~<5pKJwNZtE@3r~d`a)!a2T#a.(!+U.X1[yT3Dt`3Dtv>6Vz&3[y&g9rxwzcxstPu.<rAJwLZtT~?r@dZa%!a.&^*Za(/Reu[ya>6Vz23[y1g3sEr}wkg{NuQRg{ci(U#5@b`~,cg#U(2WnH5wugcRh7dX#T(Y,a'Ta!!a,[yZ<]mj>6Vz,3[y+Pv#5ReZKu+=,%!H}7ABwkaS?Rh:BcW(X#<]mrj:ubv/ARekdg%!(!a.*Ta(Y.X1!#sP>Rl*Dt6[y>>6Vyo3Wf*jOvuumvuRgRJuq*!:9<B@bX~3jVv&v@s@5Re[d/rQt{uAvo&a&a*)a2!,0Wf!3Dt0=Bs'>6Re}3[xy~<5s%JwJZt1~Gs)c;&!#2sJkNuXvzq7rxu,Re8dka4!a8(aEZ+a@Y.X1Xa)[yd=Bs(3DtP>6Vz53[y4cX#X&Re:avRe9~<5s&JwJZtQ~Gs*i^rzvdRg+Jv{%!2sbB@bX}kdga,!Za?&^*T1/!a'Dt+[y6>6Vyf3Wf%g/u;s4hGu6?Rh-JvZ,!c%#&RoX54Rivj7uyvf8RgTKvZB%*!2sGh<vu5Rgq<=C::9bb~#dZ#T&Ta6Y.X*Dt>[y93Wf)coZ(T,6VyifluvRgC@95@B@bX~/hFu34cC#T,k/unq8w8Q5RkUklwQuzunq8w8Q5Rk8d/rJu?v8w9)-&!a0a;a&aIWejg3sEr/h1s<DtDJvyZqY5aws3Jvy!&Wei~Hr1:au5@Bag>23E~5c:Z&bX};kKv?w&unuVu5Rjc;>bs)#~@:Rh.=ay<a]C;b`}Vd6s/t{uAvoaxa()!a,a7%-a#a2Dt,[yF2Wo[>6Vyt3[xuNuPRi&NuPwpi#RoWh?vf8Ri%Jv]!%Ri:KvxD!.'2WeAjZu`q9rxu,Re7woeAg-unLq(qA_/*2Wg_g3u5q^9:4E}/jTrxrzv=Wkkd~0UX#^^Xa-a1a5T&a=U1a'*aEa]!a*aPaA-adok[y54Rn>;:p3~Dp5g9rpsFNvZqjg3uJp4~<5p0Pw;5qlJwNZt*@3p1Pw:5p/Ou!5p2JvG'!6Vye=<qnJvh_[xhg3v,Rh3kOwOw-sDuev/Re^dha[a%!%!a+#Ta7)-5TaCaO!aka!a)sf[yb2>Rl!9ARiq5E}Qg=ucRkBE|oJrJ_@Wk~@Wk{JrJ_@Wk|@WkyJrJ_@Wk}@WkzJvO_[y2g-vMRmiKuYC!)&>Ri;>Ri<@3RkNc](X#@9Rk=g5vuRmhKvDB!+'=]meg3u4Rmgd)#Y'Vz3CARmfd`a+!%T'!+#Ta1Ta6TaM-sTDt9[yA9sYd'%Y#s[[xpj:ueunaXRgEjRq,v-vuqdd2'`#6Rev<32@5>:2<E}5xIo9a*X#Y(;5RePJvD_g>vyRgNj8w)v8<wggs:RgXiZt|vjx,hSq3ah!-(~@:Ro/Ou!5RhWj^v(pyw8unRhUdx-UY#^Ua.a3a70!)%UX1TaDa)'omRiRRhE[y:3Dsz=Br,>6Vyj3[xkg6ruwjcqsrPw;5r*Ku]D'Zt-@3r(~?r.i[vwv]dU1a--U#`a4(g/vsRhPOu!5RhLj:rmu9Wo!~@:wdh@g/vsRiTjXuvvNr}:RhBj^v(pyw8unRn]dz1UYa'a+^Y(!aETZalaRY.Ta?a4[yDJw1!#qLsW>6Vyrfzq-pLflpwRe|Js>%!Dt@3Dt&Jvy_[xs~HrnjMuwpsw'RecKu+D#'!t<~Grl~?rjg5u-x,gwp{ah!-(~@:Rg~Ou!5Rh'jXuvvNr}:Rh#cW#X/c;&!#2sLi[v7u7RgpJv)(!iLrxu,Re6j7v@s@5Se[e7d`aW!Za(a`T.a#!a3!&aDa-!9)Dt_=6s+3[x~~DR|h~DS6avhGun5RkZj3w)v-]mkKunB!&*]kb97R|i<ARk<c:Z(6Vy}Juh'!wziMRoS:F|vkLuauJv5vtvQRh1d='T+Y#VyO~DR|jcF#T'7R|g97R|kJv3'!ay<Rj,Jvh&!:ReXcsa6*a+#a#_aIRf9aLRf?c,Z&Rf5Rf7c.Z&Rf;Rf>cQ#%T'p-Rf8Rf=ct#%'(*!,p,Rf4p+Rf6Rf:Rf<d~'Ua%U*^UYa(!a,-!#a4YaTalaEX0a8a<Weo3Dt/3Dsx=Br93Wen~Dr;~<5p<JwNZt2@3p=Pw:5p;Ou!5r3c7&!#:p>3Ds}KvGB)_6Vyk2sM=<r7x'eovA(!hFu1ARf}cV#X&@r5j6rvwQa^Rf3c=Za'wkghJv__g;unRggA53B9=b^}%j6uduo5Jq;!(hIv%2Re`Ou4ARe_e%a#^^^Xa&!a*a2!&a6YaP!*ad!#a:aE/5Rn?[y@>6Vyp;:pE~DrY~<5pBJwNZt8@3pCh=rt3rWPw:5pAJup_[xoNuPpF9c!#'45pD5ARn)d8#X'X*3@rU72s]h>v<<sSjJpqvewOJq/(!hNw'5ReBk0s2u3w/w'5ReE5@Jq.!a+JQ!&WeU23d(#Y&RjG5]jBk!u7w&u0udARjEe#+^^^Ub#!a2/a`Z(agT1!a-a;|@TaG!aS[yV=Re~fow'RguNuPRe?bz#'>RoUWeL>:Cbb|?JwPZtVg6ruRmzJvD'!6Vz(g/vmRh~Jvy_[y(g9voRgyx*cy(#2>Ri2B9b]~9kIw9u7rluJu3Rg]dI#a%UY'@=p%CAx.gQZ&RhwwygtRm{x5g_Z'+ABqR9Woa=Bp&dV#^*Xa'!&@o{g4v]Rk;Jv{!%Rk[wkkiA5RkiwwfUB=x,fUuqC&*!>RfTg8v0RfV~ARfSd;rJsAuAv9wR'ae+/aO!a@aza/a#[yQ@Wg!2Wemg3sEr0JvB_g>uvReWg2v+Re=KupB_+[y!2AbY~-~Hr2AJwD!(h<~El>h<~El?Kun@+_:9b`}Kg-v/Ri3g;vtwyk_9]k_d=&T#*U.6qh@Ab`|K9:H|CJv[!&3Dtex'fDwC%!Rf[9WlMd[(^X,!a%Z06Vz!@WgBg=v~Rgvg,QRe@awd,#Y+jTv|Q~EfWj]uNr|~FRfXdy#Y&^Ua%!aO.!(a)Ua;=!a@aKap!a-,a!Ta]a[rSa]p?[y82sK=Bq~;:p:~<5p8Pw:5p7d'#Y'Wf(;RnRi[u4w&RgJJvG'!6Vyh=<r#ijuuv/sIKuYD'ZtG@3p9~Gr&d2#`(g<vtRgFj`u5w&rqpxRf2CJuY!+:wfnTOu!5Rg}jNs1ucv&RfwJvA!&3@q|BDcC#T,k/unq8w8Q5RkTklwQuzunq8w8Q5Rk9dga#!a'!a=#a0!:+Tb*b@aO.a4!aba8aFJv^}?!VyR~Dr<g;u%Rn.~<5p[x'e`wNZtR@3p]Pw:5pZhNvjBp.woe_g5u-r4JwF!%DtO3:ooc7&!#:p^3DtpLuGw(!+%)Dtk6Vz#2sd=<r8d'#Y([y#<x3gJt`w@!)%}MRiowzikRij=]ilxAf3,U(#B2Rf#g0v-Rm[ck{`U#]giKv3>)!&6Ri154s,KuGB_%@r68r:dJ|t`#X(9<E|u2@H|rx3gJu?w'!+'1Nu7Reg4=H~+9<wxgY95Rm]xLggZ-`(X}U2:Ri4h<uOawRmsJv__5@bb{jbV~3dka#a'a]!,#a+U=a>b6a3b%!/aKa/)!arwve^VyJ;:pR~DpTg3uJpS~<5pOPw;5qmPw:5pNOu!5pQJvG'!6Vyx=<qoJvA!{~Jup!%@qk7Rn/KvyD!}''[xz;>wkh'?Rh,x8gyt`w5D!&),(SgyccRgztJ@3pPB5p#d'(Y#<]mmifubw&RgoJvE&!82s^JvF&!8Rf,ADb]~;x=h'rNu]vK!,%'*0RnORh)4Rh*AqQg-vaRnNg;wHwkh'ba~4cE#Ta*x3gctyw@'!+%RnFRnD<4Rn@hFvK5RnCxWg[#`&a0Ua()`1Rm75Rg[c]%X#qi8Rg^NvdRj>BwzgZauwji7Rm6A4wgg]d1#&(*,.0a#Rm;Rm<Rm=Rm>Rm?Rm@RmARmBe%#^^^Xaea?aC/b+(,!a+a#!a/!>a&Ta<aKbD!2wphBRnk[yPw}hE|.=Br-3Dtm>6Vy~g6urRf.x,hPrNav!%'RnqRo%Ro#Nu;q[Pw;5r+JwNZtM@3r)d'#Y'Weh;xChL#`&RnmRnoKu}>%(!Rne~Bs-;2wjcussJv+'!aYSO}6@B<5?ba~8LrNvj!.%*ROwungw~ng~:9;Ri^>wtnig;wHRnixDh@|(UZ.x1h@|)!#:2<H|*xHn]#-UX'3Ro)z=iT}6ARns=Bwsn_wpnaRncw]aR(#UXa&Ua*a/=]iPd'#Y&Ro'WnXf{QRm2hNvj]nZd`'T~&1`{|`#9b]{}c:'!#Wl{>@=be}]?cl{{U#:5Abb}Jds#^YaF!a*b4a#a3aPa>&Tb!bH!*a_!Eau?/a&RjY<]gj>6Vz*;:pe~DrZg,QRj1JwNZtX@wihspcJvZ&!VyX9WmOJu|!|N2WmHJvh&!]ht~Bpbcn&T(!#RmQ<s7Nu;padH#X'`+WmJ@>RmKCARhnKup=!)&Wf+:RhqNuPpf9c!#'45pd5AwghpARn(Ls@w!%,)!RmP@Wfe<E|IJva!&WmNg8vsRmLd`*.`#Y'Xa!axRn*]hrA8Rhug5s@rXg8u!RmMd8#X'X*3@rV72smdI*#UY&RmICARho~GsgxVgd)Ta'U-Y&Xa!T#RnEWnA@Wffg1uDRi0hFvK5RnBxGnG&#`%owp)@wsf+bX}Ze-*1!a*^^^Ua|!#a.aq&Ya2!a>.a6!a:aO`aJDtL[y`@Wg#>6Vz12@wzoYRoZNuPRi!NuPRhzg=ucRi,@=b`{Yg=ucRi-ACJvB!&Sh[ebSh]ebi`wUuFRm4Jw2_[y0JvB!.<Ju(!&SoG}6Shd}6<Ju(!&SoH}6She}6Kur@._g5vHRieJvx!{L2G{Kx6gd'T#?Rh82Wi5cZ#X(g1w)Rm5dW-Y(Ta#!a)!#aYa=wnfE=su2>>bU{0j9udv:<svj8uQv-7RgHdE%#^'sq9sp=>Bb_{TJv`!&g/r|snj6v(us5d,#Y(56H}[978H}]Jw5!&g1rushJvB!+j;v{u5?zDhd}6}bj;v{u5?zDhe}6}ce*#`(^^^a[aea!=!a6a*aoXb1a.!aAbL!b>,b'aL!aV@Wf|2Wlg3[y/JwNZt^@3piPw:5pgJunZou3@rsJva&!Vy_g<v~Rm#JvG'!6Vz0=<r{Ju{%!:pj@WfsiXuJu3Rm:JvZ&!WfA~Bph@c4Z&Dtwax5rubx(#:awRk1@d,#Y&RfjRfid1#,Y(@Wfp2Wlrg5s@ryKu[@!,'=]ig9wlk?Rk>g5u-rqJvy'!@9RkQcH(T#=>Ri~@<wkj(Wj(KuZB*!&<7rw@9RkRcH(T#=>Ri}@<wkj)Wj)dg(Ta2Xa9X#`-!a*CARhg@@=I}d9x;c~#X%so=<sj>2@@=aybb}XjWv0Q~EfEj3vLv;<d,#Y(56H}`978H}_dgaPaFa'a/!#a3Y0a_a;a|!1(a7-[yE3[xt;:pJNvZrrg3uJrvJwNZt=@3pIh=rt3rxPw:5pGOu!5rpJvG'!6Vys=<rz@c4Z&Dt(ax5rtJvZ!&~BpH@wsfNg-vaRlNci*U#=<wei<F}a5@Jq.!a*JQ!%@qZ23d(#Y&RjH5]jCk!u7w&u0udARjFd/prq=tyvpaEa(a:.!a1aZ(@@=I}:9wpd%=<sX55w_h}@@=I{t=ay<aU@@=I}T=ay<2@@=I})?C9:9au@9Cb]}DP~=x-fAZ(2Wl1=ay<aU@@=I}>5@d##Y+jTv|vV~EfFj]uNpn~FRfGdgaK!Z2&!a8a-Tb({E!acTbM*!a(DtY[yYd'%Y#sl[y*hHvh>Re5x2c{Z}.j4uCvcawRiMd+#X+_x&d!},<5RkX;2Hzw@x,gavfB-!{CcF&T#Roe;RodwWbBg5urRgaKvHC*_6Vz+<4opieuew&Rmq@d]&Y)X,T#X0Rh}<BqP=4qS9:ReMg/ujReNJw0!/<Jui%!bd{kawwnemRelAxUa?a3#*.&UX(Ya+a/RhvRnQ<o}9Wmtd-#Y&RgSRmw9;Rmxay=Rmyg-vaRmuxEhSrNu,v-voC!%(aR.a(a7+1Ro1>Ro5CE{A9b]{@;5x#eO{:g;urRi+KrNA!%(Ro3>Ro79;Ri_Ku@>{;&!x%gX|{KunA_+g5QRj/g3u5Rj#g>uERj%wio/xRhS&!,!#^1U}wba{8>>@=be}qC@:D5ba{7Ku+A&!}x?ba}t>>@=be}se(aA^^^Uat!b0#{pa+awUazbGa#aLb9bgaWac'a5TbS=Br!d1#`%scp_Jvl!#rT>Re0JvX&!VyN=H{Fcm#U&:pY=ReaJv2&!]h0=]nUJvG'!6Vy|=<r%JrM_=]h2@Wlud'#)U'Wf'b]{i=]h/Jvh!&~BpWg=v]RnMx+ny#'Nu;pVwjnu=]nwxJnx,T#`&Reqwjnt=]nvieu9vrRjLLuYwP(#+!th@wih5pX~Gr'g5v/Rh4KunA'!-CARnP@wwiN:Rm_9x'cvw>!|l=<saKvAA!0&3@q}>w^e1bp#&Re2Re3BDx7gH#T|f5H|eKuZ>!%(:qNAH{]Jv6!+3B2B9=b^{X<5<B92:E{ZLvhwA(a;a%!igQuyRmad+#Y}m@3Rh5d8#X'X*:AqUAHzmaxwbh<aXRnVcF}RT#Nw&cj#U(BWnug/vsRntdka)(a3+.Zb7aYYan1!bVa@Xa}[y^@b[{G=H{+hFu73Rj&Pv#5ReQcK%T#sig1v{Rj'Ku+D#'!t]~Grm~?rkKuMB!01d5#`'Vy.ta3Dtu~Hroc8#'{^45s85AwZbP&!#Rn!wghxWn#KvEA!)&2RlA2RlBx:h|#(T,=]j09Wobz>x]z/@awRoTd+#Y(az]hFhCrm4d,#Y+jTv|Q~EfMj]uNr|~FRfOdCa!Xa9_X#@<plJvf!%b`{(9;Rgwc;.!#2x7cw#T|UDb]|T5Ju={(!=@E{&Jv)&!Ab`{'awJvf!~*>>@=be{#KuY>!+&4Ezyi[ugv&RjIdea+T)#UXa&T-T&a!Rh9auRmW=]kLg5vuRn+g3u4Rn-Ow6ARn,hHus5xNk?#UX(U~)/g8v0RkD~AwkkF?Ri.OuNBwkkA?Ri/d|a2`a*^UYa.!aBTZaTa'Xa;!(!2!-a#b2[yC>6Vyq3[xr2Wi?g1rusVh%s?DtF~<5rbJs;%!DtBfswKtCj[uvuSsEu3RgVx3o:u+wN'*Zt;@3rd~Grh~?rfg8w)Lq)qE&-a%!>bI|`jWv0vV~EfCjTv|vV~Ef@j]uNpn~FRfBcK#T']gWNu7x,k7q4ai(0!hHv8<RhmkMu9vrsBuev/RhlCJvB!,g<v{wchh~@:Rhji[vrv{wchi~@:RhkdS&a5UY#Ta!RgPwwiI5BwciI~@:Rh`x'iJvj'!5]iJPu8Bwch]~@:Rhach)U#h3rp]gLh@t|Ax,hTq3ah!-(~@:Ro0Ou!5RhXj^v(pyw8unRhVd|)`,^UYas!a?/a2Z'a^Ta{Tb7Ta(a#!a,Wf&9sZ3DtAadamov=Bqt3[xig8vsRm~>waiL2b`{QJv*_Ouv2qgj<v]v2BqfdR'X*X#Y-@3qr~Gqv~?p6hHv-]glPup5Lq+q?_%*b_{qF{n9b^{rOu4ARhpKvCD!+&~Bqp:5Dbb}nwoiKl&unuTuBv]v+ueunaXRf0=Jvh!0nKufu8v1w&w7q%w&uHrz:Rgnj5w,uxDJq/(!hNw'5ReCk0s2u3w/w'5ReFd>Za&!*UaA=<wkgsRnSJv^!%Refifw3vyRgOKu_B'!,<]gkiiu:w&Rh<=C@a^<B57@2F{[<B5@aW:=3away9A5aW=<B=C@a^<B57@2F{Ie-#`(^^^bCara.b8aza6!/bZ,!adTbnTbOb+aFaS!aAT9@Wf~2Wli3Dtl2@d,#Y&RfnRfmJwJZtN~GqyJva&!VyMg<v~Rm%iXuJu3Rm9Jv[_=]ih9wlkDRkCd1#`(@Wg>2Wls3cH#T(@<Rj*=>Ri|b~'#23s9h<~El.d'#Y&Dtxi^rzvdRl#d*#U%(o|B2s`hJwSaxRmDKv4B&!1:Rmdd5#`'Vx}to~Hq{x'f1v3(!BA5ba|bJv_&!Wfug1v]ReIdO+U/Y#&G}-8wze=Rh{g1v]ReHg/uQRf/by#)ibQwERl/cH#T(@<Rj+=>Ri{cNu+vlax-!(#a0qa9<Rii2;;bU{H;x<i=&X#Rk`<4wwi=C9H~8xAI(Y#<azRi@45wXI<B9;5bb~7dL(X#Xa(+!aL6Vy{g5QqOau:5au2@ay547EzbxOcU(UX-T#Ta#:Cbb|A?wjh/b_|SOw6ARgtihr}u7Rhy<d1#T)X1@@=I|~=ay<2@@=aybb}Sj3vLv;<d,#Y(56H}A978H}@dGpvs@uAu`vcw9*!aFa+ai%(b!aXa8.a?a[ozWey=sU2@G}Nch&U#Rf_WexKu+D#'!t:~Gr`~?r^j]uNr|~FRg*j^psurwJt|RmcKv)@&!)7Rkv~Br[@wxfO:Rl3co#U'6Rezj_q#vIuavjRltwzeyh@vr5JqD0!>aY?C9:9au@9Cb]}9cl#U*5;5<H||jbuus1ucv&Rfvg1v~d/pppzqFr^a--a~!aMat1(hFv;Wiz@@=Izoj5uuv-7Rix~Cw`fk2WlVcZ#X,k)u3vWs@u2]ktg;wEx'fBq(_2Wg/jTv|vV~EfoJv]!15x'hzqG!(P~EfU~CRl_j6v(us5x4i-#T(2WmZ?C2F|d>Kq<aj1!*jTqIsBv=Wl`~Cw`fi2WlWj`v0u*~>RlR=c>Z,k#u3vWs@u2]kr<c1Z+jTqIsBv=Wla~Cw`fm2WlXdmb3!a{(arZa`bkTa%TbQTa-a9+c'!aM!/[yL=Bqug.w'RifhFvyDRj.g>vgwyk^9]k^Jv3_@WfbAARkhJw2_[x|JvB_wkoIRoKwkoJRoLd'(Y#<]gm=<9<H|yd'%_X#skDtb3awwqkgNulRkgdB#^',9:p'hJwSaxRmEBwVb8@4=H|qLu+w50&!)@3qs~?pU>Awwn;;Rn=c:Z'ARn<=<qwKvC@!/&~BqqJv6!&]eVb^z^xRge'/a%+^`#Sge}6<4Rn3=]n0Pw2>Rn8Jw0!&>Rn:>Rn6cY#a7+!a&=<wkaNw~h3z_c5Z{=wjh#=]nLKv^D!&)Vyz=bW|swYb<WetcG#T(2wxa@qVx@gD#Y&b^|V5JwG&!5bb|pg/w&RgD@x=kHs=uAvn!a%%/'+RmSRh694Ro`g-vaRmRhHv-]mlxCcS#`&ba~.5cD#Ta)P~=d,#Y(56H{>978H{Dd_#{2^Y%_+qbbb{6g3sERhsbU{?dfa.,`a(Xa<!aiX#(55RiG54RiHcI#T'WiU3RiVNvdwtfcRlKNvdd,#Y&RlHRlExQgf.1*^T'X#Sgf}6Wn4=]hfPrk>Rn7Jw0!&>Rn5>Rn9Lunw?&a2!,5<oq@@wqfdRlJj5Q~=d,#Y(~ARfcOuN]fdDKw;ay(}i!547E}j?cI#T(@5bV}iCbV}hdv(^^Tb?a40,b##Tbo!a*bR!a<b|a/!aKai!aU[yK=]o^g:v>ReGJwPZtK<7Rh+h<~El,Pv#5ReR@awwxjCg,ulRjDJv6&!]j!z?aQeeg>w=Sh<eeJw;!&axEzOg,Qosc!#*:wkeJ]eJ>x'h-u(!%Ro.w~h.zPdNZ(X,Ya![x{;9ReY;wkgxRiF:x?ap#Y&RmUg<s2Rkod]+UY0TZ'!a&A9sw<=bczLNvuw{gqzNhJwSaxRmCKuLay!#&s_Rf-55b^{uJvZa!!c%#(55Ri654wmiu5RiuawLu,vp!+}^%b_}Y9;wkgxba}o>A9:=b^}zKuh=a''!3awRk3c*'!#aHRk6c+Z&Rk5Rk4Jv)&!awRjSawd9*`#0?C2@EzMj8u<uJ5RmbjQrquJu3x,k>uq@_+=ayb^|W~ARkEOuN]k@7dhzV^X/X&a-#zRzSb`zXcJzTT#2WkVKvDBzW!%FzY9;5bbzWjQrquJu3Jw3%!b`zU=ayb^zQd:#X(T-a!6Vyywxh}=b]{Jg=u1RiAdGp~qHtzv!w(wA+a+a;<!aJaYai'anasb(=azRmV:Cbb{MLq2vb!%')RjuRjrRjtRjqx3jnqCw3!%')Rk(Rk+Rk&Rk)Lq2vb!%')Rj{RjxRjzRjwLq2vb!%')RjsRjpRjfRjex3jcqCw3!%')Rk'Rk*RjkRjl9<CbbzfOu4ARhxLq2vb!%')RjyRjvRjhRjgx=joq*uKvb!%')+-Rk.Rk%Rj~Rk-Rk#Rj}x=jdq*uKvb!%')+-Rk,Rk!Rj|RjmRjjRjidAq&qKs@uAv8Aa.'*-a@a&0!aM@a5[y73Dsy3Ds|3Dt):wxgI2sHJwJZt.~Gqxwsf0ikrzt}Rl0Jvy_[xj~HqzKv_A|D!&WfP8axRoVcf,U#k(v]v+ueunaXRf1Ju}'!g8u#Ri=jQw!sCunLprq>!,')~<5qeGzq9F{W=c##%s5au:5aU3CBE|;d4#X(D!a&6Vygx(b;#(=]ed?C2F{N<capoq2r[a&!aPa9,'Pw;5s:@@=I|,55w_h|@@=IzcP~=x'fCqB_2Wl2>aU@@=I|1OuNBc1Z+jTqIsBv=Wlc~Cw`fl2WlZ~AcTa%!Z+jTqIsBv=Wlb~Cw`fh2WlYk+uNqJsBv=WlSg,u3dca3#UXaMYa)TaB-=cM|7T#<bI}l5@B932:aV2G{BOuNBJq:|M!5Ezt=<B=C@a^<B57@2F{v>cB{/T#=ay<bI{3Jv6!a.6BKq0ah&+!5E}HP~Ef{978BaU@@=Iza<7d#.Y#978BaU@@=IzH~AJq0!(@@=IzG978BaU@@=IzFe,aU*Y&^^^bvJb,b:bFad!a,c2Ta>aL.bo6!a#CbTa'T#Re{2Wlh2@G{yg6t~Ro_NvdRfticuRQRllJv3&!x&c|zs@Jw3!%RflwpfkRlpKuL;%(!Re<@G|C2GzdhIvuBwgjAg-u0RjAKQB%!(GzZ@G|5NuuRl7d='T+Y#Vy[g<v~Rm!==G|>JvA!)@wma=]m1ifuaw&RmnLs@vT'!|/+[y,g:v>ReTJw1!#qX=x!eC{bLu+wT&)ZtZauq_~Graci&U#F|89:r_Lupvq!.)&2RlG8RfaC=x!eF{_h?rpWlmd&'!#X|&]k::xJey#`'T|+<E|&2@H|%dE#(^,g;u.RiEg6vjRiC9xCkA{O|zY#g=ucRmXKs0@!&*@G|m@awRknJuh!,3d(}gY}eJvj!%Rm):Jw3!%Rm+Rm-Ls0w(&!a(a#@b[|6cZ#X'7RkxWgAOu4ARn'dH'U#Y*Vz-Wm'CARm}d]*#a%^a*T'aK!a<9bV{PC=p*Jw4!&SgxcbB5r]idw(wBRmF7xFkt#&`(Rm/Rm8E|!JuY_9:Rl5=wrgr2:bbxd@xXfB(a*#T+!.X0X1Ta/a'T&RlDRfL>RlyARl9b[z[>RfZ:RlL:RfRwlg/ARl;9;RlxKv,A/!%7s69<74=BA5ba{-8Bde#`a<XaKYa1,a'P~=wxfB2bZ}}?C972@@=I}r8@55B9;5bb}G978B2@@=aybb}3j3vLv;<Jw3&!>Rfk=ayb^}4~Ad1#`*@@=aybb{w2@>==<bbz]dx+UY#^UaF!a9!bB'Ya1.!ajXa#%olRhD[y=3Dt#Ov5BrHKuMB%!(Rf^Wep~HrJwkiQjKr|~FRg)Ku+D#'!t5~GrF~?rDdV)UY,Z/_7RkuG{<~BrBg,rlsO:235B@bX}|d?a1!#`(6Vyn5@d##Y+jTv|vV~EfIj]uNpn~FRfH7Lq2vb1!a9-978BaU@@=Iz9978BbU}#~AJq0!(@@=Iz8978BaU@@=Iz7~AJQ|}!978BbU}!JvkaK!AdUa21-U#`a+(g/vsRn~Ou!5RPj:rmu9WhOjXuvvNr}:RhAj^v(pyw8unRn[kPr}p|u7vwv]RiSBd;pppzq@qHQa?(b.!a.a`@.|xa(hFv;Wiyj5uuv-7Riw~Cw`fg2WlU978BbU|wOuNBJqG!(P~EfD~CRlQcZ#X,k)u3vWs@u2]ksg;wEx'f@q1_2Wg.j]uNpn~FRfqJv]!15x'h{qG!(@@=IzK~CRl^j6v(us5x4i,#T(2WmY?C2F{1>Kq<aj1!*jTqIsBv=Wld~Cw`fj2Wl[j`v0u*~>RlT=c>Z,k#u3vWs@u2]kq<c1Z+jTqIsBv=Wle~Cw`fn2Wl]dn1#c(a(b^a2!b/bAT(bj!aDa7bu,a_a{c0!2T0g:v>ReD2@G{42@G{5~DpM~<5rc=Bx6i>{RT#RnI@zCx]y]z:2Jv[!zr5Awyk]9]k]dD(Y+X#6Vz.g=wKtgwhaCwgmTWj2Lu,w%_+/[y-B;b^xeg3u3Rj-2@bX{*KrJ<!+'@Wg(g?QRlC@Jv`!%b[zIwsfII}8JQ_@w|kW|=Jv(%!AqcOuNBJvEzh!bYzjLs@wP#(0!oy@>RkdJwMZtc3Dtd@BcG#T'9bWxg2@2Fznd*#Y+;2x'c}w<zizixNgwa#Z'U+!/!a'!a+w~g~z6wcn{Rn}wcnzRn|5Rh%=]nJg5vuRmvNvdRlvcprJu}w*az*a#!%.a.'Bot9qT]kj@Wg'ay2Gzv@Jv`!%b[zEwsfHI}1;ck#Ux`<Cbbx_Lu+w!a&0*!wko*wwo,So,}6Juqxf!E}PigQuyRm`d3(`#8>Rn%:A5B;bZ~%KvhCa!a2!x>k7#Uxb@b{#xaRk7Jw0!)>wwhlShl}6>wwhmShm}6CJvB!.x'hhvj{!!5Bwkhhbaz}x'hivjz~!5Bwkhibaz|xEhTrNu,v-vpD!a%&/)a3a.,%Ro2t[CE{)@3re9b]{%wjo09:rgc:Z&Ro6=<riifuaw&RmoKrNA!%(Ro4>Ro89;Ri`dSaL'UYzxZb)7Rka3xRhT&!,!#^1U}vbaz{>>@=be}yC@:D5bazzKu+A&!}{?ba}y>>@=be}wxBh[t`u~vJvr!%a!a()a,a0a4RoC=]o;Ju(!%RoGRhdwjh`=]oAg>w#Ro?g5vuRo=NvdRl|Ku]C.!&;RoEJvB!%RoORoMBx'h[v+_?w~h`}~5?w~hd~!xKh]oiptu-utv.vp!#%&a30a@a'a+(a/aOp(o~p!RoDJu(!%RoHRhewjha=]oBNvdRl}g>w#Ro@g5vuRo>c[#X']o<CauRoRAd-#Y':RkpauRoQKu]C.!&;RoFJvB!%RoNRoPBx'h]v+_?w~ha}t5?w~he}ue!/UbhYacXaW^Tc&a;b:a-c/#b&aja1(!cL+!bKbt!bmcRc9aIc?8[yW3Dtt94Rg`Jv}!&SiRMzBhEebShEMNuPRe>x7gL#TzuwjirRipc<Z&>on;>z=h-MSh.Mwqczx'a7vj&!>Re4@=ResJt__NuPRi*NuPRi)j]uNr|~FRfzKrJ>_+@Wfy@Wf]2WocKrJ<!+'@Wg%g/QRl@@Jv`!&awRl<wsfFIzgLu(w*!.*&ShBMwvhIRhI9;RhNx1hK'!#Sn]Mx1hK~0!#:2<H~7cNu+w7D*'1ZtW>Rn1~?rOc:Z&Rn2=<rQ<7wjh&=BSnLMc]#X(6Vz)w[b=a!U#9wzgMc3#&(RgMRitRis<x,gKt`ax!&+SioM=BSilMc3#&(RgKRinRimKurB,!&SiQMzBhDebShDM6BJQ!(P~Efx978B2@@=I}WLrJw!!,a*&@G}O@9wkibRid@@x'fKwC!&SlDMSfLMjUv~Q~EfKKv3@a+!(hFv-]mpx/hYZ(C5RiWz<o/MwkhY?So/M@x,gbvfB*&!SgEM:SoeeehFu3:Rgbda(,^TZa)X/7Sg[eb:2RgI~BrMC@wgkc:wwkcRerx3h(uUvK!&*,SnOM4Sh*MArRg;wHRh(x=h;rJvPwI!a4',a'0@Wg&=BSh/Mg>w=Rh=g3w*wwgGRgGcW(X#;Sg}M2Gzk@Jv`!&awRl=wsfGIz`dKZ*T'Y-:RhR7RhQg5u-p`j6v(us5d,#Y+~Awkia?RicOuNBwkibba}Ld6p~tyu_vbAa'a+!a/'a3aEa8a!>Sh,ebJv{!&Sh@ebSaReb9;SgwebNuPRi(NvdRl)NuPRi'hHu^<Rm^Jvv_@Wl(g;u1Si/ebKu'B&!*Sh?eb@Wl'z@aPeb95Si.ebcpputyvjB)!,&a+0a%ShAMWeK@G}C@WfJ9;RhMwvhH9w{ia}ix,hJvRA1(!zAn[MRhHx1hJ~*!#hFv(BSn[MBJQ!(@@=I~'978B2@@=I}2db.Ua<'X}+T#a0XaG2G}E;wkg|wuh!Rh!x,hZu,@)!&So0MVy)C5RiXACJvB!&5RiY5RiZg8w)cG}*T#2@bU}=KsA>(!a.3wkhZba~(x,h^u(A!&(SoCMRhb5Bz=h[eb?w~hb~6x,h_u(A!&(SoDMRhc5Bz=h]eb?w~hc~6e)aA1T#T,^^^c-bMb&blcPaP(a/!0!bA=b5c@a(!bfbrc#2afwmhARnjwchORnp2Wlf3DtsNvdRl-2@wpa<]m0bx(#:awRk2@Jw3!%RfhwpfgRlnKQB%!(G{V@G|'NuuRl6d='T+Y#VyUg<v~Rl~==G|<Jv+'!aYShC}6@B<5?ba~8@Jw3'!g2QRljhLrpWlOd+#Y'g.w'rIg>w*wgj@g-u0Rj@Lu+wT&)ZtUauq]~GrGci&U#F|39:rELrNvj!.%*RhCwunfw~nf~:9;Ri]>wtnhg;wHRnhx3hDs@v~!/+'@Wfr@9RkSNu&Rlo=@<5GzoKs0@_+@Wl+@awRkmJuh!-3d(}pY#qWJvj!%Rm(:Jw3!%Rm,Rm*de&!1U-U#`)Re;@G|.@9Ri82@wjfvRlq=@<5GzpLvOvr!).&2RlF8Rf`C=x!eE{.Jw3_g2QRlkhLrpWlPde(!#U{s,UXa*Ta'[y'g:v>ReS;x0PZ&RnlRnn~HrKJw1}f!=x!eB|2w]aP(#Xa&a*Ta.Ua2a7=]iOd'#Y&Ro&WnWg;u.RiDg6vjRiBNvdRlzhNvj]nYJuW_2Wm3x)kFze{9d])!a.!,Y01!#&aC!a3RndC=ox~BrC@2b^{pg,rlse7x'ksuq!%Rm.E{xidw(wBRmGx9o+)X#wwo-So-}69:Rl4@xSf@a#XZ'X)X,Ta(/ARl8b[xc>RfY:RlI:RfQwlg.ARl:9;Rlwdn'#^XafaQa1X1TaHTa)@b[{zcZ#X'7RkwWg@Ou4ARn&x)kG#{,g7u/RkGdH'U#Y*Vz'Wm&CARm|bx#(A]gUbUzJj9Q~=d,#Y(56H}l978H{U7d,0#U*2>ABb_xZ978BbU{e~AJQ{g!978BbU{hxMh?ad{oUYZ.x1h?{l!#:2<H{mx3n[t{vl!,&a%3Ro(z=iS}6ARnr=Bwsn^wvn`Rnbd`*T}B0!#^X'BG{c9b]{a>>@=be}F?JvS!&BG{d7BG}(Bde#`a1X,Ya@!a'P~=wxf@2bZ}I56B2@@=aybb}08@55B9;5bb}<j3vLv;<Jw3&!>Rfg=ayb^}&OuNBKuLA!)a!P~=x#fD{f2@>==<bbzl?C972@@=Ix^d6rSu,v7w*C(0a)a6#B+a%!sQ[y?3Dt%3[xn~<5rLOu!5p@Ku+D#'!t7~GrP~?rNKvlaya7'!h+v-5qMg=t|cd,U#5AAaa5Abb{S@52B5@a[@52B5Gx[iXueu;d<#`a(!/549C;ag>23ExY5@Dah89b^~689Jv)!~2b[~1Lv'w(%*!a#bX|aPrmawRe]keu7uhv-q6rxu,q`xTo]/a5aU!bNaDXbi!b-!ao!b<bwA!#5@B932:aV2G|:d-)Y#hJrL>RhG<7@C5<H|_=Cau:5aj5@B932:bJ|ng>vIbs)#?C2F|9jPv0w.vISh-MKvUaz(.!9ABbb|[5;5<H|Eg>unwfh;9:4E|YjQsBt|vjx'hYq3!(?C2F|J:2<BaY?C2F|GOu!5x,g|p{ah!-(?C2F|c9:4E|OjXuvvNr}:Rh&i[w*t|cd+U#jJvsu)vsSn~Mkfrmu9p}u7vwv]So!McW#Xa!ax5@A5aY:5;5<H|>kJv~vYrquJu3x4ib#T)2@SmZM?C2F|Bj:rmu9@xPhI(a*a#U#`a3-5Abb|L~@:RhK9:4E|0@52B5G|#C::aY?C2F|-:2<BaY?C2F|.5Jvk!a)javYrquJu3x4ia#T)2@SmYM?C2F|HAxPhH(!a#U#`a*-5Abb|4~@:RhJ9:4E|R@52B5G|F:2<BaY?C2F|Sc^#Xa2j=Qq5CJvB!-g<v{z;hhM?C2F|Zi[vrv{z;hiM?C2F|XKsA>!a)-g<v{z;h[eb?C2F|]i[vrv{z;h]eb?C2F|^iZu.vix,hZq3ah!.(?C2F|QOu!5ShXM:2<BaY?C2F|P", 13494, 2713, 49, 25, 61);

var Tokenizer_CharCodes;

(function(CharCodes) {
 CharCodes[CharCodes["Tab"] = 9] = "Tab";
 CharCodes[CharCodes["NewLine"] = 10] = "NewLine";
 CharCodes[CharCodes["FormFeed"] = 12] = "FormFeed";
 CharCodes[CharCodes["CarriageReturn"] = 13] = "CarriageReturn";
 CharCodes[CharCodes["Space"] = 32] = "Space";
 CharCodes[CharCodes["ExclamationMark"] = 33] = "ExclamationMark";
 CharCodes[CharCodes["Number"] = 35] = "Number";
 CharCodes[CharCodes["Amp"] = 38] = "Amp";
 CharCodes[CharCodes["SingleQuote"] = 39] = "SingleQuote";
 CharCodes[CharCodes["DoubleQuote"] = 34] = "DoubleQuote";
 CharCodes[CharCodes["Dash"] = 45] = "Dash";
 CharCodes[CharCodes["Slash"] = 47] = "Slash";
 CharCodes[CharCodes["Zero"] = 48] = "Zero";
 CharCodes[CharCodes["Nine"] = 57] = "Nine";
 CharCodes[CharCodes["Semi"] = 59] = "Semi";
 CharCodes[CharCodes["Lt"] = 60] = "Lt";
 CharCodes[CharCodes["Eq"] = 61] = "Eq";
 CharCodes[CharCodes["Gt"] = 62] = "Gt";
 CharCodes[CharCodes["Questionmark"] = 63] = "Questionmark";
 CharCodes[CharCodes["UpperA"] = 65] = "UpperA";
 CharCodes[CharCodes["LowerA"] = 97] = "LowerA";
 CharCodes[CharCodes["UpperF"] = 70] = "UpperF";
 CharCodes[CharCodes["LowerF"] = 102] = "LowerF";
 CharCodes[CharCodes["UpperZ"] = 90] = "UpperZ";
 CharCodes[CharCodes["LowerZ"] = 122] = "LowerZ";
 CharCodes[CharCodes["LowerX"] = 120] = "LowerX";
 CharCodes[CharCodes["OpeningSquareBracket"] = 91] = "OpeningSquareBracket";
})(Tokenizer_CharCodes || (Tokenizer_CharCodes = {}));

var State;

(function(State) {
 State[State["Text"] = 1] = "Text";
 State[State["BeforeTagName"] = 2] = "BeforeTagName";
 State[State["InTagName"] = 3] = "InTagName";
 State[State["InSelfClosingTag"] = 4] = "InSelfClosingTag";
 State[State["BeforeClosingTagName"] = 5] = "BeforeClosingTagName";
 State[State["InClosingTagName"] = 6] = "InClosingTagName";
 State[State["AfterClosingTagName"] = 7] = "AfterClosingTagName";
 State[State["BeforeAttributeName"] = 8] = "BeforeAttributeName";
 State[State["InAttributeName"] = 9] = "InAttributeName";
 State[State["AfterAttributeName"] = 10] = "AfterAttributeName";
 State[State["BeforeAttributeValue"] = 11] = "BeforeAttributeValue";
 State[State["InAttributeValueDq"] = 12] = "InAttributeValueDq";
 State[State["InAttributeValueSq"] = 13] = "InAttributeValueSq";
 State[State["InAttributeValueNq"] = 14] = "InAttributeValueNq";
 State[State["BeforeDeclaration"] = 15] = "BeforeDeclaration";
 State[State["InDeclaration"] = 16] = "InDeclaration";
 State[State["InProcessingInstruction"] = 17] = "InProcessingInstruction";
 State[State["BeforeComment"] = 18] = "BeforeComment";
 State[State["CDATASequence"] = 19] = "CDATASequence";
 State[State["DeclarationSequence"] = 20] = "DeclarationSequence";
 State[State["InSpecialComment"] = 21] = "InSpecialComment";
 State[State["InCommentLike"] = 22] = "InCommentLike";
 State[State["SpecialStartSequence"] = 23] = "SpecialStartSequence";
 State[State["InSpecialTag"] = 24] = "InSpecialTag";
 State[State["InPlainText"] = 25] = "InPlainText";
 State[State["InEntity"] = 26] = "InEntity";
})(State || (State = {}));

function Tokenizer_isWhitespace(c) {
 return c === Tokenizer_CharCodes.Space || c === Tokenizer_CharCodes.NewLine || c === Tokenizer_CharCodes.Tab || c === Tokenizer_CharCodes.FormFeed || c === Tokenizer_CharCodes.CarriageReturn;
}

function isEndOfTagSection(c) {
 return c === Tokenizer_CharCodes.Slash || c === Tokenizer_CharCodes.Gt || Tokenizer_isWhitespace(c);
}

function isASCIIAlpha(c) {
 return c >= Tokenizer_CharCodes.LowerA && c <= Tokenizer_CharCodes.LowerZ || c >= Tokenizer_CharCodes.UpperA && c <= Tokenizer_CharCodes.UpperZ;
}

var QuoteType;

(function(QuoteType) {
 QuoteType[QuoteType["NoValue"] = 0] = "NoValue";
 QuoteType[QuoteType["Unquoted"] = 1] = "Unquoted";
 QuoteType[QuoteType["Single"] = 2] = "Single";
 QuoteType[QuoteType["Double"] = 3] = "Double";
})(QuoteType || (QuoteType = {}));

const Sequences = {
 Empty: new Uint8Array(0),
 Cdata: new Uint8Array([ 67, 68, 65, 84, 65, 91 ]),
 CdataEnd: new Uint8Array([ 93, 93, 62 ]),
 CommentEnd: new Uint8Array([ 45, 45, 33, 62 ]),
 Doctype: new Uint8Array([ 100, 111, 99, 116, 121, 112, 101 ]),
 IframeEnd: new Uint8Array([ 60, 47, 105, 102, 114, 97, 109, 101 ]),
 NoembedEnd: new Uint8Array([ 60, 47, 110, 111, 101, 109, 98, 101, 100 ]),
 NoframesEnd: new Uint8Array([ 60, 47, 110, 111, 102, 114, 97, 109, 101, 115 ]),
 Plaintext: new Uint8Array([ 60, 47, 112, 108, 97, 105, 110, 116, 101, 120, 116 ]),
 ScriptEnd: new Uint8Array([ 60, 47, 115, 99, 114, 105, 112, 116 ]),
 StyleEnd: new Uint8Array([ 60, 47, 115, 116, 121, 108, 101 ]),
 TitleEnd: new Uint8Array([ 60, 47, 116, 105, 116, 108, 101 ]),
 TextareaEnd: new Uint8Array([ 60, 47, 116, 101, 120, 116, 97, 114, 101, 97 ]),
 XmpEnd: new Uint8Array([ 60, 47, 120, 109, 112 ])
};

const specialStartSequences = new Map([ [ Sequences.IframeEnd[2], Sequences.IframeEnd ], [ Sequences.NoembedEnd[2], Sequences.NoembedEnd ], [ Sequences.Plaintext[2], Sequences.Plaintext ], [ Sequences.ScriptEnd[2], Sequences.ScriptEnd ], [ Sequences.TitleEnd[2], Sequences.TitleEnd ], [ Sequences.XmpEnd[2], Sequences.XmpEnd ] ]);

class Tokenizer {
 cbs;
 state=State.Text;
 buffer="";
 sectionStart=0;
 index=0;
 entityStart=0;
 baseState=State.Text;
 isSpecial=false;
 running=true;
 offset=0;
 xmlMode;
 decodeEntities;
 recognizeSelfClosing;
 entityDecoder;
 constructor({xmlMode: xmlMode = false, decodeEntities: decodeEntities = true, recognizeSelfClosing: recognizeSelfClosing = xmlMode}, cbs) {
  this.cbs = cbs;
  this.xmlMode = xmlMode;
  this.decodeEntities = decodeEntities;
  this.recognizeSelfClosing = recognizeSelfClosing;
  this.entityDecoder = new EntityDecoder(xmlMode ? xmlDecodeTree : decode_data_html_htmlDecodeTree, (cp, consumed) => this.emitCodePoint(cp, consumed));
 }
 reset() {
  this.state = State.Text;
  this.buffer = "";
  this.sectionStart = 0;
  this.index = 0;
  this.baseState = State.Text;
  this.isSpecial = false;
  this.currentSequence = Sequences.Empty;
  this.sequenceIndex = 0;
  this.running = true;
  this.offset = 0;
 }
 write(chunk) {
  this.offset += this.buffer.length;
  this.buffer = chunk;
  this.parse();
 }
 end() {
  if (this.running) this.finish();
 }
 pause() {
  this.running = false;
 }
 resume() {
  this.running = true;
  if (this.index < this.buffer.length + this.offset) this.parse();
 }
 stateText(c) {
  if (c === Tokenizer_CharCodes.Lt || !this.decodeEntities && this.fastForwardTo(Tokenizer_CharCodes.Lt)) {
   if (this.index > this.sectionStart) this.cbs.ontext(this.sectionStart, this.index);
   this.state = State.BeforeTagName;
   this.sectionStart = this.index;
  } else if (this.decodeEntities && c === Tokenizer_CharCodes.Amp) this.startEntity();
 }
 currentSequence=Sequences.Empty;
 sequenceIndex=0;
 enterTagBody() {
  if (this.currentSequence === Sequences.Plaintext) {
   this.currentSequence = Sequences.Empty;
   this.state = State.InPlainText;
  } else if (this.isSpecial) {
   this.state = State.InSpecialTag;
   this.sequenceIndex = 0;
  } else this.state = State.Text;
 }
 stateSpecialStartSequence(c) {
  const lower = c | 32;
  if (this.sequenceIndex < this.currentSequence.length) {
   if (lower === this.currentSequence[this.sequenceIndex]) {
    this.sequenceIndex++;
    return;
   }
   if (this.sequenceIndex === 3) {
    if (this.currentSequence === Sequences.ScriptEnd && lower === Sequences.StyleEnd[3]) {
     this.currentSequence = Sequences.StyleEnd;
     this.sequenceIndex = 4;
     return;
    }
    if (this.currentSequence === Sequences.TitleEnd && lower === Sequences.TextareaEnd[3]) {
     this.currentSequence = Sequences.TextareaEnd;
     this.sequenceIndex = 4;
     return;
    }
   } else if (this.sequenceIndex === 4 && this.currentSequence === Sequences.NoembedEnd && lower === Sequences.NoframesEnd[4]) {
    this.currentSequence = Sequences.NoframesEnd;
    this.sequenceIndex = 5;
    return;
   }
  } else if (isEndOfTagSection(c)) {
   this.sequenceIndex = 0;
   this.state = State.InTagName;
   this.stateInTagName(c);
   return;
  }
  this.isSpecial = false;
  this.currentSequence = Sequences.Empty;
  this.sequenceIndex = 0;
  this.state = State.InTagName;
  this.stateInTagName(c);
 }
 stateCDATASequence(c) {
  if (c === Sequences.Cdata[this.sequenceIndex]) {
   if (++this.sequenceIndex === Sequences.Cdata.length) {
    this.state = State.InCommentLike;
    this.currentSequence = Sequences.CdataEnd;
    this.sequenceIndex = 0;
    this.sectionStart = this.index + 1;
   }
  } else {
   this.sequenceIndex = 0;
   if (this.xmlMode) {
    this.state = State.InDeclaration;
    this.stateInDeclaration(c);
   } else {
    this.state = State.InSpecialComment;
    this.stateInSpecialComment(c);
   }
  }
 }
 fastForwardTo(c) {
  while (++this.index < this.buffer.length + this.offset) if (this.buffer.charCodeAt(this.index - this.offset) === c) return true;
  this.index = this.buffer.length + this.offset - 1;
  return false;
 }
 emitComment(offset) {
  this.cbs.oncomment(this.sectionStart, this.index, offset);
  this.sequenceIndex = 0;
  this.sectionStart = this.index + 1;
  this.state = State.Text;
 }
 stateInCommentLike(c) {
  if (!this.xmlMode && this.currentSequence === Sequences.CommentEnd && this.sequenceIndex <= 1 && this.index === this.sectionStart + this.sequenceIndex && c === Tokenizer_CharCodes.Gt) this.emitComment(this.sequenceIndex); else if (this.currentSequence === Sequences.CommentEnd && this.sequenceIndex === 2 && c === Tokenizer_CharCodes.Gt) this.emitComment(2); else if (this.currentSequence === Sequences.CommentEnd && this.sequenceIndex === this.currentSequence.length - 1 && c !== Tokenizer_CharCodes.Gt) this.sequenceIndex = Number(c === Tokenizer_CharCodes.Dash); else if (c === this.currentSequence[this.sequenceIndex]) {
   if (++this.sequenceIndex === this.currentSequence.length) {
    if (this.currentSequence === Sequences.CdataEnd) this.cbs.oncdata(this.sectionStart, this.index, 2); else this.cbs.oncomment(this.sectionStart, this.index, 3);
    this.sequenceIndex = 0;
    this.sectionStart = this.index + 1;
    this.state = State.Text;
   }
  } else if (this.sequenceIndex === 0) {
   if (this.fastForwardTo(this.currentSequence[0])) this.sequenceIndex = 1;
  } else if (c !== this.currentSequence[this.sequenceIndex - 1]) this.sequenceIndex = 0;
 }
 isTagStartChar(c) {
  return this.xmlMode ? !isEndOfTagSection(c) : isASCIIAlpha(c);
 }
 stateInSpecialTag(c) {
  if (this.sequenceIndex === this.currentSequence.length) {
   if (isEndOfTagSection(c)) {
    const endOfText = this.index - this.currentSequence.length;
    if (this.sectionStart < endOfText) {
     const actualIndex = this.index;
     this.index = endOfText;
     this.cbs.ontext(this.sectionStart, endOfText);
     this.index = actualIndex;
    }
    this.isSpecial = false;
    this.sectionStart = endOfText + 2;
    this.stateInClosingTagName(c);
    return;
   }
   this.sequenceIndex = 0;
  }
  if ((c | 32) === this.currentSequence[this.sequenceIndex]) this.sequenceIndex += 1; else if (this.sequenceIndex === 0) {
   if (this.currentSequence === Sequences.TitleEnd || this.currentSequence === Sequences.TextareaEnd) {
    if (this.decodeEntities && c === Tokenizer_CharCodes.Amp) this.startEntity();
   } else if (this.fastForwardTo(Tokenizer_CharCodes.Lt)) this.sequenceIndex = 1;
  } else this.sequenceIndex = Number(c === Tokenizer_CharCodes.Lt);
 }
 stateBeforeTagName(c) {
  if (c === Tokenizer_CharCodes.ExclamationMark) {
   this.state = State.BeforeDeclaration;
   this.sectionStart = this.index + 1;
  } else if (c === Tokenizer_CharCodes.Questionmark) if (this.xmlMode) {
   this.state = State.InProcessingInstruction;
   this.sequenceIndex = 0;
   this.sectionStart = this.index + 1;
  } else {
   this.state = State.InSpecialComment;
   this.sectionStart = this.index;
  } else if (this.isTagStartChar(c)) {
   this.sectionStart = this.index;
   const special = this.xmlMode || this.cbs.isInForeignContext?.() ? void 0 : specialStartSequences.get(c | 32);
   if (special === void 0) this.state = State.InTagName; else {
    this.isSpecial = true;
    this.currentSequence = special;
    this.sequenceIndex = 3;
    this.state = State.SpecialStartSequence;
   }
  } else if (c === Tokenizer_CharCodes.Slash) this.state = State.BeforeClosingTagName; else {
   this.state = State.Text;
   this.stateText(c);
  }
 }
 stateInTagName(c) {
  if (isEndOfTagSection(c)) {
   this.cbs.onopentagname(this.sectionStart, this.index);
   this.sectionStart = -1;
   this.state = State.BeforeAttributeName;
   this.stateBeforeAttributeName(c);
  }
 }
 stateBeforeClosingTagName(c) {
  if (Tokenizer_isWhitespace(c)) if (this.xmlMode) ; else {
   this.state = State.InSpecialComment;
   this.sectionStart = this.index;
  } else if (c === Tokenizer_CharCodes.Gt) {
   this.state = State.Text;
   if (!this.xmlMode) this.sectionStart = this.index + 1;
  } else {
   this.state = this.isTagStartChar(c) ? State.InClosingTagName : State.InSpecialComment;
   this.sectionStart = this.index;
  }
 }
 stateInClosingTagName(c) {
  if (isEndOfTagSection(c)) {
   this.cbs.onclosetag(this.sectionStart, this.index);
   this.sectionStart = -1;
   this.state = State.AfterClosingTagName;
   this.stateAfterClosingTagName(c);
  }
 }
 stateAfterClosingTagName(c) {
  if (c === Tokenizer_CharCodes.Gt || this.fastForwardTo(Tokenizer_CharCodes.Gt)) {
   this.state = State.Text;
   this.sectionStart = this.index + 1;
  }
 }
 stateBeforeAttributeName(c) {
  if (c === Tokenizer_CharCodes.Gt) {
   this.cbs.onopentagend(this.index);
   this.enterTagBody();
   this.sectionStart = this.index + 1;
  } else if (c === Tokenizer_CharCodes.Slash) this.state = State.InSelfClosingTag; else if (!Tokenizer_isWhitespace(c)) {
   this.state = State.InAttributeName;
   this.sectionStart = this.index;
  }
 }
 stateInSelfClosingTag(c) {
  if (c === Tokenizer_CharCodes.Gt) {
   this.cbs.onselfclosingtag(this.index);
   this.sectionStart = this.index + 1;
   if (!this.recognizeSelfClosing) {
    this.enterTagBody();
    return;
   }
   this.state = State.Text;
   this.isSpecial = false;
   this.currentSequence = Sequences.Empty;
  } else if (!Tokenizer_isWhitespace(c)) {
   this.state = State.BeforeAttributeName;
   this.stateBeforeAttributeName(c);
  }
 }
 stateInAttributeName(c) {
  if (c === Tokenizer_CharCodes.Eq || isEndOfTagSection(c)) {
   this.cbs.onattribname(this.sectionStart, this.index);
   this.sectionStart = this.index;
   this.state = State.AfterAttributeName;
   this.stateAfterAttributeName(c);
  }
 }
 stateAfterAttributeName(c) {
  if (c === Tokenizer_CharCodes.Eq) this.state = State.BeforeAttributeValue; else if (c === Tokenizer_CharCodes.Slash || c === Tokenizer_CharCodes.Gt) {
   this.cbs.onattribend(QuoteType.NoValue, this.sectionStart);
   this.sectionStart = -1;
   this.state = State.BeforeAttributeName;
   this.stateBeforeAttributeName(c);
  } else if (!Tokenizer_isWhitespace(c)) {
   this.cbs.onattribend(QuoteType.NoValue, this.sectionStart);
   this.state = State.InAttributeName;
   this.sectionStart = this.index;
  }
 }
 stateBeforeAttributeValue(c) {
  if (c === Tokenizer_CharCodes.DoubleQuote) {
   this.state = State.InAttributeValueDq;
   this.sectionStart = this.index + 1;
  } else if (c === Tokenizer_CharCodes.SingleQuote) {
   this.state = State.InAttributeValueSq;
   this.sectionStart = this.index + 1;
  } else if (!Tokenizer_isWhitespace(c)) {
   this.sectionStart = this.index;
   this.state = State.InAttributeValueNq;
   this.stateInAttributeValueNoQuotes(c);
  }
 }
 handleInAttributeValue(c, quote) {
  if (c === quote || !this.decodeEntities && this.fastForwardTo(quote)) {
   this.cbs.onattribdata(this.sectionStart, this.index);
   this.sectionStart = -1;
   this.cbs.onattribend(quote === Tokenizer_CharCodes.DoubleQuote ? QuoteType.Double : QuoteType.Single, this.index + 1);
   this.state = State.BeforeAttributeName;
  } else if (this.decodeEntities && c === Tokenizer_CharCodes.Amp) this.startEntity();
 }
 stateInAttributeValueDoubleQuotes(c) {
  this.handleInAttributeValue(c, Tokenizer_CharCodes.DoubleQuote);
 }
 stateInAttributeValueSingleQuotes(c) {
  this.handleInAttributeValue(c, Tokenizer_CharCodes.SingleQuote);
 }
 stateInAttributeValueNoQuotes(c) {
  if (Tokenizer_isWhitespace(c) || c === Tokenizer_CharCodes.Gt) {
   this.cbs.onattribdata(this.sectionStart, this.index);
   this.sectionStart = -1;
   this.cbs.onattribend(QuoteType.Unquoted, this.index);
   this.state = State.BeforeAttributeName;
   this.stateBeforeAttributeName(c);
  } else if (this.decodeEntities && c === Tokenizer_CharCodes.Amp) this.startEntity();
 }
 stateBeforeDeclaration(c) {
  if (c === Tokenizer_CharCodes.OpeningSquareBracket) {
   this.state = State.CDATASequence;
   this.sequenceIndex = 0;
  } else if (this.xmlMode) this.state = c === Tokenizer_CharCodes.Dash ? State.BeforeComment : State.InDeclaration; else if ((c | 32) === Sequences.Doctype[0]) {
   this.state = State.DeclarationSequence;
   this.currentSequence = Sequences.Doctype;
   this.sequenceIndex = 1;
  } else if (c === Tokenizer_CharCodes.Gt) {
   this.cbs.oncomment(this.sectionStart, this.index, 0);
   this.state = State.Text;
   this.sectionStart = this.index + 1;
  } else if (c === Tokenizer_CharCodes.Dash) this.state = State.BeforeComment; else this.state = State.InSpecialComment;
 }
 stateDeclarationSequence(c) {
  if (this.sequenceIndex === this.currentSequence.length) {
   this.state = State.InDeclaration;
   this.stateInDeclaration(c);
  } else if ((c | 32) === this.currentSequence[this.sequenceIndex]) this.sequenceIndex += 1; else if (c === Tokenizer_CharCodes.Gt) {
   this.cbs.oncomment(this.sectionStart, this.index, 0);
   this.state = State.Text;
   this.sectionStart = this.index + 1;
  } else this.state = State.InSpecialComment;
 }
 stateInDeclaration(c) {
  if (c === Tokenizer_CharCodes.Gt || this.fastForwardTo(Tokenizer_CharCodes.Gt)) {
   this.cbs.ondeclaration(this.sectionStart, this.index);
   this.state = State.Text;
   this.sectionStart = this.index + 1;
  }
 }
 stateInProcessingInstruction(c) {
  if (c === Tokenizer_CharCodes.Questionmark) this.sequenceIndex = 1; else if (c === Tokenizer_CharCodes.Gt && this.sequenceIndex === 1) {
   this.cbs.onprocessinginstruction(this.sectionStart, this.index - 1);
   this.sequenceIndex = 0;
   this.state = State.Text;
   this.sectionStart = this.index + 1;
  } else this.sequenceIndex = Number(this.fastForwardTo(Tokenizer_CharCodes.Questionmark));
 }
 stateBeforeComment(c) {
  if (c === Tokenizer_CharCodes.Dash) {
   this.state = State.InCommentLike;
   this.currentSequence = Sequences.CommentEnd;
   this.sequenceIndex = 0;
   this.sectionStart = this.index + 1;
  } else if (this.xmlMode) this.state = State.InDeclaration; else if (c === Tokenizer_CharCodes.Gt) {
   this.cbs.oncomment(this.sectionStart, this.index, 0);
   this.state = State.Text;
   this.sectionStart = this.index + 1;
  } else this.state = State.InSpecialComment;
 }
 stateInSpecialComment(c) {
  if (c === Tokenizer_CharCodes.Gt || this.fastForwardTo(Tokenizer_CharCodes.Gt)) {
   this.cbs.oncomment(this.sectionStart, this.index, 0);
   this.state = State.Text;
   this.sectionStart = this.index + 1;
  }
 }
 startEntity() {
  this.baseState = this.state;
  this.state = State.InEntity;
  this.entityStart = this.index;
  this.entityDecoder.startEntity(this.xmlMode ? DecodingMode.Strict : this.baseState === State.Text || this.baseState === State.InSpecialTag ? DecodingMode.Legacy : DecodingMode.Attribute);
 }
 stateInEntity() {
  const indexInBuffer = this.index - this.offset;
  const length = this.entityDecoder.write(this.buffer, indexInBuffer);
  if (length >= 0) {
   this.state = this.baseState;
   if (length === 0) this.index -= 1;
  } else {
   if (indexInBuffer < this.buffer.length && this.buffer.charCodeAt(indexInBuffer) === Tokenizer_CharCodes.Amp) {
    this.state = this.baseState;
    this.index -= 1;
    return;
   }
   this.index = this.offset + this.buffer.length - 1;
  }
 }
 cleanup() {
  if (this.running && this.sectionStart !== this.index) if (this.state === State.Text || this.state === State.InPlainText || this.state === State.InSpecialTag && this.sequenceIndex === 0) {
   this.cbs.ontext(this.sectionStart, this.index);
   this.sectionStart = this.index;
  } else if (this.state === State.InAttributeValueDq || this.state === State.InAttributeValueSq || this.state === State.InAttributeValueNq) {
   this.cbs.onattribdata(this.sectionStart, this.index);
   this.sectionStart = this.index;
  }
 }
 shouldContinue() {
  return this.index < this.buffer.length + this.offset && this.running;
 }
 parse() {
  while (this.shouldContinue()) {
   const c = this.buffer.charCodeAt(this.index - this.offset);
   switch (this.state) {
   case State.Text:
    this.stateText(c);
    break;

   case State.InPlainText:
    this.index = this.buffer.length + this.offset - 1;
    break;

   case State.SpecialStartSequence:
    this.stateSpecialStartSequence(c);
    break;

   case State.InSpecialTag:
    this.stateInSpecialTag(c);
    break;

   case State.CDATASequence:
    this.stateCDATASequence(c);
    break;

   case State.DeclarationSequence:
    this.stateDeclarationSequence(c);
    break;

   case State.InAttributeValueDq:
    this.stateInAttributeValueDoubleQuotes(c);
    break;

   case State.InAttributeName:
    this.stateInAttributeName(c);
    break;

   case State.InCommentLike:
    this.stateInCommentLike(c);
    break;

   case State.InSpecialComment:
    this.stateInSpecialComment(c);
    break;

   case State.BeforeAttributeName:
    this.stateBeforeAttributeName(c);
    break;

   case State.InTagName:
    this.stateInTagName(c);
    break;

   case State.InClosingTagName:
    this.stateInClosingTagName(c);
    break;

   case State.BeforeTagName:
    this.stateBeforeTagName(c);
    break;

   case State.AfterAttributeName:
    this.stateAfterAttributeName(c);
    break;

   case State.InAttributeValueSq:
    this.stateInAttributeValueSingleQuotes(c);
    break;

   case State.BeforeAttributeValue:
    this.stateBeforeAttributeValue(c);
    break;

   case State.BeforeClosingTagName:
    this.stateBeforeClosingTagName(c);
    break;

   case State.AfterClosingTagName:
    this.stateAfterClosingTagName(c);
    break;

   case State.InAttributeValueNq:
    this.stateInAttributeValueNoQuotes(c);
    break;

   case State.InSelfClosingTag:
    this.stateInSelfClosingTag(c);
    break;

   case State.InDeclaration:
    this.stateInDeclaration(c);
    break;

   case State.BeforeDeclaration:
    this.stateBeforeDeclaration(c);
    break;

   case State.BeforeComment:
    this.stateBeforeComment(c);
    break;

   case State.InProcessingInstruction:
    this.stateInProcessingInstruction(c);
    break;

   case State.InEntity:
    this.stateInEntity();
    break;
   }
   this.index++;
  }
  this.cleanup();
 }
 finish() {
  if (this.state === State.InEntity) {
   this.entityDecoder.end();
   this.state = this.baseState;
  }
  this.handleTrailingData();
  this.cbs.onend();
 }
 handleTrailingCommentLikeData(endIndex) {
  if (this.state !== State.InCommentLike) return false;
  if (this.currentSequence === Sequences.CdataEnd) if (this.xmlMode) {
   if (this.sectionStart < endIndex) this.cbs.oncdata(this.sectionStart, endIndex, 0);
  } else {
   const cdataStart = this.sectionStart - Sequences.Cdata.length - 1;
   this.cbs.oncomment(cdataStart, endIndex, 0);
  } else {
   const offset = this.xmlMode ? 0 : Math.min(this.sequenceIndex, Sequences.CommentEnd.length - 1);
   this.cbs.oncomment(this.sectionStart, endIndex, offset);
  }
  return true;
 }
 handleTrailingMarkupDeclaration(endIndex) {
  if (this.xmlMode) switch (this.state) {
  case State.InSpecialComment:
  case State.BeforeComment:
  case State.CDATASequence:
  case State.DeclarationSequence:
  case State.InDeclaration:
   this.cbs.ontext(this.sectionStart, endIndex);
   return true;

  default:
   return false;
  }
  switch (this.state) {
  case State.BeforeDeclaration:
  case State.InSpecialComment:
  case State.BeforeComment:
  case State.CDATASequence:
   this.cbs.oncomment(this.sectionStart, endIndex, 0);
   return true;

  case State.DeclarationSequence:
   if (this.sequenceIndex !== Sequences.Doctype.length) this.cbs.oncomment(this.sectionStart, endIndex, 0);
   return true;

  case State.InDeclaration:
   return true;

  default:
   return false;
  }
 }
 handleTrailingData() {
  const endIndex = this.buffer.length + this.offset;
  if (this.handleTrailingCommentLikeData(endIndex) || this.handleTrailingMarkupDeclaration(endIndex)) return;
  if (this.sectionStart >= endIndex) return;
  switch (this.state) {
  case State.InTagName:
  case State.BeforeAttributeName:
  case State.BeforeAttributeValue:
  case State.AfterAttributeName:
  case State.InAttributeName:
  case State.InAttributeValueSq:
  case State.InAttributeValueDq:
  case State.InAttributeValueNq:
  case State.InClosingTagName:
   break;

  default:
   this.cbs.ontext(this.sectionStart, endIndex);
  }
 }
 emitCodePoint(cp, consumed) {
  if (this.baseState !== State.Text && this.baseState !== State.InSpecialTag) {
   if (this.sectionStart < this.entityStart) this.cbs.onattribdata(this.sectionStart, this.entityStart);
   this.sectionStart = this.entityStart + consumed;
   this.index = this.sectionStart - 1;
   this.cbs.onattribentity(cp);
  } else {
   if (this.sectionStart < this.entityStart) this.cbs.ontext(this.sectionStart, this.entityStart);
   this.sectionStart = this.entityStart + consumed;
   this.index = this.sectionStart - 1;
   this.cbs.ontextentity(cp, this.sectionStart);
  }
 }
}

const URLS = new Map(Object.entries({
 a: [ [ "href", "page" ], [ "xlink:href", "page" ] ],
 area: [ [ "href", "page" ] ],
 form: [ [ "action", "page" ] ],
 body: [ [ "background", "image" ] ],
 script: [ [ "src", "script" ], [ "href", "script" ], [ "xlink:href", "script" ] ],
 "astro-island": [ [ "component-url", "script" ], [ "renderer-url", "script" ], [ "before-hydration-url", "script" ] ],
 img: [ [ "src", "image" ] ],
 image: [ [ "href", "image" ], [ "xlink:href", "image" ] ],
 feimage: [ [ "href", "image" ], [ "xlink:href", "image" ] ],
 use: [ [ "href", "image" ], [ "xlink:href", "image" ] ],
 source: [ [ "src", "media" ] ],
 video: [ [ "src", "media" ], [ "poster", "image" ] ],
 audio: [ [ "src", "media" ] ],
 track: [ [ "src", "media" ] ],
 embed: [ [ "src", "frame" ] ],
 iframe: [ [ "src", "frame" ] ],
 frame: [ [ "src", "frame" ] ],
 object: [ [ "data", "frame" ] ],
 link: [],
 base: [],
 meta: [],
 input: []
}));

const LOADS = new Map([ [ "stylesheet", "style" ], [ "icon", "image" ], [ "apple-touch-icon", "image" ], [ "apple-touch-icon-precomposed", "image" ], [ "apple-touch-startup-image", "image" ], [ "mask-icon", "image" ], [ "manifest", "file" ], [ "preload", "file" ], [ "prefetch", "file" ], [ "modulepreload", "script" ] ]);

function isTelling(name) {
 return URLS.has(name);
}

function readTag(source) {
 const {name: name, attributes: attributes} = html_attributes_tokenize(source);
 return {
  references: [ ...referencesOf(name, attributes) ],
  style: attributes.get("style") ?? "",
  base: name === "base" ? attributes.get("href") : void 0,
  generator: name === "meta" && isWord(attributes.get("name"), "generator") ? attributes.get("content") : void 0,
  page: name === "iframe" ? attributes.get("srcdoc") ?? "" : "",
  script: scriptOf(attributes.get("type")?.trim().toLowerCase() ?? "")
 };
}

function scriptOf(type) {
 if (type === "importmap") return "import-map";
 return type === "" || type === "module" || type.endsWith("javascript") ? "code" : "other";
}

function isWord(text, word) {
 return text !== void 0 && text.trim().toLowerCase() === word;
}

function html_attributes_tokenize(source) {
 const attributes = new Map;
 let name = "";
 let attribute = "";
 let value = "";
 const none = () => {};
 const tokenizer = new Tokenizer({
  decodeEntities: source.includes("&")
 }, {
  onopentagname: (start, end) => {
   name = source.slice(start, end).toLowerCase();
  },
  onattribname: (start, end) => {
   attribute = source.slice(start, end).toLowerCase();
   value = "";
  },
  onattribdata: (start, end) => {
   value += source.slice(start, end);
  },
  onattribentity: code => {
   value += String.fromCodePoint(code);
  },
  onattribend: () => {
   if (!attributes.has(attribute)) attributes.set(attribute, value);
  },
  oncdata: none,
  onclosetag: none,
  oncomment: none,
  ondeclaration: none,
  onend: none,
  onopentagend: none,
  onprocessinginstruction: none,
  onselfclosingtag: none,
  ontext: none,
  ontextentity: none
 });
 tokenizer.write(source);
 return {
  name: name,
  attributes: attributes
 };
}

function* referencesOf(name, attributes) {
 for (const [attribute, use] of URLS.get(name) ?? []) {
  const url = attributes.get(attribute);
  if (url !== void 0) yield {
   url: url,
   use: use
  };
 }
 if (name === "link") yield* referencesOfLink(attributes);
 if (name === "img" || name === "source") yield* imagesOf(attributes.get("srcset"));
 if (name === "input" || name === "meta") yield* referencesByType(attributes);
}

function* referencesByType(attributes) {
 const src = attributes.get("src");
 if (src !== void 0 && isWord(attributes.get("type"), "image")) yield {
  url: src,
  use: "image"
 };
 const content = attributes.get("content");
 if (content !== void 0 && isWord(attributes.get("http-equiv"), "refresh")) yield {
  url: urlOfRefresh(content),
  use: "page"
 };
}

function* referencesOfLink(attributes) {
 const relations = (attributes.get("rel") ?? "").slice(0, 200).toLowerCase().split(/\s+/);
 const use = relations.map(relation => LOADS.get(relation)).find(found => found !== void 0);
 if (use === void 0) return;
 const url = attributes.get("href");
 if (url !== void 0) yield {
  url: url,
  use: use
 };
 yield* imagesOf(attributes.get("imagesrcset"));
}

function* imagesOf(srcset) {
 for (const url of urlsOfSrcset(srcset ?? "")) yield {
  url: url,
  use: "image"
 };
}

function urlsOfSrcset(srcset) {
 const urls = [];
 let at = 0;
 while (at < srcset.length) {
  while (at < srcset.length && /[\s,]/.test(srcset.charAt(at))) at += 1;
  const start = at;
  while (at < srcset.length && !/\s/.test(srcset.charAt(at))) at += 1;
  const word = srcset.slice(start, at);
  const url = trimCommas(word);
  if (url !== "") urls.push(url);
  if (url.length === word.length) at = endOfDescriptor(srcset, at);
 }
 return urls;
}

function trimCommas(word) {
 let end = word.length;
 while (end > 0 && word[end - 1] === ",") end -= 1;
 return word.slice(0, end);
}

function endOfDescriptor(srcset, from) {
 let depth = 0;
 for (let at = from; at < srcset.length; at += 1) {
  const character = srcset[at];
  if (character === "," && depth === 0) return at;
  if (character === "(") depth += 1;
  if (character === ")") depth = Math.max(0, depth - 1);
 }
 return srcset.length;
}

function urlOfRefresh(content) {
 const part = content.slice(0, LONGEST_URL);
 const end = part.search(/[;,]/);
 const rest = end === -1 ? "" : part.slice(end + 1).trim();
 const url = rest.slice(/^url\s*=\s*/i.exec(rest)?.[0].length ?? 0);
 const quote = url[0];
 return quote === '"' || quote === "'" ? url.slice(1).split(quote, 1)[0] ?? "" : url;
}

const RAW = new Set([ "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes" ]);

const TEXT = {
 kind: "text"
};

const BOGUS = {
 kind: "bogus"
};

function createTagScan(reader) {
 let state = TEXT;
 return window => {
  let at = window.from;
  for (;;) {
   const step = stepOf(window, at, {
    state: state,
    reader: reader
   });
   state = step.state;
   at = step.at;
   if (step.isWaiting) return window.isLast ? window.text.length : at;
  }
 };
}

const wait = (at, state) => ({
 at: at,
 state: state,
 isWaiting: true
});

const go = (at, state = TEXT) => ({
 at: at,
 state: state,
 isWaiting: false
});

function stepOf(window, at, walk) {
 const {text: text} = window;
 const {state: state} = walk;
 switch (state.kind) {
 case "text":
  {
   const open = nextMarkup(text, at);
   return open === -1 ? wait(text.length, TEXT) : markupAt(window, open, walk);
  }

 case "comment":
  {
   const end = endOfComment(text, at);
   return end === -1 ? wait(Math.max(at, text.length - 3), state) : go(end);
  }

 case "bogus":
  {
   const end = text.indexOf(">", at);
   return end === -1 ? wait(text.length, state) : go(end + 1);
  }

 case "raw":
  return rawAt(window, at, {
   name: state.name,
   reader: walk.reader
  });

 case "rest-of-tag":
  {
   const end = endOfTag(text, at, state.place);
   if (end.at === -1) return wait(text.length, {
    ...state,
    place: end.place
   });
   return go(end.at, afterTag(state.name));
  }

 case "plaintext":
  return wait(text.length, state);
 }
}

function nextMarkup(text, at) {
 let open = text.indexOf("<", at);
 while (open !== -1 && text.charCodeAt(open + 1) === 47 && isLetter(text.charCodeAt(open + 2))) {
  const end = text.indexOf(">", open + 3);
  if (end === -1) return open;
  open = text.indexOf("<", end + 1);
 }
 return open;
}

const isLetter = code => (code | 32) >= 97 && (code | 32) <= 122;

function markupAt(window, open, walk) {
 const {text: text} = window;
 const code = text.charCodeAt(open + 1);
 if (isLetter(code)) return tagAt(window, open, walk);
 if (code === 33) return commentAt(window, open);
 if (code === 47) return go(open + 2, BOGUS);
 if (code === 63) return go(open + 1, BOGUS);
 return Number.isNaN(code) ? wait(open, TEXT) : go(open + 1);
}

function commentAt({text: text, isLast: isLast}, open) {
 if (text.length - open < 6 && !isLast) return wait(open, TEXT);
 if (!text.startsWith("\x3c!--", open)) return go(open + 2, BOGUS);
 if (text[open + 4] === ">") return go(open + 5);
 if (text.startsWith("->", open + 4)) return go(open + 6);
 return go(open + 4, {
  kind: "comment"
 });
}

function endOfComment(text, from) {
 for (let at = text.indexOf("--", from); at !== -1; at = text.indexOf("--", at + 1)) {
  if (text[at + 2] === ">") return at + 3;
  if (text[at + 2] === "!" && text[at + 3] === ">") return at + 4;
 }
 return -1;
}

const LONGEST_NAME = 32;

function tagAt(window, open, {reader: reader}) {
 const {text: text} = window;
 const nameEnd = endOfName(text, open + 2);
 const name = nameEnd - open > LONGEST_NAME ? "" : text.slice(open + 1, nameEnd).toLowerCase();
 const end = endOfTag(text, nameEnd, "before");
 if (end.at === -1) return unfinishedTag(window, open, {
  name: name,
  place: end.place,
  reader: reader
 });
 const isWanted = reader.wants(name);
 if (isWanted || end.hasStyle) {
  const source = text.slice(open, end.at);
  if (isWanted || source.includes("(")) reader.tag(source, window.lineAt(open));
 }
 return go(end.at, afterTag(name));
}

function endOfName(text, from) {
 let end = from;
 while (end < text.length && !endsName(text.charCodeAt(end))) end += 1;
 return end;
}

function unfinishedTag(window, open, {name: name, place: place, reader: reader}) {
 const {text: text, isFull: isFull, isLast: isLast, lineAt: lineAt} = window;
 if (!isFull || isLast) return wait(open, TEXT);
 const isEmbedded = /[\s"'=]data:/i.test(text.slice(open, open + 4096));
 if (reader.wants(name) && !isEmbedded) reader.tooLong(lineAt(open));
 return wait(text.length, {
  kind: "rest-of-tag",
  name: name,
  place: place
 });
}

function endsName(code) {
 return code === 62 || code === 47 || html_tags_isSpace(code);
}

function html_tags_isSpace(code) {
 return code === 32 || code === 10 || code === 9 || code === 13 || code === 12;
}

function afterTag(name) {
 if (RAW.has(name)) return {
  kind: "raw",
  name: name
 };
 return name === "plaintext" ? {
  kind: "plaintext"
 } : TEXT;
}

function endOfTag(text, from, first) {
 let {at: at, place: place} = behindQuote(text, from, first);
 let hasStyle = false;
 while (at < text.length) {
  const code = text.charCodeAt(at);
  if (code === 62) return {
   at: at + 1,
   place: place,
   hasStyle: hasStyle
  };
  const next = placeAfter(place, code);
  hasStyle ||= next === "name" && place !== next && isStyleName(text, at);
  at += 1;
  place = next;
  if (next === '"' || next === "'") ({at: at, place: place} = behindQuote(text, at, next));
 }
 return {
  at: -1,
  place: place,
  hasStyle: hasStyle
 };
}

function behindQuote(text, at, place) {
 if (place !== '"' && place !== "'") return {
  at: at,
  place: place
 };
 const end = text.indexOf(place, at);
 return end === -1 ? {
  at: text.length,
  place: place
 } : {
  at: end + 1,
  place: "before"
 };
}

function placeAfter(place, code) {
 const isBlank = html_tags_isSpace(code);
 if (place === "value") return isBlank ? place : startOfValue(code);
 if (place === "unquoted") return isBlank ? "before" : place;
 if (code === 47) return "before";
 if (isBlank) return place === "name" ? "after" : place;
 return code === 61 && place !== "before" ? "value" : "name";
}

function startOfValue(code) {
 if (code === 34) return '"';
 return code === 39 ? "'" : "unquoted";
}

function isStyleName(text, at) {
 return (text.charCodeAt(at) | 32) === 115 && text.slice(at, at + 5).toLowerCase() === "style";
}

function rawAt(window, at, {name: name, reader: reader}) {
 const {text: text} = window;
 const close = closeOf(text, at, name);
 const element = name === "style" || name === "script" ? name : void 0;
 if (close !== -1) {
  if (element !== void 0 && close > at) reader.raw(element, text.slice(at, close), window.lineAt(at));
  return go(close + 2, BOGUS);
 }
 const state = {
  kind: "raw",
  name: name
 };
 if (element === void 0) return wait(Math.max(at, text.length - name.length - 3), state);
 if (!window.isFull) return wait(at, state);
 const end = window.isLast ? text.length : Math.max(at, text.length - name.length - 3);
 if (end > at) reader.raw(element, text.slice(at, end), window.lineAt(at));
 return wait(end, state);
}

function closeOf(text, from, name) {
 for (let at = text.indexOf("</", from); at !== -1; at = text.indexOf("</", at + 2)) {
  const end = at + 2 + name.length;
  if (endsName(text.charCodeAt(end)) && text.slice(at + 2, end).toLowerCase() === name) return at;
 }
 return -1;
}

const BLOCK = 128 * 1024;

const CONTEXT = 256;

const FULL = 2 * BLOCK;

function readInWindows(scan, onEnd = () => {}) {
 let held = "";
 let text = "";
 let from = 0;
 let line = 1;
 const feed = (block, isLast) => {
  text = text === "" ? block : text + block;
  const isFull = isLast || text.length - from >= FULL;
  const done = Math.max(from, Math.min(scan({
   text: text,
   from: from,
   isLast: isLast,
   isFull: isFull,
   lineAt: lines(text, line)
  }), text.length));
  if (isLast) return;
  const kept = Math.max(0, isFull && done === from ? text.length - CONTEXT : done - CONTEXT);
  line += countLines(text, 0, kept);
  from = Math.max(done - kept, isFull && done === from ? text.length - kept : 0);
  text = text.slice(kept);
 };
 return {
  kind: "text",
  take: piece => {
   held += piece;
   while (held.length >= BLOCK) {
    feed(held.slice(0, BLOCK), false);
    held = held.slice(BLOCK);
   }
  },
  end: () => {
   feed(held, true);
   onEnd();
  }
 };
}

function lines(text, first) {
 let counted = 0;
 let line = first;
 return index => {
  if (index < counted) {
   counted = 0;
   line = first;
  }
  line += countLines(text, counted, index);
  counted = index;
  return line;
 };
}

function countLines(text, from, to) {
 let count = 0;
 for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
 return count;
}

const script_paths_LONGEST = 300;

function createScriptScan(see, hasFile) {
 return ({text: text, from: from, isLast: isLast, lineAt: lineAt}) => {
  const end = isLast ? text.length : Math.max(from, text.length - script_paths_LONGEST - 2);
  const has = remember(word => text.includes(word));
  const places = {
   double: from - 1,
   single: from - 1,
   back: from - 1
  };
  for (let at = nextString(text, from, places); at < end; at = nextString(text, at + 1, places)) {
   const path = pathAt(text, at);
   const role = path === void 0 ? void 0 : roleOf({
    text: text,
    at: at,
    path: path,
    has: has,
    hasFile: hasFile
   });
   if (path !== void 0 && role !== void 0) see({
    path: own(path),
    role: role,
    line: lineAt(at)
   });
  }
  return end;
 };
}

function nextString(text, from, places) {
 if (places.double < from) places.double = placeOf(text, '"/', from);
 if (places.single < from) places.single = placeOf(text, "'/", from);
 if (places.back < from) places.back = placeOf(text, "`/", from);
 return Math.min(places.double, places.single, places.back);
}

function placeOf(text, needle, from) {
 const found = text.indexOf(needle, from);
 return found === -1 ? Number.POSITIVE_INFINITY : found;
}

function remember(test) {
 const known = new Map;
 return text => {
  const found = known.get(text) ?? test(text);
  known.set(text, found);
  return found;
 };
}

const PATH_CHARACTERS = new Set([ ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~%@+()[]=&?#:!," ].map(c => c.charCodeAt(0)));

function pathAt(text, at) {
 const quote = text.charCodeAt(at);
 let end = at + 1;
 const limit = Math.min(text.length, at + script_paths_LONGEST);
 while (end < limit && PATH_CHARACTERS.has(text.charCodeAt(end))) end += 1;
 return text.charCodeAt(end) === quote && text[at + 2] !== "/" ? text.slice(at + 1, end) : void 0;
}

const KEYWORD = /(?:^|[^\w$.])(?:return|from|import|case|default|of|in|else)$/;

function roleOf(candidate) {
 const {text: text, at: at, path: path} = candidate;
 const before = text.slice(Math.max(0, at - 40), at).trimEnd();
 const last = before.at(-1) ?? ";";
 if (!"(,=:[{?;&|>!}".includes(last) && !KEYWORD.test(before)) return;
 const next = text.slice(at + path.length + 2, at + path.length + 12).trimStart();
 const role = path.endsWith("/") ? publicPath(before, next, candidate.has) : fileRole(before, next, candidate);
 return role === void 0 || isInComment(text, at) ? void 0 : role;
}

function fileRole(before, next, {path: path, has: has, hasFile: hasFile}) {
 if (next !== "" && !/^[,)\]};:?&|.=\n]/.test(next)) return;
 if (/\bregister\($/.test(before) && has("serviceWorker")) return "service-worker";
 if (/(?:\bimport\s*\(?|\bfrom)$/.test(before)) return "import";
 return hasFile(path.slice(1).split(/[?#]/, 1)[0] ?? "") ? "string" : void 0;
}

function publicPath(before, next, has) {
 if (/[\w$]\.p=$/.test(before)) return has("webpackChunk") || has("webpackJsonp") ? "public-path" : void 0;
 if (before.endsWith("CHUNK_BASE_PATH:")) return "public-path";
 return /\breturn$/.test(before) && next.startsWith("+") && has("modulepreload") ? "public-path" : void 0;
}

function isInComment(text, at) {
 const back = text.slice(Math.max(0, at - script_paths_LONGEST), at);
 const line = back.slice(back.lastIndexOf("\n") + 1);
 return /(?:^|[\s;{}(),])\/\/|^\s*\*|\/\*(?:[^*]|\*(?!\/))*$/.test(line);
}

const MOST_TAGS = 1e4;

const LONGEST_KNOWN = 1024;

function createTagMemory() {
 const known = new Map;
 return source => {
  const before = known.get(source);
  if (before !== void 0) return before;
  const kept = own(source);
  const tag = readTag(kept);
  if (known.size >= MOST_TAGS) known.clear();
  if (kept.length <= LONGEST_KNOWN) known.set(kept, tag);
  return tag;
 };
}

function createHtmlScan(page, read) {
 return createPageScan(page, read, (text, line) => createPageScan(pageIn(page), read)(whole(text, () => line)));
}

function pageIn(page) {
 let hasBase = false;
 const base = () => {
  hasBase = true;
 };
 const see = reference => {
  if (!hasBase) page.see(reference);
 };
 return {
  ...page,
  base: base,
  see: see,
  generator: () => {}
 };
}

function whole(text, lineAt) {
 return {
  text: text,
  from: 0,
  isLast: true,
  isFull: true,
  lineAt: lineAt
 };
}

function createPageScan(page, read, inner = () => {}) {
 let hasBase = false;
 let script = "code";
 const scanScript = createScriptScan(page.script, page.hasFile);
 return createTagScan({
  wants: isTelling,
  tooLong: page.tooLong,
  tag: (source, line) => {
   const tag = read(source);
   script = tag.script;
   if (tag.base !== void 0 && !hasBase) {
    hasBase = true;
    page.base(tag.base, line);
   }
   if (tag.generator !== void 0) page.generator(tag.generator);
   for (const {url: url, use: use} of tag.references) page.see({
    url: url,
    use: use,
    line: line
   });
   if (tag.page !== "") inner(tag.page, line);
   if (tag.style !== "") scanCss(tag.style, page.see, () => line);
  },
  raw: (element, text, line) => {
   if (element === "style") scanCss(text, page.see, lines(text, line)); else if (script === "import-map") for (const url of urlsOfImportMap(text)) page.see({
    url: url,
    use: "script",
    line: line
   }); else if (script === "code") scanScript(whole(text, lines(text, line)));
  }
 });
}

function urlsOfImportMap(text) {
 const map = parseJson(text);
 return [ ...textsOf(valueAt(map, "imports")), ...valuesOf(valueAt(map, "scopes")).flatMap(textsOf) ];
}

function valuesOf(value) {
 return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function textsOf(value) {
 return valuesOf(value).filter(entry => typeof entry === "string");
}

const CHAR_0 = 48;

const CHAR_1 = 49;

const CHAR_9 = 57;

const CHAR_BACKSLASH = 92;

const CHAR_DOLLAR = 36;

const CHAR_DOT = 46;

const CHAR_DOUBLE_QUOTE = 34;

const CHAR_LOWER_A = 97;

const CHAR_LOWER_E = 101;

const CHAR_LOWER_F = 102;

const CHAR_LOWER_N = 110;

const CHAR_LOWER_T = 116;

const CHAR_LOWER_U = 117;

const CHAR_LOWER_X = 120;

const CHAR_LOWER_Z = 122;

const CHAR_MINUS = 45;

const CHAR_NEWLINE = 10;

const CHAR_PLUS = 43;

const CHAR_RETURN = 13;

const CHAR_SINGLE_QUOTE = 39;

const CHAR_SLASH = 47;

const CHAR_SPACE = 32;

const CHAR_TAB = 9;

const CHAR_UNDERSCORE = 95;

const CHAR_UPPER_A = 65;

const CHAR_UPPER_E = 69;

const CHAR_UPPER_F = 70;

const CHAR_UPPER_N = 78;

const CHAR_UPPER_X = 88;

const CHAR_UPPER_Z = 90;

const CHAR_LOWER_B = 98;

const CHAR_LOWER_R = 114;

const CHAR_LOWER_V = 118;

const CHAR_LINE_SEPARATOR = 8232;

const CHAR_PARAGRAPH_SEPARATOR = 8233;

const CHAR_UPPER_I = 73;

const CHAR_STAR = 42;

const CHAR_VTAB = 11;

const CHAR_FORM_FEED = 12;

const CHAR_NBSP = 160;

const CHAR_BOM = 65279;

const CHAR_NON_BREAKING_SPACE = 160;

const CHAR_EN_QUAD = 8192;

const CHAR_EM_QUAD = 8193;

const CHAR_EN_SPACE = 8194;

const CHAR_EM_SPACE = 8195;

const CHAR_THREE_PER_EM_SPACE = 8196;

const CHAR_FOUR_PER_EM_SPACE = 8197;

const CHAR_SIX_PER_EM_SPACE = 8198;

const CHAR_FIGURE_SPACE = 8199;

const CHAR_PUNCTUATION_SPACE = 8200;

const CHAR_THIN_SPACE = 8201;

const CHAR_HAIR_SPACE = 8202;

const CHAR_NARROW_NO_BREAK_SPACE = 8239;

const CHAR_MEDIUM_MATHEMATICAL_SPACE = 8287;

const CHAR_IDEOGRAPHIC_SPACE = 12288;

const LBRACKET = "[";

const RBRACKET = "]";

const LBRACE = "{";

const RBRACE = "}";

const COLON = ":";

const COMMA = ",";

const TRUE = "true";

const FALSE = "false";

const NULL = "null";

const NAN$1 = "NaN";

const INFINITY$1 = "Infinity";

const QUOTE = '"';

const escapeToChar = new Map([ [ CHAR_DOUBLE_QUOTE, QUOTE ], [ CHAR_BACKSLASH, "\\" ], [ CHAR_SLASH, "/" ], [ CHAR_LOWER_B, "\b" ], [ CHAR_LOWER_N, "\n" ], [ CHAR_LOWER_F, "\f" ], [ CHAR_LOWER_R, "\r" ], [ CHAR_LOWER_T, "\t" ] ]);

const json5EscapeToChar = new Map([ ...escapeToChar, [ CHAR_LOWER_V, "\v" ], [ CHAR_0, "\0" ] ]);

const charToEscape = new Map([ [ QUOTE, QUOTE ], [ "\\", "\\" ], [ "/", "/" ], [ "\b", "b" ], [ "\n", "n" ], [ "\f", "f" ], [ "\r", "r" ], [ "\t", "t" ] ]);

new Map([ ...charToEscape, [ "\v", "v" ], [ "\0", "0" ], [ "\u2028", "u2028" ], [ "\u2029", "u2029" ] ]);

const knownTokenTypes = new Map([ [ LBRACKET, "LBracket" ], [ RBRACKET, "RBracket" ], [ LBRACE, "LBrace" ], [ RBRACE, "RBrace" ], [ COLON, "Colon" ], [ COMMA, "Comma" ], [ TRUE, "Boolean" ], [ FALSE, "Boolean" ], [ NULL, "Null" ] ]);

const knownJSON5TokenTypes = new Map([ ...knownTokenTypes, [ NAN$1, "Number" ], [ INFINITY$1, "Number" ] ]);

const json5LineTerminators = new Set([ CHAR_NEWLINE, CHAR_RETURN, CHAR_LINE_SEPARATOR, CHAR_PARAGRAPH_SEPARATOR ]);

class ErrorWithLocation extends Error {
 constructor(message, {line: line, column: column, offset: offset}) {
  super(`${message} (${line}:${column})`);
  this.line = line;
  this.column = column;
  this.offset = offset;
 }
}

class UnexpectedChar extends ErrorWithLocation {
 constructor(unexpected, loc) {
  super(`Unexpected character '${String.fromCharCode(unexpected)}' found.`, loc);
 }
}

class UnexpectedIdentifier extends ErrorWithLocation {
 constructor(unexpected, loc) {
  super(`Unexpected identifier '${unexpected}' found.`, loc);
 }
}

class UnexpectedToken extends ErrorWithLocation {
 constructor(token) {
  super(`Unexpected token ${token.type} found.`, token.loc.start);
 }
}

class UnexpectedEOF extends ErrorWithLocation {
 constructor(loc) {
  super("Unexpected end of input found.", loc);
 }
}

const ID_Start = /[\xAA\xB5\xBA\xC0-\xD6\xD8-\xF6\xF8-\u02C1\u02C6-\u02D1\u02E0-\u02E4\u02EC\u02EE\u0370-\u0374\u0376\u0377\u037A-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u0559\u0561-\u0587\u05D0-\u05EA\u05F0-\u05F2\u0620-\u064A\u066E\u066F\u0671-\u06D3\u06D5\u06E5\u06E6\u06EE\u06EF\u06FA-\u06FC\u06FF\u0710\u0712-\u072F\u074D-\u07A5\u07B1\u07CA-\u07EA\u07F4\u07F5\u07FA\u0800-\u0815\u081A\u0824\u0828\u0840-\u0858\u0860-\u086A\u08A0-\u08B4\u08B6-\u08BD\u0904-\u0939\u093D\u0950\u0958-\u0961\u0971-\u0980\u0985-\u098C\u098F\u0990\u0993-\u09A8\u09AA-\u09B0\u09B2\u09B6-\u09B9\u09BD\u09CE\u09DC\u09DD\u09DF-\u09E1\u09F0\u09F1\u09FC\u0A05-\u0A0A\u0A0F\u0A10\u0A13-\u0A28\u0A2A-\u0A30\u0A32\u0A33\u0A35\u0A36\u0A38\u0A39\u0A59-\u0A5C\u0A5E\u0A72-\u0A74\u0A85-\u0A8D\u0A8F-\u0A91\u0A93-\u0AA8\u0AAA-\u0AB0\u0AB2\u0AB3\u0AB5-\u0AB9\u0ABD\u0AD0\u0AE0\u0AE1\u0AF9\u0B05-\u0B0C\u0B0F\u0B10\u0B13-\u0B28\u0B2A-\u0B30\u0B32\u0B33\u0B35-\u0B39\u0B3D\u0B5C\u0B5D\u0B5F-\u0B61\u0B71\u0B83\u0B85-\u0B8A\u0B8E-\u0B90\u0B92-\u0B95\u0B99\u0B9A\u0B9C\u0B9E\u0B9F\u0BA3\u0BA4\u0BA8-\u0BAA\u0BAE-\u0BB9\u0BD0\u0C05-\u0C0C\u0C0E-\u0C10\u0C12-\u0C28\u0C2A-\u0C39\u0C3D\u0C58-\u0C5A\u0C60\u0C61\u0C80\u0C85-\u0C8C\u0C8E-\u0C90\u0C92-\u0CA8\u0CAA-\u0CB3\u0CB5-\u0CB9\u0CBD\u0CDE\u0CE0\u0CE1\u0CF1\u0CF2\u0D05-\u0D0C\u0D0E-\u0D10\u0D12-\u0D3A\u0D3D\u0D4E\u0D54-\u0D56\u0D5F-\u0D61\u0D7A-\u0D7F\u0D85-\u0D96\u0D9A-\u0DB1\u0DB3-\u0DBB\u0DBD\u0DC0-\u0DC6\u0E01-\u0E30\u0E32\u0E33\u0E40-\u0E46\u0E81\u0E82\u0E84\u0E87\u0E88\u0E8A\u0E8D\u0E94-\u0E97\u0E99-\u0E9F\u0EA1-\u0EA3\u0EA5\u0EA7\u0EAA\u0EAB\u0EAD-\u0EB0\u0EB2\u0EB3\u0EBD\u0EC0-\u0EC4\u0EC6\u0EDC-\u0EDF\u0F00\u0F40-\u0F47\u0F49-\u0F6C\u0F88-\u0F8C\u1000-\u102A\u103F\u1050-\u1055\u105A-\u105D\u1061\u1065\u1066\u106E-\u1070\u1075-\u1081\u108E\u10A0-\u10C5\u10C7\u10CD\u10D0-\u10FA\u10FC-\u1248\u124A-\u124D\u1250-\u1256\u1258\u125A-\u125D\u1260-\u1288\u128A-\u128D\u1290-\u12B0\u12B2-\u12B5\u12B8-\u12BE\u12C0\u12C2-\u12C5\u12C8-\u12D6\u12D8-\u1310\u1312-\u1315\u1318-\u135A\u1380-\u138F\u13A0-\u13F5\u13F8-\u13FD\u1401-\u166C\u166F-\u167F\u1681-\u169A\u16A0-\u16EA\u16EE-\u16F8\u1700-\u170C\u170E-\u1711\u1720-\u1731\u1740-\u1751\u1760-\u176C\u176E-\u1770\u1780-\u17B3\u17D7\u17DC\u1820-\u1877\u1880-\u1884\u1887-\u18A8\u18AA\u18B0-\u18F5\u1900-\u191E\u1950-\u196D\u1970-\u1974\u1980-\u19AB\u19B0-\u19C9\u1A00-\u1A16\u1A20-\u1A54\u1AA7\u1B05-\u1B33\u1B45-\u1B4B\u1B83-\u1BA0\u1BAE\u1BAF\u1BBA-\u1BE5\u1C00-\u1C23\u1C4D-\u1C4F\u1C5A-\u1C7D\u1C80-\u1C88\u1CE9-\u1CEC\u1CEE-\u1CF1\u1CF5\u1CF6\u1D00-\u1DBF\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2071\u207F\u2090-\u209C\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2139\u213C-\u213F\u2145-\u2149\u214E\u2160-\u2188\u2C00-\u2C2E\u2C30-\u2C5E\u2C60-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\u2D00-\u2D25\u2D27\u2D2D\u2D30-\u2D67\u2D6F\u2D80-\u2D96\u2DA0-\u2DA6\u2DA8-\u2DAE\u2DB0-\u2DB6\u2DB8-\u2DBE\u2DC0-\u2DC6\u2DC8-\u2DCE\u2DD0-\u2DD6\u2DD8-\u2DDE\u2E2F\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303C\u3041-\u3096\u309D-\u309F\u30A1-\u30FA\u30FC-\u30FF\u3105-\u312E\u3131-\u318E\u31A0-\u31BA\u31F0-\u31FF\u3400-\u4DB5\u4E00-\u9FEA\uA000-\uA48C\uA4D0-\uA4FD\uA500-\uA60C\uA610-\uA61F\uA62A\uA62B\uA640-\uA66E\uA67F-\uA69D\uA6A0-\uA6EF\uA717-\uA71F\uA722-\uA788\uA78B-\uA7AE\uA7B0-\uA7B7\uA7F7-\uA801\uA803-\uA805\uA807-\uA80A\uA80C-\uA822\uA840-\uA873\uA882-\uA8B3\uA8F2-\uA8F7\uA8FB\uA8FD\uA90A-\uA925\uA930-\uA946\uA960-\uA97C\uA984-\uA9B2\uA9CF\uA9E0-\uA9E4\uA9E6-\uA9EF\uA9FA-\uA9FE\uAA00-\uAA28\uAA40-\uAA42\uAA44-\uAA4B\uAA60-\uAA76\uAA7A\uAA7E-\uAAAF\uAAB1\uAAB5\uAAB6\uAAB9-\uAABD\uAAC0\uAAC2\uAADB-\uAADD\uAAE0-\uAAEA\uAAF2-\uAAF4\uAB01-\uAB06\uAB09-\uAB0E\uAB11-\uAB16\uAB20-\uAB26\uAB28-\uAB2E\uAB30-\uAB5A\uAB5C-\uAB65\uAB70-\uABE2\uAC00-\uD7A3\uD7B0-\uD7C6\uD7CB-\uD7FB\uF900-\uFA6D\uFA70-\uFAD9\uFB00-\uFB06\uFB13-\uFB17\uFB1D\uFB1F-\uFB28\uFB2A-\uFB36\uFB38-\uFB3C\uFB3E\uFB40\uFB41\uFB43\uFB44\uFB46-\uFBB1\uFBD3-\uFD3D\uFD50-\uFD8F\uFD92-\uFDC7\uFDF0-\uFDFB\uFE70-\uFE74\uFE76-\uFEFC\uFF21-\uFF3A\uFF41-\uFF5A\uFF66-\uFFBE\uFFC2-\uFFC7\uFFCA-\uFFCF\uFFD2-\uFFD7\uFFDA-\uFFDC]|\uD800[\uDC00-\uDC0B\uDC0D-\uDC26\uDC28-\uDC3A\uDC3C\uDC3D\uDC3F-\uDC4D\uDC50-\uDC5D\uDC80-\uDCFA\uDD40-\uDD74\uDE80-\uDE9C\uDEA0-\uDED0\uDF00-\uDF1F\uDF2D-\uDF4A\uDF50-\uDF75\uDF80-\uDF9D\uDFA0-\uDFC3\uDFC8-\uDFCF\uDFD1-\uDFD5]|\uD801[\uDC00-\uDC9D\uDCB0-\uDCD3\uDCD8-\uDCFB\uDD00-\uDD27\uDD30-\uDD63\uDE00-\uDF36\uDF40-\uDF55\uDF60-\uDF67]|\uD802[\uDC00-\uDC05\uDC08\uDC0A-\uDC35\uDC37\uDC38\uDC3C\uDC3F-\uDC55\uDC60-\uDC76\uDC80-\uDC9E\uDCE0-\uDCF2\uDCF4\uDCF5\uDD00-\uDD15\uDD20-\uDD39\uDD80-\uDDB7\uDDBE\uDDBF\uDE00\uDE10-\uDE13\uDE15-\uDE17\uDE19-\uDE33\uDE60-\uDE7C\uDE80-\uDE9C\uDEC0-\uDEC7\uDEC9-\uDEE4\uDF00-\uDF35\uDF40-\uDF55\uDF60-\uDF72\uDF80-\uDF91]|\uD803[\uDC00-\uDC48\uDC80-\uDCB2\uDCC0-\uDCF2]|\uD804[\uDC03-\uDC37\uDC83-\uDCAF\uDCD0-\uDCE8\uDD03-\uDD26\uDD50-\uDD72\uDD76\uDD83-\uDDB2\uDDC1-\uDDC4\uDDDA\uDDDC\uDE00-\uDE11\uDE13-\uDE2B\uDE80-\uDE86\uDE88\uDE8A-\uDE8D\uDE8F-\uDE9D\uDE9F-\uDEA8\uDEB0-\uDEDE\uDF05-\uDF0C\uDF0F\uDF10\uDF13-\uDF28\uDF2A-\uDF30\uDF32\uDF33\uDF35-\uDF39\uDF3D\uDF50\uDF5D-\uDF61]|\uD805[\uDC00-\uDC34\uDC47-\uDC4A\uDC80-\uDCAF\uDCC4\uDCC5\uDCC7\uDD80-\uDDAE\uDDD8-\uDDDB\uDE00-\uDE2F\uDE44\uDE80-\uDEAA\uDF00-\uDF19]|\uD806[\uDCA0-\uDCDF\uDCFF\uDE00\uDE0B-\uDE32\uDE3A\uDE50\uDE5C-\uDE83\uDE86-\uDE89\uDEC0-\uDEF8]|\uD807[\uDC00-\uDC08\uDC0A-\uDC2E\uDC40\uDC72-\uDC8F\uDD00-\uDD06\uDD08\uDD09\uDD0B-\uDD30\uDD46]|\uD808[\uDC00-\uDF99]|\uD809[\uDC00-\uDC6E\uDC80-\uDD43]|[\uD80C\uD81C-\uD820\uD840-\uD868\uD86A-\uD86C\uD86F-\uD872\uD874-\uD879][\uDC00-\uDFFF]|\uD80D[\uDC00-\uDC2E]|\uD811[\uDC00-\uDE46]|\uD81A[\uDC00-\uDE38\uDE40-\uDE5E\uDED0-\uDEED\uDF00-\uDF2F\uDF40-\uDF43\uDF63-\uDF77\uDF7D-\uDF8F]|\uD81B[\uDF00-\uDF44\uDF50\uDF93-\uDF9F\uDFE0\uDFE1]|\uD821[\uDC00-\uDFEC]|\uD822[\uDC00-\uDEF2]|\uD82C[\uDC00-\uDD1E\uDD70-\uDEFB]|\uD82F[\uDC00-\uDC6A\uDC70-\uDC7C\uDC80-\uDC88\uDC90-\uDC99]|\uD835[\uDC00-\uDC54\uDC56-\uDC9C\uDC9E\uDC9F\uDCA2\uDCA5\uDCA6\uDCA9-\uDCAC\uDCAE-\uDCB9\uDCBB\uDCBD-\uDCC3\uDCC5-\uDD05\uDD07-\uDD0A\uDD0D-\uDD14\uDD16-\uDD1C\uDD1E-\uDD39\uDD3B-\uDD3E\uDD40-\uDD44\uDD46\uDD4A-\uDD50\uDD52-\uDEA5\uDEA8-\uDEC0\uDEC2-\uDEDA\uDEDC-\uDEFA\uDEFC-\uDF14\uDF16-\uDF34\uDF36-\uDF4E\uDF50-\uDF6E\uDF70-\uDF88\uDF8A-\uDFA8\uDFAA-\uDFC2\uDFC4-\uDFCB]|\uD83A[\uDC00-\uDCC4\uDD00-\uDD43]|\uD83B[\uDE00-\uDE03\uDE05-\uDE1F\uDE21\uDE22\uDE24\uDE27\uDE29-\uDE32\uDE34-\uDE37\uDE39\uDE3B\uDE42\uDE47\uDE49\uDE4B\uDE4D-\uDE4F\uDE51\uDE52\uDE54\uDE57\uDE59\uDE5B\uDE5D\uDE5F\uDE61\uDE62\uDE64\uDE67-\uDE6A\uDE6C-\uDE72\uDE74-\uDE77\uDE79-\uDE7C\uDE7E\uDE80-\uDE89\uDE8B-\uDE9B\uDEA1-\uDEA3\uDEA5-\uDEA9\uDEAB-\uDEBB]|\uD869[\uDC00-\uDED6\uDF00-\uDFFF]|\uD86D[\uDC00-\uDF34\uDF40-\uDFFF]|\uD86E[\uDC00-\uDC1D\uDC20-\uDFFF]|\uD873[\uDC00-\uDEA1\uDEB0-\uDFFF]|\uD87A[\uDC00-\uDFE0]|\uD87E[\uDC00-\uDE1D]/;

const ID_Continue = /[\xAA\xB5\xBA\xC0-\xD6\xD8-\xF6\xF8-\u02C1\u02C6-\u02D1\u02E0-\u02E4\u02EC\u02EE\u0300-\u0374\u0376\u0377\u037A-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u0483-\u0487\u048A-\u052F\u0531-\u0556\u0559\u0561-\u0587\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u05D0-\u05EA\u05F0-\u05F2\u0610-\u061A\u0620-\u0669\u066E-\u06D3\u06D5-\u06DC\u06DF-\u06E8\u06EA-\u06FC\u06FF\u0710-\u074A\u074D-\u07B1\u07C0-\u07F5\u07FA\u0800-\u082D\u0840-\u085B\u0860-\u086A\u08A0-\u08B4\u08B6-\u08BD\u08D4-\u08E1\u08E3-\u0963\u0966-\u096F\u0971-\u0983\u0985-\u098C\u098F\u0990\u0993-\u09A8\u09AA-\u09B0\u09B2\u09B6-\u09B9\u09BC-\u09C4\u09C7\u09C8\u09CB-\u09CE\u09D7\u09DC\u09DD\u09DF-\u09E3\u09E6-\u09F1\u09FC\u0A01-\u0A03\u0A05-\u0A0A\u0A0F\u0A10\u0A13-\u0A28\u0A2A-\u0A30\u0A32\u0A33\u0A35\u0A36\u0A38\u0A39\u0A3C\u0A3E-\u0A42\u0A47\u0A48\u0A4B-\u0A4D\u0A51\u0A59-\u0A5C\u0A5E\u0A66-\u0A75\u0A81-\u0A83\u0A85-\u0A8D\u0A8F-\u0A91\u0A93-\u0AA8\u0AAA-\u0AB0\u0AB2\u0AB3\u0AB5-\u0AB9\u0ABC-\u0AC5\u0AC7-\u0AC9\u0ACB-\u0ACD\u0AD0\u0AE0-\u0AE3\u0AE6-\u0AEF\u0AF9-\u0AFF\u0B01-\u0B03\u0B05-\u0B0C\u0B0F\u0B10\u0B13-\u0B28\u0B2A-\u0B30\u0B32\u0B33\u0B35-\u0B39\u0B3C-\u0B44\u0B47\u0B48\u0B4B-\u0B4D\u0B56\u0B57\u0B5C\u0B5D\u0B5F-\u0B63\u0B66-\u0B6F\u0B71\u0B82\u0B83\u0B85-\u0B8A\u0B8E-\u0B90\u0B92-\u0B95\u0B99\u0B9A\u0B9C\u0B9E\u0B9F\u0BA3\u0BA4\u0BA8-\u0BAA\u0BAE-\u0BB9\u0BBE-\u0BC2\u0BC6-\u0BC8\u0BCA-\u0BCD\u0BD0\u0BD7\u0BE6-\u0BEF\u0C00-\u0C03\u0C05-\u0C0C\u0C0E-\u0C10\u0C12-\u0C28\u0C2A-\u0C39\u0C3D-\u0C44\u0C46-\u0C48\u0C4A-\u0C4D\u0C55\u0C56\u0C58-\u0C5A\u0C60-\u0C63\u0C66-\u0C6F\u0C80-\u0C83\u0C85-\u0C8C\u0C8E-\u0C90\u0C92-\u0CA8\u0CAA-\u0CB3\u0CB5-\u0CB9\u0CBC-\u0CC4\u0CC6-\u0CC8\u0CCA-\u0CCD\u0CD5\u0CD6\u0CDE\u0CE0-\u0CE3\u0CE6-\u0CEF\u0CF1\u0CF2\u0D00-\u0D03\u0D05-\u0D0C\u0D0E-\u0D10\u0D12-\u0D44\u0D46-\u0D48\u0D4A-\u0D4E\u0D54-\u0D57\u0D5F-\u0D63\u0D66-\u0D6F\u0D7A-\u0D7F\u0D82\u0D83\u0D85-\u0D96\u0D9A-\u0DB1\u0DB3-\u0DBB\u0DBD\u0DC0-\u0DC6\u0DCA\u0DCF-\u0DD4\u0DD6\u0DD8-\u0DDF\u0DE6-\u0DEF\u0DF2\u0DF3\u0E01-\u0E3A\u0E40-\u0E4E\u0E50-\u0E59\u0E81\u0E82\u0E84\u0E87\u0E88\u0E8A\u0E8D\u0E94-\u0E97\u0E99-\u0E9F\u0EA1-\u0EA3\u0EA5\u0EA7\u0EAA\u0EAB\u0EAD-\u0EB9\u0EBB-\u0EBD\u0EC0-\u0EC4\u0EC6\u0EC8-\u0ECD\u0ED0-\u0ED9\u0EDC-\u0EDF\u0F00\u0F18\u0F19\u0F20-\u0F29\u0F35\u0F37\u0F39\u0F3E-\u0F47\u0F49-\u0F6C\u0F71-\u0F84\u0F86-\u0F97\u0F99-\u0FBC\u0FC6\u1000-\u1049\u1050-\u109D\u10A0-\u10C5\u10C7\u10CD\u10D0-\u10FA\u10FC-\u1248\u124A-\u124D\u1250-\u1256\u1258\u125A-\u125D\u1260-\u1288\u128A-\u128D\u1290-\u12B0\u12B2-\u12B5\u12B8-\u12BE\u12C0\u12C2-\u12C5\u12C8-\u12D6\u12D8-\u1310\u1312-\u1315\u1318-\u135A\u135D-\u135F\u1380-\u138F\u13A0-\u13F5\u13F8-\u13FD\u1401-\u166C\u166F-\u167F\u1681-\u169A\u16A0-\u16EA\u16EE-\u16F8\u1700-\u170C\u170E-\u1714\u1720-\u1734\u1740-\u1753\u1760-\u176C\u176E-\u1770\u1772\u1773\u1780-\u17D3\u17D7\u17DC\u17DD\u17E0-\u17E9\u180B-\u180D\u1810-\u1819\u1820-\u1877\u1880-\u18AA\u18B0-\u18F5\u1900-\u191E\u1920-\u192B\u1930-\u193B\u1946-\u196D\u1970-\u1974\u1980-\u19AB\u19B0-\u19C9\u19D0-\u19D9\u1A00-\u1A1B\u1A20-\u1A5E\u1A60-\u1A7C\u1A7F-\u1A89\u1A90-\u1A99\u1AA7\u1AB0-\u1ABD\u1B00-\u1B4B\u1B50-\u1B59\u1B6B-\u1B73\u1B80-\u1BF3\u1C00-\u1C37\u1C40-\u1C49\u1C4D-\u1C7D\u1C80-\u1C88\u1CD0-\u1CD2\u1CD4-\u1CF9\u1D00-\u1DF9\u1DFB-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u203F\u2040\u2054\u2071\u207F\u2090-\u209C\u20D0-\u20DC\u20E1\u20E5-\u20F0\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2139\u213C-\u213F\u2145-\u2149\u214E\u2160-\u2188\u2C00-\u2C2E\u2C30-\u2C5E\u2C60-\u2CE4\u2CEB-\u2CF3\u2D00-\u2D25\u2D27\u2D2D\u2D30-\u2D67\u2D6F\u2D7F-\u2D96\u2DA0-\u2DA6\u2DA8-\u2DAE\u2DB0-\u2DB6\u2DB8-\u2DBE\u2DC0-\u2DC6\u2DC8-\u2DCE\u2DD0-\u2DD6\u2DD8-\u2DDE\u2DE0-\u2DFF\u2E2F\u3005-\u3007\u3021-\u302F\u3031-\u3035\u3038-\u303C\u3041-\u3096\u3099\u309A\u309D-\u309F\u30A1-\u30FA\u30FC-\u30FF\u3105-\u312E\u3131-\u318E\u31A0-\u31BA\u31F0-\u31FF\u3400-\u4DB5\u4E00-\u9FEA\uA000-\uA48C\uA4D0-\uA4FD\uA500-\uA60C\uA610-\uA62B\uA640-\uA66F\uA674-\uA67D\uA67F-\uA6F1\uA717-\uA71F\uA722-\uA788\uA78B-\uA7AE\uA7B0-\uA7B7\uA7F7-\uA827\uA840-\uA873\uA880-\uA8C5\uA8D0-\uA8D9\uA8E0-\uA8F7\uA8FB\uA8FD\uA900-\uA92D\uA930-\uA953\uA960-\uA97C\uA980-\uA9C0\uA9CF-\uA9D9\uA9E0-\uA9FE\uAA00-\uAA36\uAA40-\uAA4D\uAA50-\uAA59\uAA60-\uAA76\uAA7A-\uAAC2\uAADB-\uAADD\uAAE0-\uAAEF\uAAF2-\uAAF6\uAB01-\uAB06\uAB09-\uAB0E\uAB11-\uAB16\uAB20-\uAB26\uAB28-\uAB2E\uAB30-\uAB5A\uAB5C-\uAB65\uAB70-\uABEA\uABEC\uABED\uABF0-\uABF9\uAC00-\uD7A3\uD7B0-\uD7C6\uD7CB-\uD7FB\uF900-\uFA6D\uFA70-\uFAD9\uFB00-\uFB06\uFB13-\uFB17\uFB1D-\uFB28\uFB2A-\uFB36\uFB38-\uFB3C\uFB3E\uFB40\uFB41\uFB43\uFB44\uFB46-\uFBB1\uFBD3-\uFD3D\uFD50-\uFD8F\uFD92-\uFDC7\uFDF0-\uFDFB\uFE00-\uFE0F\uFE20-\uFE2F\uFE33\uFE34\uFE4D-\uFE4F\uFE70-\uFE74\uFE76-\uFEFC\uFF10-\uFF19\uFF21-\uFF3A\uFF3F\uFF41-\uFF5A\uFF66-\uFFBE\uFFC2-\uFFC7\uFFCA-\uFFCF\uFFD2-\uFFD7\uFFDA-\uFFDC]|\uD800[\uDC00-\uDC0B\uDC0D-\uDC26\uDC28-\uDC3A\uDC3C\uDC3D\uDC3F-\uDC4D\uDC50-\uDC5D\uDC80-\uDCFA\uDD40-\uDD74\uDDFD\uDE80-\uDE9C\uDEA0-\uDED0\uDEE0\uDF00-\uDF1F\uDF2D-\uDF4A\uDF50-\uDF7A\uDF80-\uDF9D\uDFA0-\uDFC3\uDFC8-\uDFCF\uDFD1-\uDFD5]|\uD801[\uDC00-\uDC9D\uDCA0-\uDCA9\uDCB0-\uDCD3\uDCD8-\uDCFB\uDD00-\uDD27\uDD30-\uDD63\uDE00-\uDF36\uDF40-\uDF55\uDF60-\uDF67]|\uD802[\uDC00-\uDC05\uDC08\uDC0A-\uDC35\uDC37\uDC38\uDC3C\uDC3F-\uDC55\uDC60-\uDC76\uDC80-\uDC9E\uDCE0-\uDCF2\uDCF4\uDCF5\uDD00-\uDD15\uDD20-\uDD39\uDD80-\uDDB7\uDDBE\uDDBF\uDE00-\uDE03\uDE05\uDE06\uDE0C-\uDE13\uDE15-\uDE17\uDE19-\uDE33\uDE38-\uDE3A\uDE3F\uDE60-\uDE7C\uDE80-\uDE9C\uDEC0-\uDEC7\uDEC9-\uDEE6\uDF00-\uDF35\uDF40-\uDF55\uDF60-\uDF72\uDF80-\uDF91]|\uD803[\uDC00-\uDC48\uDC80-\uDCB2\uDCC0-\uDCF2]|\uD804[\uDC00-\uDC46\uDC66-\uDC6F\uDC7F-\uDCBA\uDCD0-\uDCE8\uDCF0-\uDCF9\uDD00-\uDD34\uDD36-\uDD3F\uDD50-\uDD73\uDD76\uDD80-\uDDC4\uDDCA-\uDDCC\uDDD0-\uDDDA\uDDDC\uDE00-\uDE11\uDE13-\uDE37\uDE3E\uDE80-\uDE86\uDE88\uDE8A-\uDE8D\uDE8F-\uDE9D\uDE9F-\uDEA8\uDEB0-\uDEEA\uDEF0-\uDEF9\uDF00-\uDF03\uDF05-\uDF0C\uDF0F\uDF10\uDF13-\uDF28\uDF2A-\uDF30\uDF32\uDF33\uDF35-\uDF39\uDF3C-\uDF44\uDF47\uDF48\uDF4B-\uDF4D\uDF50\uDF57\uDF5D-\uDF63\uDF66-\uDF6C\uDF70-\uDF74]|\uD805[\uDC00-\uDC4A\uDC50-\uDC59\uDC80-\uDCC5\uDCC7\uDCD0-\uDCD9\uDD80-\uDDB5\uDDB8-\uDDC0\uDDD8-\uDDDD\uDE00-\uDE40\uDE44\uDE50-\uDE59\uDE80-\uDEB7\uDEC0-\uDEC9\uDF00-\uDF19\uDF1D-\uDF2B\uDF30-\uDF39]|\uD806[\uDCA0-\uDCE9\uDCFF\uDE00-\uDE3E\uDE47\uDE50-\uDE83\uDE86-\uDE99\uDEC0-\uDEF8]|\uD807[\uDC00-\uDC08\uDC0A-\uDC36\uDC38-\uDC40\uDC50-\uDC59\uDC72-\uDC8F\uDC92-\uDCA7\uDCA9-\uDCB6\uDD00-\uDD06\uDD08\uDD09\uDD0B-\uDD36\uDD3A\uDD3C\uDD3D\uDD3F-\uDD47\uDD50-\uDD59]|\uD808[\uDC00-\uDF99]|\uD809[\uDC00-\uDC6E\uDC80-\uDD43]|[\uD80C\uD81C-\uD820\uD840-\uD868\uD86A-\uD86C\uD86F-\uD872\uD874-\uD879][\uDC00-\uDFFF]|\uD80D[\uDC00-\uDC2E]|\uD811[\uDC00-\uDE46]|\uD81A[\uDC00-\uDE38\uDE40-\uDE5E\uDE60-\uDE69\uDED0-\uDEED\uDEF0-\uDEF4\uDF00-\uDF36\uDF40-\uDF43\uDF50-\uDF59\uDF63-\uDF77\uDF7D-\uDF8F]|\uD81B[\uDF00-\uDF44\uDF50-\uDF7E\uDF8F-\uDF9F\uDFE0\uDFE1]|\uD821[\uDC00-\uDFEC]|\uD822[\uDC00-\uDEF2]|\uD82C[\uDC00-\uDD1E\uDD70-\uDEFB]|\uD82F[\uDC00-\uDC6A\uDC70-\uDC7C\uDC80-\uDC88\uDC90-\uDC99\uDC9D\uDC9E]|\uD834[\uDD65-\uDD69\uDD6D-\uDD72\uDD7B-\uDD82\uDD85-\uDD8B\uDDAA-\uDDAD\uDE42-\uDE44]|\uD835[\uDC00-\uDC54\uDC56-\uDC9C\uDC9E\uDC9F\uDCA2\uDCA5\uDCA6\uDCA9-\uDCAC\uDCAE-\uDCB9\uDCBB\uDCBD-\uDCC3\uDCC5-\uDD05\uDD07-\uDD0A\uDD0D-\uDD14\uDD16-\uDD1C\uDD1E-\uDD39\uDD3B-\uDD3E\uDD40-\uDD44\uDD46\uDD4A-\uDD50\uDD52-\uDEA5\uDEA8-\uDEC0\uDEC2-\uDEDA\uDEDC-\uDEFA\uDEFC-\uDF14\uDF16-\uDF34\uDF36-\uDF4E\uDF50-\uDF6E\uDF70-\uDF88\uDF8A-\uDFA8\uDFAA-\uDFC2\uDFC4-\uDFCB\uDFCE-\uDFFF]|\uD836[\uDE00-\uDE36\uDE3B-\uDE6C\uDE75\uDE84\uDE9B-\uDE9F\uDEA1-\uDEAF]|\uD838[\uDC00-\uDC06\uDC08-\uDC18\uDC1B-\uDC21\uDC23\uDC24\uDC26-\uDC2A]|\uD83A[\uDC00-\uDCC4\uDCD0-\uDCD6\uDD00-\uDD4A\uDD50-\uDD59]|\uD83B[\uDE00-\uDE03\uDE05-\uDE1F\uDE21\uDE22\uDE24\uDE27\uDE29-\uDE32\uDE34-\uDE37\uDE39\uDE3B\uDE42\uDE47\uDE49\uDE4B\uDE4D-\uDE4F\uDE51\uDE52\uDE54\uDE57\uDE59\uDE5B\uDE5D\uDE5F\uDE61\uDE62\uDE64\uDE67-\uDE6A\uDE6C-\uDE72\uDE74-\uDE77\uDE79-\uDE7C\uDE7E\uDE80-\uDE89\uDE8B-\uDE9B\uDEA1-\uDEA3\uDEA5-\uDEA9\uDEAB-\uDEBB]|\uD869[\uDC00-\uDED6\uDF00-\uDFFF]|\uD86D[\uDC00-\uDF34\uDF40-\uDFFF]|\uD86E[\uDC00-\uDC1D\uDC20-\uDFFF]|\uD873[\uDC00-\uDEA1\uDEB0-\uDFFF]|\uD87A[\uDC00-\uDFE0]|\uD87E[\uDC00-\uDE1D]|\uDB40[\uDD00-\uDDEF]/;

const CHAR_CR = 13;

const CHAR_LF = 10;

class CharCodeReader {
 #text="";
 #line=1;
 #column=0;
 #offset=-1;
 #newLine=false;
 #last=-1;
 #ended=false;
 constructor(text) {
  this.#text = text;
 }
 #end() {
  if (this.#ended) return;
  this.#column++;
  this.#offset++;
  this.#last = -1;
  this.#ended = true;
 }
 locate() {
  return {
   line: this.#line,
   column: this.#column,
   offset: this.#offset
  };
 }
 next() {
  if (this.#offset >= this.#text.length - 1) {
   this.#end();
   return -1;
  }
  this.#offset++;
  const charCode = this.#text.charCodeAt(this.#offset);
  if (this.#newLine) {
   this.#line++;
   this.#column = 1;
   this.#newLine = false;
  } else this.#column++;
  if (charCode === CHAR_CR) {
   this.#newLine = true;
   if (this.peek() === CHAR_LF) this.#offset++;
  } else if (charCode === CHAR_LF) this.#newLine = true;
  this.#last = charCode;
  return charCode;
 }
 peek() {
  if (this.#offset === this.#text.length - 1) return -1;
  return this.#text.charCodeAt(this.#offset + 1);
 }
 match(fn) {
  if (fn(this.peek())) {
   this.next();
   return true;
  }
  return false;
 }
 current() {
  return this.#last;
 }
}

const INFINITY = "Infinity";

const NAN = "NaN";

const keywordStarts = new Set([ CHAR_LOWER_T, CHAR_LOWER_F, CHAR_LOWER_N ]);

const whitespace = new Set([ CHAR_SPACE, CHAR_TAB, CHAR_NEWLINE, CHAR_RETURN ]);

const json5Whitespace = new Set([ ...whitespace, CHAR_VTAB, CHAR_FORM_FEED, CHAR_NBSP, CHAR_LINE_SEPARATOR, CHAR_PARAGRAPH_SEPARATOR, CHAR_BOM, CHAR_NON_BREAKING_SPACE, CHAR_EN_QUAD, CHAR_EM_QUAD, CHAR_EN_SPACE, CHAR_EM_SPACE, CHAR_THREE_PER_EM_SPACE, CHAR_FOUR_PER_EM_SPACE, CHAR_SIX_PER_EM_SPACE, CHAR_FIGURE_SPACE, CHAR_PUNCTUATION_SPACE, CHAR_THIN_SPACE, CHAR_HAIR_SPACE, CHAR_NARROW_NO_BREAK_SPACE, CHAR_MEDIUM_MATHEMATICAL_SPACE, CHAR_IDEOGRAPHIC_SPACE ]);

const DEFAULT_OPTIONS$1 = {
 mode: "json",
 ranges: false
};

const jsonKeywords = new Set([ "true", "false", "null" ]);

const tt = {
 EOF: 0,
 Number: 1,
 String: 2,
 Boolean: 3,
 Null: 4,
 NaN: 5,
 Infinity: 6,
 Identifier: 7,
 Colon: 20,
 LBrace: 21,
 RBrace: 22,
 LBracket: 23,
 RBracket: 24,
 Comma: 25,
 LineComment: 40,
 BlockComment: 41
};

function isDigit(c) {
 return c >= CHAR_0 && c <= CHAR_9;
}

function isHexDigit(c) {
 return isDigit(c) || c >= CHAR_UPPER_A && c <= CHAR_UPPER_F || c >= CHAR_LOWER_A && c <= CHAR_LOWER_F;
}

function isPositiveDigit(c) {
 return c >= CHAR_1 && c <= CHAR_9;
}

function isKeywordStart(c) {
 return keywordStarts.has(c);
}

function isNumberStart(c) {
 return isDigit(c) || c === CHAR_DOT || c === CHAR_MINUS;
}

function isJSON5NumberStart(c) {
 return isNumberStart(c) || c === CHAR_PLUS;
}

function isStringStart(c, json5) {
 return c === CHAR_DOUBLE_QUOTE || json5 && c === CHAR_SINGLE_QUOTE;
}

function isJSON5IdentifierStart(c) {
 if (c === CHAR_DOLLAR || c === CHAR_UNDERSCORE || c === CHAR_BACKSLASH) return true;
 if (c >= CHAR_LOWER_A && c <= CHAR_LOWER_Z || c >= CHAR_UPPER_A && c <= CHAR_UPPER_Z) return true;
 if (c === 8204 || c === 8205) return true;
 const ct = String.fromCharCode(c);
 return ID_Start.test(ct);
}

function isJSON5IdentifierPart(c) {
 if (isJSON5IdentifierStart(c) || isDigit(c)) return true;
 const ct = String.fromCharCode(c);
 return ID_Continue.test(ct);
}

class momoa_Tokenizer {
 #options;
 #text;
 #reader;
 #json5;
 #allowComments;
 #ranges;
 #token;
 #isEscapedCharacter;
 #isJSON5LineTerminator;
 #isJSON5HexEscape;
 #isWhitespace;
 constructor(text, options) {
  this.#text = text;
  this.#options = {
   ...DEFAULT_OPTIONS$1,
   ...options
  };
  this.#reader = new CharCodeReader(text);
  this.#json5 = this.#options.mode === "json5";
  this.#allowComments = this.#options.mode !== "json";
  this.#ranges = this.#options.ranges;
  this.#isEscapedCharacter = this.#json5 ? json5EscapeToChar.has.bind(json5EscapeToChar) : escapeToChar.has.bind(escapeToChar);
  this.#isJSON5LineTerminator = this.#json5 ? json5LineTerminators.has.bind(json5LineTerminators) : () => false;
  this.#isJSON5HexEscape = this.#json5 ? c => c === CHAR_LOWER_X : () => false;
  this.#isWhitespace = this.#json5 ? json5Whitespace.has.bind(json5Whitespace) : whitespace.has.bind(whitespace);
 }
 #unexpected(c, loc = this.#reader.locate()) {
  throw new UnexpectedChar(c, loc);
 }
 #unexpectedIdentifier(identifier, loc = this.#reader.locate()) {
  throw new UnexpectedIdentifier(identifier, loc);
 }
 #unexpectedEOF() {
  throw new UnexpectedEOF(this.#reader.locate());
 }
 #createToken(tokenType, length, startLoc, endLoc) {
  const endOffset = startLoc.offset + length;
  let range = this.#options.ranges ? {
   range: [ startLoc.offset, endOffset ]
  } : void 0;
  return {
   type: tokenType,
   loc: {
    start: startLoc,
    end: endLoc || {
     line: startLoc.line,
     column: startLoc.column + length,
     offset: endOffset
    }
   },
   ...range
  };
 }
 #readHexDigits(count) {
  let value = "";
  let c;
  for (let i = 0; i < count; i++) {
   c = this.#reader.peek();
   if (isHexDigit(c)) {
    this.#reader.next();
    value += String.fromCharCode(c);
    continue;
   }
   this.#unexpected(c);
  }
  return value;
 }
 #readIdentifier(c) {
  let value = "";
  do {
   value += String.fromCharCode(c);
   if (c === CHAR_BACKSLASH) {
    c = this.#reader.next();
    if (c !== CHAR_LOWER_U) this.#unexpected(c);
    value += String.fromCharCode(c);
    const hexDigits = this.#readHexDigits(4);
    const charCode = parseInt(hexDigits, 16);
    if (value.length === 2 && !isJSON5IdentifierStart(charCode)) {
     const loc = this.#reader.locate();
     this.#unexpected(CHAR_BACKSLASH, {
      line: loc.line,
      column: loc.column - 5,
      offset: loc.offset - 5
     });
    } else if (!isJSON5IdentifierPart(charCode)) {
     const loc = this.#reader.locate();
     this.#unexpected(charCode, {
      line: loc.line,
      column: loc.column - 5,
      offset: loc.offset - 5
     });
    }
    value += hexDigits;
   }
   c = this.#reader.peek();
   if (!isJSON5IdentifierPart(c)) break;
   this.#reader.next();
  } while (true);
  return value;
 }
 #readString(c) {
  const delimiter = c;
  let length = 1;
  c = this.#reader.peek();
  while (c !== -1 && c !== delimiter) {
   this.#reader.next();
   length++;
   if (c === CHAR_BACKSLASH) {
    c = this.#reader.peek();
    if (this.#isEscapedCharacter(c) || this.#isJSON5LineTerminator(c)) {
     this.#reader.next();
     length++;
    } else if (c === CHAR_LOWER_U) {
     this.#reader.next();
     length++;
     const result = this.#readHexDigits(4);
     length += result.length;
    } else if (this.#isJSON5HexEscape(c)) {
     this.#reader.next();
     length++;
     const result = this.#readHexDigits(2);
     length += result.length;
    } else if (this.#json5) {
     this.#reader.next();
     length++;
    } else this.#unexpected(c);
   }
   c = this.#reader.peek();
  }
  if (c === -1) {
   this.#reader.next();
   this.#unexpectedEOF();
  }
  this.#reader.next();
  length++;
  return length;
 }
 #readNumber(c) {
  let length = 1;
  if (c === CHAR_MINUS || this.#json5 && c === CHAR_PLUS) {
   c = this.#reader.peek();
   if (this.#json5) if (c === CHAR_UPPER_I || c === CHAR_UPPER_N) {
    this.#reader.next();
    const identifier = this.#readIdentifier(c);
    if (identifier !== INFINITY && identifier !== NAN) this.#unexpected(c);
    return length + identifier.length;
   }
   if (!isDigit(c)) this.#unexpected(c);
   this.#reader.next();
   length++;
  }
  if (c === CHAR_0) {
   c = this.#reader.peek();
   if (this.#json5 && (c === CHAR_LOWER_X || c === CHAR_UPPER_X)) {
    this.#reader.next();
    length++;
    c = this.#reader.peek();
    if (!isHexDigit(c)) {
     this.#reader.next();
     this.#unexpected(c);
    }
    do {
     this.#reader.next();
     length++;
     c = this.#reader.peek();
    } while (isHexDigit(c));
   } else if (isDigit(c)) this.#unexpected(c);
  } else if (!this.#json5 || c !== CHAR_DOT) {
   if (!isPositiveDigit(c)) this.#unexpected(c);
   c = this.#reader.peek();
   while (isDigit(c)) {
    this.#reader.next();
    length++;
    c = this.#reader.peek();
   }
  }
  if (c === CHAR_DOT) {
   let digitCount = -1;
   this.#reader.next();
   length++;
   digitCount++;
   c = this.#reader.peek();
   while (isDigit(c)) {
    this.#reader.next();
    length++;
    digitCount++;
    c = this.#reader.peek();
   }
   if (!this.#json5 && digitCount === 0) {
    this.#reader.next();
    if (c) this.#unexpected(c); else this.#unexpectedEOF();
   }
  }
  if (c === CHAR_LOWER_E || c === CHAR_UPPER_E) {
   this.#reader.next();
   length++;
   c = this.#reader.peek();
   if (c === CHAR_PLUS || c === CHAR_MINUS) {
    this.#reader.next();
    length++;
    c = this.#reader.peek();
   }
   if (c === -1) {
    this.#reader.next();
    this.#unexpectedEOF();
   }
   if (!isDigit(c)) {
    this.#reader.next();
    this.#unexpected(c);
   }
   while (isDigit(c)) {
    this.#reader.next();
    length++;
    c = this.#reader.peek();
   }
  }
  return length;
 }
 #readComment(c) {
  let length = 1;
  c = this.#reader.peek();
  if (c === CHAR_SLASH) {
   do {
    this.#reader.next();
    length += 1;
    c = this.#reader.peek();
   } while (c > -1 && c !== CHAR_RETURN && c !== CHAR_NEWLINE);
   return {
    length: length,
    multiline: false
   };
  }
  if (c === CHAR_STAR) {
   this.#reader.next();
   length += 1;
   while (c > -1) {
    c = this.#reader.peek();
    if (c === CHAR_STAR) {
     this.#reader.next();
     length += 1;
     c = this.#reader.peek();
     if (c === CHAR_SLASH) {
      this.#reader.next();
      length += 1;
      return {
       length: length,
       multiline: true
      };
     }
    } else {
     this.#reader.next();
     length += 1;
    }
   }
   this.#reader.next();
   this.#unexpectedEOF();
  }
  this.#reader.next();
  this.#unexpected(c);
 }
 next() {
  let c = this.#reader.next();
  while (this.#isWhitespace(c)) c = this.#reader.next();
  if (c === -1) return tt.EOF;
  const start = this.#reader.locate();
  const ct = String.fromCharCode(c);
  if (this.#json5) if (knownJSON5TokenTypes.has(ct)) this.#token = this.#createToken(knownJSON5TokenTypes.get(ct), 1, start); else if (isJSON5IdentifierStart(c)) {
   const value = this.#readIdentifier(c);
   if (knownJSON5TokenTypes.has(value)) this.#token = this.#createToken(knownJSON5TokenTypes.get(value), value.length, start); else this.#token = this.#createToken("Identifier", value.length, start);
  } else if (isJSON5NumberStart(c)) {
   const result = this.#readNumber(c);
   this.#token = this.#createToken("Number", result, start);
  } else if (isStringStart(c, this.#json5)) {
   const result = this.#readString(c);
   const lastCharLoc = this.#reader.locate();
   this.#token = this.#createToken("String", result, start, {
    line: lastCharLoc.line,
    column: lastCharLoc.column + 1,
    offset: lastCharLoc.offset + 1
   });
  } else if (c === CHAR_SLASH && this.#allowComments) {
   const result = this.#readComment(c);
   const lastCharLoc = this.#reader.locate();
   this.#token = this.#createToken(!result.multiline ? "LineComment" : "BlockComment", result.length, start, {
    line: lastCharLoc.line,
    column: lastCharLoc.column + 1,
    offset: lastCharLoc.offset + 1
   });
  } else this.#unexpected(c); else if (knownTokenTypes.has(ct)) this.#token = this.#createToken(knownTokenTypes.get(ct), 1, start); else if (isKeywordStart(c)) {
   const value = this.#readIdentifier(c);
   if (!jsonKeywords.has(value)) this.#unexpectedIdentifier(value, start);
   this.#token = this.#createToken(knownTokenTypes.get(value), value.length, start);
  } else if (isNumberStart(c)) {
   const result = this.#readNumber(c);
   this.#token = this.#createToken("Number", result, start);
  } else if (isStringStart(c, this.#json5)) {
   const result = this.#readString(c);
   this.#token = this.#createToken("String", result, start);
  } else if (c === CHAR_SLASH && this.#allowComments) {
   const result = this.#readComment(c);
   const lastCharLoc = this.#reader.locate();
   this.#token = this.#createToken(!result.multiline ? "LineComment" : "BlockComment", result.length, start, {
    line: lastCharLoc.line,
    column: lastCharLoc.column + 1,
    offset: lastCharLoc.offset + 1
   });
  } else this.#unexpected(c);
  return tt[this.#token.type];
 }
 get token() {
  return this.#token;
 }
}

const types = {
 document(body, parts = {}) {
  return {
   type: "Document",
   body: body,
   loc: parts.loc,
   ...parts
  };
 },
 string(value, parts = {}) {
  return {
   type: "String",
   value: value,
   loc: parts.loc,
   ...parts
  };
 },
 number(value, parts = {}) {
  return {
   type: "Number",
   value: value,
   loc: parts.loc,
   ...parts
  };
 },
 boolean(value, parts = {}) {
  return {
   type: "Boolean",
   value: value,
   loc: parts.loc,
   ...parts
  };
 },
 null(parts = {}) {
  return {
   type: "Null",
   loc: parts.loc,
   ...parts
  };
 },
 array(elements, parts = {}) {
  return {
   type: "Array",
   elements: elements,
   loc: parts.loc,
   ...parts
  };
 },
 element(value, parts = {}) {
  return {
   type: "Element",
   value: value,
   loc: parts.loc,
   ...parts
  };
 },
 object(members, parts = {}) {
  return {
   type: "Object",
   members: members,
   loc: parts.loc,
   ...parts
  };
 },
 member(name, value, parts = {}) {
  return {
   type: "Member",
   name: name,
   value: value,
   loc: parts.loc,
   ...parts
  };
 },
 identifier(name, parts = {}) {
  return {
   type: "Identifier",
   name: name,
   loc: parts.loc,
   ...parts
  };
 },
 nan(sign = "", parts = {}) {
  return {
   type: "NaN",
   sign: sign,
   loc: parts.loc,
   ...parts
  };
 },
 infinity(sign = "", parts = {}) {
  return {
   type: "Infinity",
   sign: sign,
   loc: parts.loc,
   ...parts
  };
 }
};

const DEFAULT_OPTIONS = {
 mode: "json",
 ranges: false,
 tokens: false,
 allowTrailingCommas: false
};

const UNICODE_SEQUENCE = /\\u[\da-fA-F]{4}/gu;

function normalizeIdentifier(identifier) {
 return identifier.replace(UNICODE_SEQUENCE, unicodeEscape => String.fromCharCode(parseInt(unicodeEscape.slice(2), 16)));
}

function getEndLocation(text) {
 let line = 1;
 let column = 1;
 for (let i = 0; i < text.length; i++) {
  const char = text[i];
  if (char === "\n") {
   line++;
   column = 1;
  } else if (char === "\r") {
   if (text[i + 1] === "\n") i++;
   line++;
   column = 1;
  } else column++;
 }
 return {
  line: line,
  column: column,
  offset: text.length
 };
}

function getStringValue(value, token, json5 = false) {
 let result = "";
 let escapeIndex = value.indexOf("\\");
 let lastIndex = 0;
 while (escapeIndex >= 0) {
  result += value.slice(lastIndex, escapeIndex);
  const escapeChar = value.charAt(escapeIndex + 1);
  const escapeCharCode = escapeChar.charCodeAt(0);
  if (json5 && json5EscapeToChar.has(escapeCharCode)) {
   result += json5EscapeToChar.get(escapeCharCode);
   lastIndex = escapeIndex + 2;
  } else if (escapeToChar.has(escapeCharCode)) {
   result += escapeToChar.get(escapeCharCode);
   lastIndex = escapeIndex + 2;
  } else if (escapeChar === "u") {
   const hexCode = value.slice(escapeIndex + 2, escapeIndex + 6);
   if (hexCode.length < 4 || /[^0-9a-f]/i.test(hexCode)) throw new ErrorWithLocation(`Invalid unicode escape \\u${hexCode}.`, {
    line: token.loc.start.line,
    column: token.loc.start.column + escapeIndex,
    offset: token.loc.start.offset + escapeIndex
   });
   result += String.fromCharCode(parseInt(hexCode, 16));
   lastIndex = escapeIndex + 6;
  } else if (json5 && escapeChar === "x") {
   const hexCode = value.slice(escapeIndex + 2, escapeIndex + 4);
   if (hexCode.length < 2 || /[^0-9a-f]/i.test(hexCode)) throw new ErrorWithLocation(`Invalid hex escape \\x${hexCode}.`, {
    line: token.loc.start.line,
    column: token.loc.start.column + escapeIndex,
    offset: token.loc.start.offset + escapeIndex
   });
   result += String.fromCharCode(parseInt(hexCode, 16));
   lastIndex = escapeIndex + 4;
  } else if (json5 && json5LineTerminators.has(escapeCharCode)) {
   lastIndex = escapeIndex + 2;
   if (escapeChar === "\r" && value.charAt(lastIndex) === "\n") lastIndex++;
  } else if (json5) {
   result += escapeChar;
   lastIndex = escapeIndex + 2;
  } else throw new ErrorWithLocation(`Invalid escape \\${escapeChar}.`, {
   line: token.loc.start.line,
   column: token.loc.start.column + escapeIndex,
   offset: token.loc.start.offset + escapeIndex
  });
  escapeIndex = value.indexOf("\\", lastIndex);
 }
 result += value.slice(lastIndex);
 return result;
}

function getLiteralValue(value, token, json5 = false) {
 switch (token.type) {
 case "Boolean":
  return value === "true";

 case "Number":
  if (json5) {
   if (value.charCodeAt(0) === 45) return -Number(value.slice(1));
   if (value.charCodeAt(0) === 43) return Number(value.slice(1));
  }
  return Number(value);

 case "String":
  return getStringValue(value.slice(1, -1), token, json5);

 default:
  throw new TypeError(`Unknown token type "${token.type}.`);
 }
}

function parse(text, options) {
 options = Object.freeze({
  ...DEFAULT_OPTIONS,
  ...options
 });
 const tokens = [];
 const tokenizer = new momoa_Tokenizer(text, {
  mode: options.mode,
  ranges: options.ranges
 });
 const json5 = options.mode === "json5";
 const allowTrailingCommas = options.allowTrailingCommas || json5;
 function nextNoComments() {
  const nextType = tokenizer.next();
  if (nextType && options.tokens) tokens.push(tokenizer.token);
  return nextType;
 }
 function nextSkipComments() {
  const nextType = tokenizer.next();
  if (nextType && options.tokens) tokens.push(tokenizer.token);
  if (nextType >= tt.LineComment) return nextSkipComments();
  return nextType;
 }
 const next = options.mode === "json" ? nextNoComments : nextSkipComments;
 function assertTokenType(token, type) {
  if (token !== type) throw new UnexpectedToken(tokenizer.token);
 }
 function assertTokenTypes(token, types) {
  if (!types.includes(token)) throw new UnexpectedToken(tokenizer.token);
 }
 function createRange(start, end) {
  return options.ranges ? {
   range: [ start.offset, end.offset ]
  } : void 0;
 }
 function createLiteralNode(tokenType) {
  const token = tokenizer.token;
  const range = createRange(token.loc.start, token.loc.end);
  const value = getLiteralValue(text.slice(token.loc.start.offset, token.loc.end.offset), token, json5);
  const loc = {
   start: {
    ...token.loc.start
   },
   end: {
    ...token.loc.end
   }
  };
  const parts = {
   loc: loc,
   ...range
  };
  switch (tokenType) {
  case tt.String:
   return types.string(value, parts);

  case tt.Number:
   return types.number(value, parts);

  case tt.Boolean:
   return types.boolean(value, parts);

  default:
   throw new TypeError(`Unknown token type ${token.type}.`);
  }
 }
 function createJSON5IdentifierNode(token) {
  const range = createRange(token.loc.start, token.loc.end);
  const identifier = text.slice(token.loc.start.offset, token.loc.end.offset);
  const loc = {
   start: {
    ...token.loc.start
   },
   end: {
    ...token.loc.end
   }
  };
  const parts = {
   loc: loc,
   ...range
  };
  if (token.type !== "Identifier") {
   let sign = "";
   if (identifier[0] === "+" || identifier[0] === "-") sign = identifier[0];
   return types[identifier.includes("NaN") ? "nan" : "infinity"](sign, parts);
  }
  return types.identifier(normalizeIdentifier(identifier), parts);
 }
 function createNullNode(token) {
  const range = createRange(token.loc.start, token.loc.end);
  return types.null({
   loc: {
    start: {
     ...token.loc.start
    },
    end: {
     ...token.loc.end
    }
   },
   ...range
  });
 }
 function parseProperty(tokenType) {
  if (json5) assertTokenTypes(tokenType, [ tt.String, tt.Identifier, tt.Number ]); else assertTokenType(tokenType, tt.String);
  const token = tokenizer.token;
  if (json5 && tokenType === tt.Number && /[+\-0-9]/.test(text[token.loc.start.offset])) throw new UnexpectedToken(token);
  let key = tokenType === tt.String ? createLiteralNode(tokenType) : createJSON5IdentifierNode(token);
  if (json5 && (key.type === "NaN" || key.type === "Infinity")) {
   if (key.sign !== "") throw new UnexpectedToken(tokenizer.token);
   key = types.identifier(key.type, {
    loc: key.loc,
    ...createRange(key.loc.start, key.loc.end)
   });
  }
  tokenType = next();
  assertTokenType(tokenType, tt.Colon);
  const value = parseValue();
  const range = createRange(key.loc.start, value.loc.end);
  return types.member(key, value, {
   loc: {
    start: {
     ...key.loc.start
    },
    end: {
     ...value.loc.end
    }
   },
   ...range
  });
 }
 function parseObject(firstTokenType) {
  assertTokenType(firstTokenType, tt.LBrace);
  const firstToken = tokenizer.token;
  const members = [];
  let tokenType = next();
  if (tokenType !== tt.RBrace) do {
   members.push(parseProperty(tokenType));
   tokenType = next();
   if (!tokenType) throw new UnexpectedEOF(members[members.length - 1].loc.end);
   if (tokenType === tt.Comma) {
    tokenType = next();
    if (allowTrailingCommas && tokenType === tt.RBrace) break;
   } else break;
  } while (tokenType);
  assertTokenType(tokenType, tt.RBrace);
  const lastToken = tokenizer.token;
  const range = createRange(firstToken.loc.start, lastToken.loc.end);
  return types.object(members, {
   loc: {
    start: {
     ...firstToken.loc.start
    },
    end: {
     ...lastToken.loc.end
    }
   },
   ...range
  });
 }
 function parseArray(firstTokenType) {
  assertTokenType(firstTokenType, tt.LBracket);
  const firstToken = tokenizer.token;
  const elements = [];
  let tokenType = next();
  if (tokenType !== tt.RBracket) do {
   const value = parseValue(tokenType);
   elements.push(types.element(value, {
    loc: value.loc
   }));
   tokenType = next();
   if (tokenType === tt.Comma) {
    tokenType = next();
    if (allowTrailingCommas && tokenType === tt.RBracket) break;
   } else break;
  } while (tokenType);
  assertTokenType(tokenType, tt.RBracket);
  const lastToken = tokenizer.token;
  const range = createRange(firstToken.loc.start, lastToken.loc.end);
  return types.array(elements, {
   loc: {
    start: {
     ...firstToken.loc.start
    },
    end: {
     ...lastToken.loc.end
    }
   },
   ...range
  });
 }
 function parseValue(tokenType) {
  tokenType = tokenType ?? next();
  const token = tokenizer.token;
  if (!tokenType) throw new UnexpectedEOF({
   line: 1,
   column: 1,
   offset: 0
  });
  switch (tokenType) {
  case tt.String:
  case tt.Boolean:
   return createLiteralNode(tokenType);

  case tt.Number:
   if (json5) {
    let tokenText = text.slice(token.loc.start.offset, token.loc.end.offset);
    if (tokenText[0] === "+" || tokenText[0] === "-") tokenText = tokenText.slice(1);
    if (tokenText === "NaN" || tokenText === "Infinity") return createJSON5IdentifierNode(token);
   }
   return createLiteralNode(tokenType);

  case tt.Null:
   return createNullNode(token);

  case tt.LBrace:
   return parseObject(tokenType);

  case tt.LBracket:
   return parseArray(tokenType);

  default:
   throw new UnexpectedToken(token);
  }
 }
 const docBody = parseValue();
 const unexpectedToken = next();
 if (unexpectedToken) throw new UnexpectedToken(tokenizer.token);
 const textEndLocation = getEndLocation(text);
 const docParts = {
  loc: {
   start: {
    line: 1,
    column: 1,
    offset: 0
   },
   end: {
    ...textEndLocation
   }
  }
 };
 if (options.tokens) docParts.tokens = tokens;
 if (options.ranges) docParts.range = [ docParts.loc.start.offset, docParts.loc.end.offset ];
 return types.document(docBody, docParts);
}

new Map([ [ "Document", [ "body" ] ], [ "Object", [ "members" ] ], [ "Member", [ "name", "value" ] ], [ "Element", [ "value" ] ], [ "Array", [ "elements" ] ], [ "String", [] ], [ "Number", [] ], [ "Boolean", [] ], [ "Null", [] ], [ "NaN", [] ], [ "Infinity", [] ], [ "Identifier", [] ] ]);

const manifest_urls_NAMES = new Set([ "manifest.json", "manifest.webmanifest", "site.webmanifest", "app.webmanifest", "site.manifest" ]);

const KEYS = [ "start_url", "icons", "display", "short_name", "scope", "theme_color" ];

const MOST_MANIFEST = 1024 * 1024;

function isManifestName(path) {
 const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
 return manifest_urls_NAMES.has(name) || name.endsWith(".webmanifest");
}

function readManifest(text, see) {
 const root = manifest_urls_parseJson(text);
 if (root === void 0) return false;
 const body = root.body;
 if (!KEYS.some(key => memberOf(body, key) !== void 0)) return true;
 const seeAt = (node, use) => {
  if (node?.type === "String") see({
   url: node.value,
   use: use,
   line: node.loc.start.line
  });
 };
 const seeImages = node => {
  for (const image of [ ...itemsOf(node, "icons"), ...itemsOf(node, "screenshots") ]) seeAt(memberOf(image, "src"), "image");
 };
 seeAt(memberOf(body, "start_url"), "page");
 seeAt(memberOf(body, "scope"), "page");
 seeImages(body);
 for (const shortcut of itemsOf(body, "shortcuts")) {
  seeAt(memberOf(shortcut, "url"), "page");
  seeImages(shortcut);
 }
 return true;
}

function manifest_urls_parseJson(text) {
 try {
  return parse(text.replace(/^\uFEFF/, ""), {
   mode: "json"
  });
 } catch {
  return;
 }
}

function memberOf(node, key) {
 if (node.type !== "Object") return;
 return node.members.find(({name: name}) => name.type === "String" && name.value === key)?.value;
}

function itemsOf(node, key) {
 const list = memberOf(node, key);
 return list?.type === "Array" ? list.elements.map(({value: value}) => value) : [];
}

const WORKS = "works on subdomain gateways only";

const reference_groups_LOADS = {
 absolute: {
  kind: "subdomain-only",
  most: 3,
  rest: [ `file is loaded by an absolute path, which ${WORKS}`, `files are loaded by absolute paths, which ${WORKS}` ],
  advice: ({absolute: absolute}) => absolute
 },
 missing: {
  kind: "missing-target",
  most: 20,
  rest: [ "file is loaded that is not in the build", "files are loaded that are not in the build" ],
  advice: () => "Add the file to the build, or correct the reference."
 },
 nested: {
  kind: "missing-target",
  most: 20,
  rest: [ "reference fits pages at the root only", "references fit pages at the root only" ],
  advice: nestedAdvice
 },
 outside: {
  kind: "outside",
  most: 20,
  rest: [ "reference points out of the build", "references point out of the build" ],
  advice: () => "Publish the parent directory, or correct the number of `../`."
 }
};

const LINKS = {
 absolute: {
  ...reference_groups_LOADS.absolute,
  rest: [ `page is linked by an absolute path, which ${WORKS}`, `pages are linked by absolute paths, which ${WORKS}` ]
 },
 missing: {
  ...reference_groups_LOADS.missing,
  most: 10,
  rest: [ "linked page is not in the build", "linked pages are not in the build" ]
 },
 bare: {
  kind: "missing-target",
  most: 10,
  rest: [ "page is linked without the .html that its file has", "pages are linked without the .html that their files have" ],
  advice: ({pages: pages}) => pages
 }
};

const BASES = {
 ...reference_groups_LOADS.absolute,
 rest: [ `base makes paths absolute, which ${WORKS}`, `bases make paths absolute, which ${WORKS}` ]
};

const HINTS = {
 missing: {
  ...LINKS.missing,
  level: "note"
 },
 bare: {
  ...LINKS.bare,
  level: "note"
 }
};

const MOST_HOSTS = 20;

const MOST_COUNTED = 1e3;

function createHosts(tally) {
 const hosts = new Map;
 return {
  see(host, {use: use, line: line}, path) {
   const known = hosts.get(host);
   if (known !== void 0) known.uses.add(use); else if (hosts.size < MOST_COUNTED) hosts.set(own(host), {
    path: path,
    line: line,
    uses: new Set([ use ])
   });
  },
  finish() {
   const all = [ ...hosts ];
   const advice = () => "";
   for (const [host, {path: path, line: line, uses: uses}] of all.slice(0, MOST_HOSTS)) {
    const what = [ ...uses ].map(use => PLURALS[use]).sort().join(", ");
    const message = `Loads from ${quoted(host)}, which is not part of the CID: ${what}`;
    tally.say({
     kind: "external",
     message: message,
     advice: advice,
     path: path,
     line: line,
     level: "note"
    });
   }
   if (all.length <= MOST_HOSTS) return;
   const rest = all.length - MOST_HOSTS;
   const count = `${all.length >= MOST_COUNTED ? "at least " : ""}${rest}`;
   const message = `Loads from ${count} more ${rest === 1 ? "host, which is" : "hosts, which are"} not part of the CID`;
   tally.say({
    kind: "external",
    message: message,
    advice: advice,
    path: "",
    line: void 0,
    level: "note"
   });
  }
 };
}

const PLURALS = {
 script: "scripts",
 style: "style sheets",
 image: "images",
 font: "fonts",
 media: "media",
 frame: "frames",
 file: "other files",
 page: "pages"
};

const NONE = {
 kind: "none"
};

const MOST_KNOWN = 2e4;

const MOST_ORIGINS = 1e3;

function createTargets(site) {
 const hasDirectory = createDirectories(site);
 const find = createFinder(site, hasDirectory);
 const rooted = new Map;
 const origins = new Map;
 const knownFrom = ({base: base, directory: directory, host: host = ""}) => {
  const key = `${base} ${host} ${directory}`;
  const known = origins.get(key) ?? new Map;
  if (origins.size >= MOST_ORIGINS) origins.clear();
  origins.set(key, known);
  return known;
 };
 return {
  hasFile: path => site.files.has(path),
  hasDirectory: hasDirectory,
  from: origin => {
   const relative = knownFrom(origin);
   const absolute = origin.base === "external" ? relative : rooted;
   return url => {
    const known = url.startsWith("/") ? absolute : relative;
    const before = known.get(url);
    if (before !== void 0) return before;
    const target = resolve(url, origin, find);
    if (known.size >= MOST_KNOWN) known.clear();
    if (url.length < 512) known.set(own(url), target);
    return target;
   };
  }
 };
}

function originOf(path) {
 return {
  directory: path.slice(0, path.lastIndexOf("/") + 1),
  base: "none"
 };
}

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

const PLACEHOLDER = /\{\{|\$\{|<%|%%|^\{|^%[A-Z_]+%/;

function resolve(raw, origin, find) {
 const url = raw.length > LONGEST_URL ? "" : clean(raw);
 if (url === "" || /^[#?]/.test(url) || PLACEHOLDER.test(url)) return NONE;
 const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
 if (url.startsWith("//") || scheme === "http" || scheme === "https") return externalTarget(url);
 if (scheme !== void 0) return NONE;
 if (origin.base !== "external") return insideTarget(url, origin, find);
 return origin.host === void 0 ? NONE : {
  kind: "external",
  host: origin.host
 };
}

function insideTarget(url, origin, find) {
 const isRooted = url.startsWith("/");
 const path = decode(url.split(/[?#]/, 1)[0] ?? "");
 const {path: whole, isOutside: isOutside} = join(isRooted ? "" : origin.directory, path);
 const isAbsolute = isRooted || origin.base === "absolute";
 const fromRoot = isAbsolute ? void 0 : join("", path).path;
 const found = find({
  path: whole,
  isAbsolute: isAbsolute,
  fromRoot: fromRoot
 });
 return {
  kind: "inside",
  path: whole,
  isAbsolute: isAbsolute,
  isOutside: isOutside && !isRooted,
  found: found
 };
}

function clean(raw) {
 return raw.trim().replace(/[\t\n\r]/g, "").replaceAll("\\", "/");
}

function externalTarget(url) {
 const host = /^(?:https?:)?\/{2,}(?:[^/?#@]*@)?([^/?#]+)/i.exec(url)?.[1]?.toLowerCase();
 return host === void 0 ? NONE : {
  kind: "external",
  host: host
 };
}

function decode(path) {
 if (!path.includes("%")) return path;
 try {
  return decodeURIComponent(path);
 } catch {
  return path;
 }
}

function join(directory, path) {
 const parts = [];
 let isOutside = false;
 for (const part of `${directory}${path}`.split("/")) if (part === "..") isOutside = parts.pop() === void 0 || isOutside; else if (part !== "" && part !== ".") parts.push(part);
 const isDirectory = path.endsWith("/") && parts.length > 0;
 return {
  path: `${parts.join("/")}${isDirectory ? "/" : ""}`,
  isOutside: isOutside
 };
}

function createDirectories({files: files}) {
 let known;
 return path => {
  known ??= directoriesOf(files.keys());
  return known.has(path);
 };
}

function createFinder({files: files}, isDirectory) {
 let folded;
 const exists = path => path.endsWith("/") || path === "" ? isDirectory(path) : files.has(path) || isDirectory(`${path}/`);
 const elsewhere = ({path: path, isAbsolute: isAbsolute, fromRoot: fromRoot}) => {
  const base = isAbsolute ? baseOf(path, exists) : void 0;
  if (base !== void 0) return {
   kind: "below-base",
   base: base
  };
  if (fromRoot !== void 0 && files.has(fromRoot)) return {
   kind: "from-root"
  };
  folded ??= new Map([ ...files.keys() ].map(name => [ name.toLowerCase(), name ]));
  const other = folded.get(path.toLowerCase());
  return other === void 0 ? {
   kind: "missing"
  } : {
   kind: "other-case",
   path: other
  };
 };
 return sought => {
  const {path: path} = sought;
  if (hasOnlyPage(path.endsWith("/") ? path.slice(0, -1) : path, files)) return {
   kind: "html"
  };
  return exists(path) ? {
   kind: "exists"
  } : elsewhere(sought);
 };
}

function hasOnlyPage(path, files) {
 return path !== "" && files.has(`${path}.html`) && !files.has(path) && !files.has(`${path}/index.html`);
}

function directoriesOf(paths) {
 const found = new Set([ "" ]);
 for (const path of paths) for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
  const directory = path.slice(0, end + 1);
  if (found.has(directory)) break;
  found.add(directory);
 }
 return found;
}

function baseOf(path, exists) {
 let end = path.indexOf("/");
 if (end < 1 || exists(path.slice(0, end + 1))) return;
 for (let depth = 0; depth < 3 && end !== -1; depth += 1) {
  if (exists(path.slice(end + 1))) return `/${path.slice(0, end + 1)}`;
  end = path.indexOf("/", end + 1);
 }
 return;
}

const NO_ROUTE = /\.(?:x?html?|css|m?js|json|xml|txt|md|pdf|csv|zip|t?gz|png|jpe?g|gif|svg|webp|avif|ico|mp[34]|webm|wasm)$/i;

const ERROR_PAGES = /(?:^|\/)(?:404|200|_not-found|offline)(?:\.html|\/index\.html)$/;

function createJudge(site, targets, tally) {
 const hosts = createHosts(tally);
 const inside = createInsideJudge(site, targets, tally);
 return {
  source: (path, origin = originOf(path)) => ({
   path: path,
   origin: origin,
   targetOf: targets.from(origin)
  }),
  reference: (reference, source) => {
   const target = source.targetOf(reference.url);
   if (target.kind === "inside") inside.judge(reference, target, source); else if (target.kind === "external" && reference.use !== "page") hosts.see(target.host, reference, source.path);
  },
  base: (url, source, line) => {
   const target = source.targetOf(url);
   if (target.kind === "external") {
    hosts.see(target.host, {
     url: url,
     use: "page",
     line: line
    }, source.path);
    return {
     ...source.origin,
     base: "external",
     host: target.host
    };
   }
   if (target.kind === "none") return source.origin;
   const directory = target.path.slice(0, target.path.lastIndexOf("/") + 1);
   if (!target.isAbsolute) return {
    directory: directory,
    base: "none"
   };
   const what = `${quoted(`<base href="${url}">`)} makes every relative path absolute`;
   inside.absoluteBase(target, what, {
    path: source.path,
    line: line
   });
   return {
    directory: directory,
    base: "absolute"
   };
  },
  publicPath: (path, source, line) => {
   const target = source.targetOf(path);
   const what = `Scripts load their chunks and files from ${quoted(path)}`;
   if (target.kind === "inside") inside.absoluteBase(target, what, {
    path: source.path,
    line: line
   });
  },
  finish: () => {
   inside.finish();
   hosts.finish();
  }
 };
}

const MOST_WAITING = 5e4;

function createInsideJudge(site, targets, tally) {
 const isOnePage = hasOnePage(site.files.keys());
 const pageGroups = site.files.has("_redirects") ? HINTS : LINKS;
 const bases = new Set;
 const sayBase = (base, {path: path, line: line}) => {
  bases.add(base);
  const message = `The site was built for ${quoted(base)}, and finds nothing at the root of a CID`;
  tally.say({
   kind: "wrong-base",
   message: message,
   advice: generator => generator.base,
   path: path,
   line: line
  });
 };
 const leadsElsewhere = ({path: path, isAbsolute: isAbsolute, found: found}) => isAbsolute && found.kind === "missing" && path.includes("/") && !targets.hasDirectory(path.slice(0, path.indexOf("/") + 1));
 const missingPage = ({url: url}, target, spot) => {
  const {path: path, found: found} = target;
  if (isOnePage && !NO_ROUTE.test(path)) return;
  const isBare = found.kind === "html";
  const what = isBare ? "the build has it only with `.html`, which gateways do not add" : "is not in the build";
  const message = () => `${named(url)} is linked but ${what}`;
  const {missing: missing} = leadsElsewhere(target) ? HINTS : pageGroups;
  tally.see(isBare ? pageGroups.bare : missing, path, {
   ...spot,
   message: message
  });
 };
 const missing = (reference, target, spot) => {
  const {found: found, path: path} = target;
  if (found.kind === "from-root") {
   const message = () => `${named(reference.url)} leads to a file from pages at the root only`;
   tally.see(reference_groups_LOADS.nested, path, {
    ...spot,
    message: message
   });
  } else if (reference.use === "page") missingPage(reference, target, spot); else {
   const what = found.kind === "other-case" ? `the build has only ${quoted(found.path)}` : "is not in the build";
   tally.see(reference_groups_LOADS.missing, path, {
    ...spot,
    message: () => `${named(reference.url)} is loaded but ${what}`
   });
  }
 };
 const waiting = [];
 const belowBase = (base, {reference: reference, target: target, spot: spot}) => {
  const isSure = reference.use !== "page" && base !== `/${target.path}`;
  if (isSure || bases.has(base)) sayBase(base, spot); else if (waiting.length >= MOST_WAITING) missing(reference, target, spot); else waiting.push({
   base: base,
   reference: {
    ...reference,
    url: own(reference.url)
   },
   target: target,
   spot: spot
  });
 };
 const absolute = (use, {path: path}, spot) => {
  const group = use === "page" ? LINKS.absolute : reference_groups_LOADS.absolute;
  const verb = use === "page" ? "linked" : "loaded";
  tally.see(group, path, {
   ...spot,
   message: () => `${quoted(`/${path}`)} is ${verb} by an absolute path, which ${WORKS}`
  });
 };
 return {
  judge(reference, target, {path: path}) {
   const {url: url, use: use, line: line} = reference;
   const spot = {
    path: path,
    line: line
   };
   if (target.isOutside) tally.see(reference_groups_LOADS.outside, url, {
    ...spot,
    message: () => `${quoted(url)} points out of the build`
   }); else if (target.found.kind === "below-base") belowBase(target.found.base, {
    reference: reference,
    target: target,
    spot: spot
   }); else if (target.found.kind !== "exists") missing(reference, target, spot); else if (target.isAbsolute && isRooted(url)) absolute(use, target, spot);
  },
  absoluteBase(target, what, spot) {
   if (target.found.kind === "below-base") sayBase(target.found.base, spot); else if (target.found.kind === "exists") tally.see(BASES, what, {
    ...spot,
    message: () => `${what}, which ${WORKS}`
   });
  },
  finish() {
   for (const {base: base, reference: reference, target: target, spot: spot} of waiting) if (bases.has(base)) sayBase(base, spot); else missing(reference, target, spot);
  }
 };
}

function named(url) {
 return quoted(url.split("#", 1)[0] ?? "");
}

function hasOnePage(paths) {
 let count = 0;
 for (const path of paths) {
  if (isPage(path)) count += 1;
  if (count > 1) return false;
 }
 return true;
}

function isPage(path) {
 return path.endsWith(".html") && !ERROR_PAGES.test(path);
}

function isRooted(url) {
 return /^\s*[/\\]/.test(url);
}

const reference_tally_MOST_WAITING = 5e4;

const reference_tally_MOST_COUNTED = 1e4;

function createTally(site, report) {
 let {generator: generator, isSure: isSure} = generatorOfFiles(site.files.keys());
 let from;
 let waiting = [];
 const targets = new Map;
 const send = ({kind: kind, message: message, advice: advice, path: path, line: line, level: level}) => report({
  kind: kind,
  message: message,
  advice: advice(generator),
  path: path,
  line: line,
  level: level
 });
 const settle = () => {
  isSure = true;
  for (const seen of waiting) send(seen);
  waiting = [];
 };
 const say = seen => {
  if (isSure) {
   send(seen);
   return;
  }
  waiting.push(seen);
  if (waiting.length >= reference_tally_MOST_WAITING) settle();
 };
 return {
  say: say,
  see: (group, target, {path: path, line: line, message: message}) => {
   const known = targets.get(group) ?? {
    messages: new Map,
    unnamed: void 0
   };
   targets.set(group, known);
   const {messages: messages} = known;
   const before = messages.get(target);
   const text = before ?? (messages.size < group.most ? message() : "");
   if (before === void 0 && messages.size < reference_tally_MOST_COUNTED) messages.set(own(target), text);
   if (text === "") known.unnamed ??= {
    path: path,
    line: line
   };
   const {kind: kind, advice: advice, level: level} = group;
   if (text !== "") say({
    kind: kind,
    message: text,
    advice: advice,
    path: path,
    line: line,
    level: level
   });
  },
  metaGenerator: (content, path) => {
   const named = isSure ? void 0 : generatorOfMeta(content);
   if (named === void 0 || !isBefore(path, from)) return;
   generator = named;
   from = path;
  },
  finish: () => {
   settle();
   for (const [group, {messages: messages, unnamed: unnamed}] of targets) {
    const {size: size} = messages;
    if (unnamed === void 0) continue;
    const {kind: kind, most: most, rest: rest, advice: advice, level: level} = group;
    const count = `${size >= reference_tally_MOST_COUNTED ? "At least " : ""}${size - most}`;
    send({
     kind: kind,
     message: `${count} more ${rest[size - most === 1 ? 0 : 1]}`,
     advice: advice,
     ...unnamed,
     level: level
    });
   }
  }
 };
}

function isBefore(path, other) {
 if (other === void 0 || path === "index.html") return true;
 return other !== "index.html" && path < other;
}

function createAbsolutePathsRule(site) {
 return report => {
  const targets = createTargets(site);
  const tally = createTally(site, report);
  const judge = createJudge(site, targets, tally);
  const look = {
   targets: targets,
   tally: tally,
   judge: judge,
   strings: createStrings(tally),
   readTag: createTagMemory()
  };
  return {
   name: "absolute-paths",
   open: file => openFile(file, look),
   finish: () => {
    look.strings.finish();
    look.judge.finish();
    tally.finish();
   }
  };
 };
}

function openFile({path: path, bytes: bytes}, look) {
 if (isManifestName(path)) return openManifest(path, bytes, look);
 const source = look.judge.source(path);
 const extension = /\.([a-z]+)$/i.exec(path.slice(-10))?.[1]?.toLowerCase();
 switch (extension) {
 case "html":
 case "htm":
 case "xhtml":
 case "svg":
  return openPage(source, look);

 case "css":
  return readInWindows(createCssScan(reference => look.judge.reference(reference, source)));

 case "js":
 case "mjs":
  return readInWindows(createScriptScan(found => seeScriptPath(found, source, look), hasFileOf(look)));

 default:
  return;
 }
}

const hasFileOf = ({targets: targets}) => path => targets.hasFile(path);

function openPage(first, look) {
 let source = first;
 const page = {
  see: reference => look.judge.reference(reference, source),
  base: (url, line) => {
   source = look.judge.source(source.path, look.judge.base(url, source, line));
  },
  generator: name => look.tally.metaGenerator(name, first.path),
  script: found => seeScriptPath(found, source, look),
  hasFile: hasFileOf(look),
  tooLong: line => look.tally.say({
   kind: "unchecked",
   message: "A tag is too long to be read: its references were not checked",
   advice: () => "",
   path: source.path,
   line: line,
   level: "note"
  })
 };
 return readInWindows(createHtmlScan(page, look.readTag));
}

function openManifest(path, bytes, {judge: judge, tally: tally}) {
 const source = judge.source(path);
 let text = "";
 const unchecked = message => tally.say({
  kind: "unchecked",
  message: message,
  advice: () => "",
  path: path,
  line: void 0,
  level: "note"
 });
 return {
  kind: "text",
  take: piece => {
   if (text.length <= MOST_MANIFEST) text += piece;
  },
  end: () => {
   if (bytes > MOST_MANIFEST || text.length > MOST_MANIFEST) unchecked("A web manifest over 1 MiB was not checked"); else if (!readManifest(text, reference => judge.reference(reference, source))) unchecked("A web manifest is no JSON: its references were not checked");
  }
 };
}

const SERVICE_WORKER = /(?:^|\/)(?:[\w-]+-)?(?:sw|service-?worker|serviceworker)\.m?js$/i;

function seeScriptPath({path: path, role: role, line: line}, source, {judge: judge, strings: strings}) {
 if (role === "public-path") judge.publicPath(path, source, line); else if (role === "string" && !SERVICE_WORKER.test(source.path)) strings.see(path, source.path, line); else judge.reference({
  url: path,
  use: "script",
  line: line
 }, source);
}

const MOST_STRINGS = 1e4;

const OWN_SCRIPT = "Build the path from `import.meta.url` or `document.baseURI`.";

function createStrings(tally) {
 const paths = new Set;
 let first;
 return {
  see: (path, file, line) => {
   first ??= {
    path: path,
    file: file,
    line: line
   };
   if (paths.size < MOST_STRINGS) paths.add(path);
  },
  finish: () => {
   if (first === void 0) return;
   const others = paths.size - 1;
   const verb = others === 1 ? "does" : "do";
   const count = others === 0 ? "" : `, as ${verb} ${paths.size >= MOST_STRINGS ? "at least " : ""}${others} more`;
   tally.say({
    kind: "script-paths",
    message: `${quoted(first.path)} in a script names a file by an absolute path${count}`,
    advice: generator => generator === UNKNOWN ? OWN_SCRIPT : generator.absolute,
    path: first.file,
    line: first.line,
    level: "note"
   });
  }
 };
}

const TYPES = [ {
 kind: "node-modules",
 pattern: /(?:^|\/)(node_modules)\//,
 says: "`node_modules` is published, the packages that the build was made with.",
 exclude: "**/node_modules"
}, {
 kind: "source-map",
 pattern: /\.((?:m?js|cjs|css)\.map)$/i,
 says: "Source maps (`*.$`) publish the source code, with its comments.",
 exclude: "**/*.map"
}, {
 kind: "system-file",
 pattern: /(?:^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/i,
 says: "`$` is written by an operating system and may name other files.",
 exclude: "**/$"
}, {
 kind: "project-file",
 pattern: /(?:^|\/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|composer\.lock)$/,
 says: "`$` belongs to the project, not to the site.",
 exclude: "**/$"
}, {
 kind: "leftover",
 pattern: /(?:\.(sql|bak|swp|swo|orig|tmp|dump)|[^/](~))$/i,
 says: "A file ends with `$`, as dumps and backups do.",
 exclude: "**/*$"
}, {
 kind: "leftover",
 pattern: /\.(log|db|sqlite3?)$/i,
 says: "A file ends with `$`, as logs and databases do.",
 exclude: "**/*$",
 level: "note"
}, {
 kind: "working-file",
 pattern: /\.(psd|ai|xcf|sketch|fig|blend|indd|aep|prproj)$/i,
 says: "A `.$` file is what a design is made from, not what a browser shows.",
 exclude: "**/*.$"
}, {
 kind: "program",
 pattern: /\.(exe|msi|dmg|pkg|apk|ipa|deb|rpm|appimage|iso|bat|cmd|ps1|scr|jar)$/i,
 says: "A `.$` file is a program to download; browsers warn of them, and gateways that find one harmful block the whole site.",
 exclude: "**/*.$",
 level: "note"
}, {
 kind: "source-file",
 pattern: /\.(tsx?|jsx|vue|svelte|astro|scss|sass|less|coffee)$/i,
 says: "A `.$` file is source code that no browser runs.",
 exclude: "**/*.$",
 level: "note"
} ];

function judgeFileType(path, {isStream: isStream}) {
 for (const {kind: kind, pattern: pattern, says: says, exclude: exclude, level: level} of TYPES) {
  const found = pattern.exec(path);
  if (found === null) continue;
  const what = nameOf(kind, found);
  if (kind === "source-file" && what === "ts" && (isStream || /\.d\.ts$/i.test(path))) return;
  const fault = {
   kind: kind,
   message: says.replace("$", what),
   advice: `Leave it out with \`exclude: ${exclude.replace("$", what)}\`.`
  };
  return level === void 0 ? fault : {
   ...fault,
   level: level
  };
 }
 return;
}

function nameOf(kind, [, ending, tilde]) {
 if (ending === void 0) return tilde ?? "";
 if (kind === "leftover") return `.${ending.toLowerCase()}`;
 return kind === "system-file" || kind === "project-file" ? ending : ending.toLowerCase();
}

const ADVISED_BYTES = 15e9;

const LARGE_FILE_BYTES = 25e6;

function createLimitsRule(site, limits) {
 return report => ({
  name: "limits",
  open: () => {},
  finish: () => {
   reportUpload(site, limits, report);
   const isStream = [ ...site.files.keys() ].some(path => /\.m3u8$/i.test(path));
   for (const [path, bytes] of site.files) {
    reportSize(path, bytes, report);
    const fault = site.isSingleFile ? void 0 : judgeFileType(path, {
     isStream: isStream
    });
    if (fault !== void 0) report({
     ...fault,
     path: path,
     line: void 0
    });
   }
  }
 });
}

function reportUpload(site, limits, report) {
 const files = site.files.size;
 if (limits.folderFiles !== void 0 && files > limits.folderFiles) report({
  kind: "folder-files",
  message: `The build has ${count(files)} files, and Pinata documents ${count(limits.folderFiles)} as the most that a folder of the account holds.`,
  advice: "Publish fewer files with exclude. No such number is documented for CARs: upload-method: car may take them.",
  path: "",
  line: void 0
 });
 const bytes = [ ...site.files.values() ].reduce((sum, size) => sum + size, 0);
 if (bytes > limits.uploadBytes) report({
  kind: "upload-bytes",
  message: `The build has ${gigabytes(bytes)}, and one upload to Pinata has at most ${gigabytes(limits.uploadBytes)}.`,
  advice: "Publish less with include and exclude, or in several deploys.",
  path: "",
  line: void 0,
  level: "error"
 }); else if (bytes > ADVISED_BYTES) report({
  kind: "advised-bytes",
  message: `The build has ${gigabytes(bytes)}; Pinata takes it, and advises at most ${gigabytes(ADVISED_BYTES)} in one upload.`,
  advice: "Publish less with include and exclude, or in several deploys.",
  path: "",
  line: void 0
 });
}

const NEVER_EMPTY = /\.(?:html?|m?js|json|wasm|png|jpe?g|gif|webp|avif|ico|woff2?|ttf|otf|mp4|webm|mp3|pdf)$/i;

function reportSize(path, bytes, report) {
 if (bytes === 0 && NEVER_EMPTY.test(path)) {
  const kind = /[^.]+$/.exec(path)?.[0].toLowerCase() ?? "";
  report({
   kind: "empty-file",
   message: `A \`.${kind}\` file is empty.`,
   advice: "See why the build wrote nothing into it.",
   path: path,
   line: void 0
  });
 }
 if (bytes > LARGE_FILE_BYTES) report({
  kind: "large-file",
  message: "A file has more than 25 MB, which public gateways serve slowly or not at all.",
  advice: "Make it smaller, cut it into parts, or leave it out with exclude.",
  path: path,
  line: void 0
 });
}

function count(value) {
 return value.toLocaleString("en-US");
}

function gigabytes(bytes) {
 return `${(bytes / 1e9).toLocaleString("en-US", {
  maximumFractionDigits: 3
 })} GB`;
}

const names_LONGEST_NAME = 255;

const LONGEST_PATH = 4096;

const RENAME = "Rename it in what is built, or leave it out with exclude.";

const REFUSED = "Leave it out with exclude; no file of a site has such a path.";

function createNamesRule(site) {
 return report => ({
  name: "names",
  open: () => {},
  finish: () => {
   for (const path of site.files.keys()) for (const fault of faultsOf(path)) report({
    ...fault,
    path: path,
    line: void 0
   });
   reportCaseTwins(site.files.keys(), report);
  }
 });
}

const UNUSUAL = /[^\w./@()[\]+=,~$!&';-]|^\/|\/$|\/\/|(?:^|\/)\.{1,2}(?:\/|$)|\.(?:\/|$)/;

const RESERVED = /(?:^|\/)(?:con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(?:\.[^/]*)?(?:\/|$)/i;

function* faultsOf(path) {
 if (path.length > names_LONGEST_NAME / 3) yield* lengthFaults(path);
 if (RESERVED.test(path)) yield* path.split("/").flatMap(reservedName);
 if (!UNUSUAL.test(path)) return;
 yield* pathFaults(path);
 yield* characterFaults(path);
}

function* lengthFaults(path) {
 if (path.split("/").some(name => utf8Length(name) > names_LONGEST_NAME)) {
  const message = "A name is longer than 255 bytes of UTF-8, which most file systems cannot hold.";
  yield {
   kind: "long-name",
   message: message,
   advice: "Give it a shorter name."
  };
 }
 if (utf8Length(path) > LONGEST_PATH) {
  const message = "A path is longer than 4,096 bytes of UTF-8, which most systems cannot open.";
  yield {
   kind: "long-path",
   message: message,
   advice: "Use fewer or shorter directories."
  };
 }
}

function* pathFaults(path) {
 if (/^(?:\/|\\\\|[A-Za-z]:(?:[\\/]|$))/.test(path)) {
  const message = "A path is absolute, and would be written outside of where the site is saved.";
  yield {
   kind: "absolute-path",
   message: message,
   advice: REFUSED,
   level: "error"
  };
 }
 const names = path.replace(/^\/+/, "").split("/");
 if (path.split(/[\\/]/).includes("..")) {
  const message = "A path has `..`, and leads out of the directory it is in.";
  yield {
   kind: "parent-path",
   message: message,
   advice: REFUSED,
   level: "error"
  };
 }
 if (names.includes(".") || names.includes("")) {
  const message = "A path has an empty name or `.`, which no URL reaches.";
  yield {
   kind: "empty-name",
   message: message,
   advice: RENAME
  };
 }
 if (names.some(name => /^\s|\s$/u.test(name))) {
  const message = "A name starts or ends with a space, which nobody sees in a URL and Windows drops.";
  yield {
   kind: "space-at-end",
   message: message,
   advice: RENAME
  };
 }
 if (names.some(name => /[^.]\.$|^\.{3,}$/.test(name))) {
  const message = "A name ends with a dot, which Windows drops.";
  yield {
   kind: "dot-at-end",
   message: message,
   advice: RENAME
  };
 }
}

const CHARACTERS = [ {
 pattern: /\0/,
 fault: () => ({
  kind: "nul",
  message: "A name has the character NUL, where most systems end it.",
  advice: REFUSED,
  level: "error"
 })
}, {
 pattern: /[^\P{Cc}\0]|[\u2028\u2029]/u,
 fault: character => ({
  kind: "control-character",
  message: `A name has the control character ${codePoint(character)}.`,
  advice: RENAME
 })
}, {
 pattern: /[\u202a-\u202e\u2066-\u2069]/,
 fault: character => ({
  kind: "bidirectional",
  message: `A name has ${codePoint(character)}, which shows what follows in another order: \`exe.gpj\` reads as \`jpg.exe\`.`,
  advice: RENAME
 })
}, {
 pattern: /[\u00ad\u200b\u2060\ufeff]/,
 fault: character => ({
  kind: "invisible-character",
  message: `A name has ${codePoint(character)}, which nobody sees.`,
  advice: RENAME,
  level: "note"
 })
}, {
 pattern: /\\/,
 fault: () => ({
  kind: "backslash",
  message: "A name has a backslash, which browsers and Windows read as `/`.",
  advice: RENAME
 })
}, {
 pattern: /[<>:"|*]/,
 fault: character => ({
  kind: "windows-character",
  message: `A name has ${quote(character)}, which no name on Windows can have.`,
  advice: RENAME
 })
}, {
 pattern: /[?#%]/,
 fault: character => ({
  kind: "url-character",
  message: `A name has ${quote(character)}, which a URL means otherwise.`,
  advice: `Write ${quote(encodeURIComponent(character))} wherever it is linked.`,
  level: "note"
 })
} ];

function* characterFaults(path) {
 for (const {pattern: pattern, fault: fault} of CHARACTERS) {
  const found = pattern.exec(path)?.[0];
  if (found !== void 0) yield fault(found);
 }
}

function reservedName(name) {
 if (!RESERVED.test(name)) return [];
 const message = `${quote(name)} is a device on Windows, which can hold no file of that name.`;
 return [ {
  kind: "reserved-name",
  message: message,
  advice: RENAME
 } ];
}

function reportCaseTwins(paths, report) {
 const firstOf = new Map;
 const seen = new Set;
 for (const path of paths) for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
  const whole = path.slice(0, end);
  if (end < path.length && seen.has(whole)) break;
  if (end < path.length) seen.add(whole);
  reportTwin(firstOf, whole, report);
 }
}

function reportTwin(firstOf, path, report) {
 const start = path.lastIndexOf("/") + 1;
 const look = path.slice(0, start) + folded(path.slice(start));
 const first = firstOf.get(look);
 if (first === void 0) firstOf.set(look, path);
 if (first === void 0 || first === path || first.normalize("NFC") === path.normalize("NFC")) return;
 const message = `${quote(first)} and ${quote(path.slice(start))} differ only in case; Windows and macOS keep one of them.`;
 report({
  kind: "case-twins",
  message: message,
  advice: RENAME,
  path: path,
  line: void 0
 });
}

function folded(name) {
 const lower = name.toLowerCase();
 return /[\u0080-\uffff]/.test(lower) ? lower.normalize("NFC").toLowerCase().normalize("NFC") : lower;
}

function codePoint(character) {
 return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function utf8Length(text) {
 return (new TextEncoder).encode(text).length;
}

const FORM = 'Write [{"trait_type": "Eyes", "value": "Big"}, …].';

const NUMERIC = new Set([ "number", "boost_number", "boost_percentage", "date" ]);

const LARGEST_SECONDS = 1e11;

const MOST_ATTRIBUTES = 1e3;

function* judgeAttributes(value) {
 const attributes = valueAt(value, "attributes");
 if (attributes === void 0 || attributes === null) return;
 if (!Array.isArray(attributes)) {
  const message = "`attributes` is no list, and marketplaces show none of it.";
  yield {
   kind: "attributes",
   message: message,
   advice: FORM,
   at: [ "attributes" ]
  };
  return;
 }
 for (const [index, attribute] of attributes.slice(0, MOST_ATTRIBUTES).entries()) if (!isPlain(attribute)) yield* judgeAttribute(attribute, index);
}

function isPlain(attribute) {
 if (!isAttribute(attribute)) return false;
 const {trait_type: trait, value: value, display_type: display, max_value: most} = attribute;
 const isShown = typeof value === "string" || typeof value === "number";
 return isShown && typeof trait === "string" && display === void 0 && most === void 0;
}

function isAttribute(entry) {
 return typeof entry === "object" && entry !== null && !Array.isArray(entry);
}

function* judgeAttribute(attribute, index) {
 const at = [ "attributes", index ];
 if (!isAttribute(attribute)) {
  yield {
   kind: "attributes",
   message: "An entry of `attributes` is no object.",
   advice: FORM,
   at: at
  };
  return;
 }
 const {trait_type: trait, value: value, display_type: display} = attribute;
 if (trait !== void 0 && trait !== null && typeof trait !== "string") {
  const message = "A `trait_type` in `attributes` is not a text.";
  yield {
   kind: "attributes",
   message: message,
   advice: FORM,
   at: [ ...at, "trait_type" ]
  };
 }
 if (value === void 0 || typeof value === "object" && value !== null) {
  const message = "An entry of `attributes` has no `value` that could be shown.";
  yield {
   kind: "attributes",
   message: message,
   advice: FORM,
   at: at
  };
  return;
 }
 if (typeof display === "string" && display !== "") yield* judgeDisplay(display, value, index);
 yield* judgeMost(attribute, index);
}

function* judgeDisplay(display, value, index) {
 const at = [ "attributes", index, "value" ];
 if (!NUMERIC.has(display)) {
  if (display === "string" || display === "None") return;
  const message = `${quote(display)} is no \`display_type\` that OpenSea documents.`;
  const advice = "Use number, boost_number, boost_percentage or date, or leave it out.";
  yield {
   kind: "display-type",
   message: message,
   advice: advice,
   at: [ "attributes", index, "display_type" ],
   level: "note"
  };
 } else if (typeof value !== "number") {
  const message = `A \`value\` is not a number, as its \`display_type\` ${quote(display)} needs.`;
  yield {
   kind: "display-type",
   message: message,
   advice: "Write the number without quotes.",
   at: at
  };
 } else if (display === "date" && Math.abs(value) > LARGEST_SECONDS) {
  const message = "A date is in milliseconds, and is read as seconds: thousands of years from now.";
  yield {
   kind: "display-type",
   message: message,
   advice: "Divide it by 1000.",
   at: at
  };
 }
}

function* judgeMost({value: value, max_value: most}, index) {
 if (most === void 0 || most === null) return;
 const at = [ "attributes", index, "max_value" ];
 if (typeof most !== "number") yield {
  kind: "max-value",
  message: "A `max_value` is not a number.",
  advice: "Write the number without quotes.",
  at: at
 }; else if (typeof value === "number" && value > most) {
  const message = "A `value` is greater than its `max_value`.";
  yield {
   kind: "max-value",
   message: message,
   advice: "Correct one of them.",
   at: at
  };
 }
}

const MOST_TEXTS = 2e5;

const LEAST_DISTINCT = .8;

function createDuplicates() {
 const labels = new Map;
 let texts = 0;
 let first;
 return {
  add: (hash, label) => {
   if (texts >= MOST_TEXTS) return;
   texts += 1;
   const known = labels.get(hash);
   if (known === void 0) labels.set(hash, label); else first ??= [ known, label ];
  },
  read: () => {
   if (first === void 0 || labels.size < texts * LEAST_DISTINCT) return;
   return {
    times: texts - labels.size,
    first: first
   };
  }
 };
}

function hashOf(text) {
 let high = 2166136261;
 let low = 2246822507;
 for (let at = 0; at < text.length; at += 1) {
  const code = text.charCodeAt(at);
  high = Math.imul(high ^ code, 16777619);
  low = Math.imul(low + code, 2246822507) ^ low >>> 15;
 }
 const [mixed, other] = [ avalanche(high ^ low >>> 7), avalanche(low ^ high) ];
 return (mixed & 1048575) * 2 ** 32 + (other >>> 0);
}

function avalanche(number) {
 const once = Math.imul(number ^ number >>> 16, 2246822507);
 const twice = Math.imul(once ^ once >>> 13, 3266489909);
 return twice ^ twice >>> 16;
}

function mixHashes(one, other) {
 return (one + other) % 2 ** 52;
}

const MOST_REFERENCES = 2e5;

const MOST_ROOTS = 1e3;

const MOST_TRAITS = 1e3;

function createCollection(path) {
 return {
  path: path,
  tokens: 0,
  numbers: [],
  largeIds: 0,
  namings: new Map,
  names: createDuplicates(),
  traits: createDuplicates(),
  images: createDuplicates(),
  roots: new Map,
  forms: new Map,
  versions: [ 0, 0 ],
  references: [],
  hasIdInImage: false
 };
}

function addToken(collection, {path: path, id: id, value: value, uris: uris}) {
 const label = path.slice(path.lastIndexOf("/") + 1);
 collection.tokens += 1;
 if (id !== void 0) addId(collection, id, label);
 const name = textAt(value, "name");
 if (name !== void 0) collection.names.add(hashOf(name), label);
 const attributes = listAt(value, "attributes");
 if (attributes !== void 0 && attributes.length > 0) collection.traits.add(traitsHash(attributes), label);
 for (const seen of uris) addUri(collection, seen, {
  label: label,
  number: id?.number
 });
}

function traitsHash(attributes) {
 return attributes.slice(0, MOST_TRAITS).reduce((hash, entry) => {
  if (!isAttribute(entry)) return hash;
  return mixHashes(hash, hashOf(`${textOf(entry.trait_type)}\0${textOf(entry.value)}`));
 }, 0);
}

function textOf(value) {
 if (typeof value === "string") return value;
 return typeof value === "object" ? "\0object" : `\0${String(value)}`;
}

function addId(collection, id, label) {
 if (id.number === void 0) collection.largeIds += 1; else collection.numbers.push(id.number);
 const namings = [ id.form, id.hasUpperCase && "upper-case", id.hasLeadingZeros && "leading-zeros", id.hasExtension ? "extension" : "bare" ];
 for (const naming of namings) {
  if (naming === false) continue;
  const known = collection.namings.get(naming);
  if (known === void 0) collection.namings.set(naming, {
   count: 1,
   example: label
  }); else known.count += 1;
 }
}

function addUri(collection, seen, {label: label, number: number}) {
 const {field: field, uri: uri} = seen;
 const isImage = field === "image";
 if (isImage) addImage(collection, seen, label);
 if (uri.version !== void 0) collection.versions[uri.version] += 1;
 if (uri.file === void 0 || collection.references.length >= MOST_REFERENCES) return;
 const digits = isImage ? /^(\d{1,15})\.\w+$/.exec(uri.file)?.[1] : void 0;
 const numbered = digits === void 0 ? void 0 : Number(digits);
 collection.references.push({
  hash: hashOf(uri.file),
  number: numbered,
  token: number,
  label: label
 });
}

function addImage(collection, {text: text, uri: uri}, label) {
 if (uri.form !== "data") collection.images.add(hashOf(text), label);
 if (text.includes("{id}")) collection.hasIdInImage = true;
 collection.forms.set(uri.form, (collection.forms.get(uri.form) ?? 0) + 1);
 if (uri.root !== void 0) addRoot(collection.roots, uri.root);
}

function addRoot(roots, root) {
 const count = roots.get(root);
 if (count !== void 0 || roots.size < MOST_ROOTS) roots.set(root, (count ?? 0) + 1);
}

const NAME = /^(?:(\d{1,63})|(0x[0-9a-f]{1,64})|([0-9a-f]{64}))(\.json)?$/i;

function tokenIdOf(name) {
 const [whole, decimal, prefixed, hex, extension] = NAME.exec(name) ?? [];
 if (whole === void 0) return;
 const digits = decimal ?? prefixed?.slice(2) ?? hex ?? "";
 return {
  form: decimal !== void 0 ? "decimal" : hex !== void 0 ? "hex" : "prefixed-hex",
  number: numberOf(digits, decimal === void 0 ? 16 : 10),
  hasLeadingZeros: decimal !== void 0 && /^0\d/.test(decimal),
  hasUpperCase: decimal === void 0 && /[A-F]/.test(digits),
  hasExtension: extension !== void 0
 };
}

function numberOf(digits, base) {
 const short = digits.replace(/^0+(?=.)/, "");
 const number = short.length > 16 ? Number.NaN : Number.parseInt(short, base);
 return number < 2 ** 52 ? number : void 0;
}

function gapsIn(sorted) {
 const ranges = [];
 let missing = 0;
 let before = sorted[0] ?? 0;
 for (const number of sorted) {
  if (number > before + 1) {
   missing += number - before - 1;
   ranges.push([ before + 1, number - 1 ]);
  }
  before = number;
 }
 return {
  missing: missing,
  text: renderRanges(ranges)
 };
}

function renderNumbers(numbers) {
 const ranges = [];
 for (const number of [ ...new Set(numbers) ].sort((a, b) => a - b)) {
  const last = ranges.at(-1);
  if (last !== void 0 && last[1] === number - 1) last[1] = number; else ranges.push([ number, number ]);
 }
 return renderRanges(ranges);
}

const MOST_RANGES = 5;

function renderRanges(ranges) {
 const texts = ranges.slice(0, MOST_RANGES).map(([first, last]) => {
  if (first === last) return `${first}`;
  return last === first + 1 ? `${first}, ${last}` : `${first}–${last}`;
 });
 return ranges.length > MOST_RANGES ? `${texts.join(", ")}, …` : texts.join(", ");
}

function judgeCollection(collection) {
 if (collection.tokens < 2) return [ ...namingFaults(collection) ];
 return [ ...namingFaults(collection), ...idFaults(collection), ...duplicateFaults(collection), ...rootFaults(collection), ...formFaults(collection) ];
}

const NAMING_FAULTS = [ [ "prefixed-hex", "has a prefix `0x`", "Write 64 hexadecimal digits in lower case, without 0x." ], [ "upper-case", "has upper-case digits", "ERC-1155 asks for lower case: rename the files." ], [ "leading-zeros", "has leading zeros", "Contracts append the number without: name the file 7.json, not 0007.json." ] ];

function* namingFaults({namings: namings}) {
 for (const [naming, says, advice] of NAMING_FAULTS) {
  const found = namings.get(naming);
  if (found === void 0) continue;
  const others = found.count - 1;
  const like = others === 0 ? "" : `, like ${nft_collection_faults_count(others)} other${others === 1 ? "" : "s"},`;
  const message = `The name ${quote(found.example)}${like} ${says}, and no contract asks for it.`;
  yield {
   kind: "id-name",
   message: message,
   advice: advice
  };
 }
 const [decimal, hex] = [ namings.get("decimal"), namings.get("hex") ];
 if (decimal !== void 0 && hex !== void 0) {
  const message = `Some files are named by decimal ids (${quote(decimal.example)}), others by 64 hexadecimal digits (${quote(hex.example)}).`;
  yield {
   kind: "mixed-names",
   message: message,
   advice: "Use decimal for ERC-721, hexadecimal for the {id} of ERC-1155."
  };
 }
 const [extension, bare] = [ namings.get("extension"), namings.get("bare") ];
 if (extension !== void 0 && bare !== void 0) {
  const message = `Some files end with \`.json\` (${quote(extension.example)}), others do not (${quote(bare.example)}).`;
  yield {
   kind: "mixed-names",
   message: message,
   advice: "Use the one that the contract appends."
  };
 }
}

function* idFaults({numbers: numbers, largeIds: largeIds}) {
 if (largeIds > 0 || numbers.length < 2) return;
 const sorted = Float64Array.from(numbers).sort();
 const [first = 0, last = 0] = [ sorted[0], sorted.at(-1) ];
 const {missing: missing, text: text} = gapsIn([ ...sorted ]);
 const distinct = last - first + 1 - missing;
 if (distinct < numbers.length) {
  const message = `${nft_collection_faults_count(numbers.length - distinct)} of ${nft_collection_faults_count(numbers.length)} files stand for an id that another one stands for.`;
  yield {
   kind: "same-id",
   message: message,
   advice: "Keep one file for each id."
  };
 }
 if (missing > distinct) {
  const message = `The ${nft_collection_faults_count(distinct)} ids are spread from ${nft_collection_faults_count(first)} to ${nft_collection_faults_count(last)}, with gaps.`;
  yield {
   kind: "sparse-ids",
   message: message,
   advice: "See whether all metadata is in the build.",
   level: "note"
  };
  return;
 }
 if (missing > 0) {
  const message = `${nft_collection_faults_count(missing)} ${missing === 1 ? "id" : "ids"} from ${first} to ${last} ${missing === 1 ? "has" : "have"} no metadata: ${text}.`;
  yield {
   kind: "missing-ids",
   message: message,
   advice: "Add the files; a token without metadata shows nothing."
  };
 }
 if (first > 1) {
  const message = `The first id is ${nft_collection_faults_count(first)}; collections begin with 0 or 1.`;
  yield {
   kind: "first-id",
   message: message,
   advice: "See whether all metadata is in the build.",
   level: "note"
  };
 }
}

function* duplicateFaults({names: names, traits: traits, images: images}) {
 const told = [ [ "name", names.read(), "Give every token its own name." ], [ "attributes", traits.read(), "Draw one of them again, where every token should be unique." ], [ "image", images.read(), "Correct the reference of one of them." ] ];
 for (const [what, repeats, advice] of told) {
  if (repeats === void 0) continue;
  const [one, other] = repeats.first;
  const message = `${quote(one)} and ${quote(other)} have the same ${what}${more(repeats.times - 1, "repeat")}.`;
  yield {
   kind: `duplicate-${what}`,
   message: message,
   advice: advice
  };
 }
}

function* rootFaults({roots: roots, versions: versions}) {
 const [most, next] = [ ...roots ].sort((one, other) => other[1] - one[1]);
 if (most !== void 0 && next !== void 0) {
  const all = [ ...roots.values() ].reduce((sum, times) => sum + times, 0);
  const message = `Images are in ${nft_collection_faults_count(roots.size)} directories: ${nft_collection_faults_count(most[1])} of ${nft_collection_faults_count(all)} in ${quote(most[0])}, ${nft_collection_faults_count(next[1])} in ${quote(next[0])}.`;
  const fault = {
   kind: "mixed-cids",
   message: message,
   advice: "Publish all images in one directory, and use its CID."
  };
  yield most[1] >= all * .9 ? fault : {
   ...fault,
   level: "note"
  };
 }
 if (versions[0] > 0 && versions[1] > 0) {
  const message = `${nft_collection_faults_count(versions[0])} references have a CIDv0 (\`Qm…\`), ${nft_collection_faults_count(versions[1])} a CIDv1 (\`bafy…\`).`;
  yield {
   kind: "mixed-cid-versions",
   message: message,
   advice: "Use CIDv1, which works in subdomains, too.",
   level: "note"
  };
 }
}

const FORM_WORDS = {
 ipfs: "by `ipfs://`",
 gateway: "by a gateway",
 server: "on a server",
 arweave: "by `ar://`",
 data: "in the metadata itself",
 relative: "by a relative path",
 other: "otherwise"
};

function* formFaults({forms: forms}) {
 if (forms.size < 2) return;
 const counts = [ ...forms ].map(([form, times]) => `${nft_collection_faults_count(times)} ${FORM_WORDS[form]}`);
 const message = `Images are named in ${forms.size} ways: ${counts.join(", ")}.`;
 yield {
  kind: "mixed-forms",
  message: message,
  advice: "Name all of them as ipfs://<cid>/<path>."
 };
}

function more(times, what) {
 return times < 1 ? "" : `, and there ${times === 1 ? "is" : "are"} ${nft_collection_faults_count(times)} more ${what}${times === 1 ? "" : "s"}`;
}

function nft_collection_faults_count(value) {
 return value.toLocaleString("en-US");
}

const LONGEST_WITH_LINES = 256 * 1024;

function readJson(text) {
 let value;
 try {
  value = JSON.parse(text);
 } catch (error) {
  return {
   line: faultLine(text, error)
  };
 }
 let tree;
 let isRead = false;
 const treeOf = () => {
  if (!isRead) tree = parseTree(text);
  isRead = true;
  return tree;
 };
 return {
  value: value,
  hasTwice: () => countColons(text) !== countMembers(value),
  lineOfTwice: () => lineOfTwice(treeOf()),
  lineOf: path => {
   const top = treeOf();
   return top === void 0 ? void 0 : lineAt(top, path);
  }
 };
}

function parseTree(text) {
 if (text.length > LONGEST_WITH_LINES) return;
 try {
  return parse(text).body;
 } catch {
  return;
 }
}

function faultLine(text, error) {
 if (text.length <= LONGEST_WITH_LINES) try {
  parse(text);
 } catch (fault) {
  if (fault instanceof Error && "line" in fault && typeof fault.line === "number") return fault.line;
 }
 const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : void 0;
 return position === void 0 ? void 0 : text.slice(0, Number(position)).split("\n").length;
}

const nft_document_QUOTE = 34;

const nft_document_COLON = 58;

const BACKSLASH = 92;

function countColons(text) {
 let colons = 0;
 for (let at = 0; at < text.length; at += 1) {
  const code = text.charCodeAt(at);
  if (code === nft_document_COLON) colons += 1;
  if (code === nft_document_QUOTE) at = stringEnd(text, at);
 }
 return colons;
}

function stringEnd(text, start) {
 let at = start;
 for (;;) {
  at = text.indexOf('"', at + 1);
  if (at === -1) return text.length;
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
  if (slashes % 2 === 0) return at;
 }
}

function countMembers(value) {
 let members = 0;
 const left = isNested(value) ? [ value ] : [];
 for (let next = left.pop(); next !== void 0; next = left.pop()) {
  const inside = Array.isArray(next) ? next : Object.values(next);
  members += Array.isArray(next) ? 0 : inside.length;
  for (const each of inside) if (isNested(each)) left.push(each);
 }
 return members;
}

function isNested(value) {
 return typeof value === "object" && value !== null;
}

function lineOfTwice(tree) {
 const left = tree === void 0 ? [] : [ tree ];
 for (let node = left.pop(); node !== void 0; node = left.pop()) {
  const twice = node.type === "Object" ? twiceIn(node) : void 0;
  if (twice !== void 0) return twice;
  for (const {value: value} of childrenOf(node)) left.push(value);
 }
 return;
}

function childrenOf(node) {
 if (node.type === "Object") return node.members;
 return node.type === "Array" ? node.elements : [];
}

function twiceIn({members: members}) {
 const keys = new Set;
 for (const {name: name} of members) {
  const key = keyOf(name);
  if (keys.has(key)) return name.loc.start.line;
  keys.add(key);
 }
 return;
}

function keyOf(name) {
 return name.type === "String" ? name.value : name.name;
}

function lineAt(top, path) {
 let node = top;
 let line = node.loc.start.line;
 for (const step of path) {
  const found = childOf(node, step);
  if (found === void 0) return line;
  ({node: node, line: line} = found);
 }
 return line;
}

function childOf(node, step) {
 if (node.type === "Array" && typeof step === "number") {
  const element = node.elements[step];
  return element === void 0 ? void 0 : {
   node: element.value,
   line: element.value.loc.start.line
  };
 }
 if (node.type !== "Object") return;
 const member = node.members.findLast(({name: name}) => keyOf(name) === step);
 return member === void 0 ? void 0 : {
  node: member.value,
  line: member.name.loc.start.line
 };
}

function judgeFields(value, kind) {
 return (CHECKS[kind] ?? []).flatMap(check => [ ...check(value) ]);
}

const CHECKS = {
 token: [ nameFaults, mediaFaults, descriptionFaults, displayFaults, multiTokenFaults, judgeAttributes ],
 solana: [ nameFaults, royaltyFaults, judgeAttributes ],
 contract: [ nameFaults, descriptionFaults, contractFaults, royaltyFaults ]
};

function* nameFaults(value) {
 yield* textFaults(value, "name", "Give it a name; wallets show nothing else where the image fails.");
}

function* mediaFaults(value) {
 if ([ "image", "image_url", "image_data", "animation_url" ].some(key => Object.hasOwn(value, key))) return;
 const message = "There is no `image`, nor anything that would be shown instead.";
 yield {
  kind: "missing-field",
  message: message,
  advice: "Add image with the URI of the content.",
  at: []
 };
}

function* descriptionFaults(value) {
 if (textAt(value, "description") !== void 0) return;
 if (Object.hasOwn(value, "description")) yield wrongType("description", "a text"); else {
  const message = "There is no `description`, which ERC-721 and marketplaces show.";
  yield {
   kind: "missing-field",
   message: message,
   advice: "Add one.",
   at: [],
   level: "note"
  };
 }
}

function* textFaults(value, key, advice) {
 const text = textAt(value, key);
 if (!Object.hasOwn(value, key)) yield {
  kind: "missing-field",
  message: `There is no \`${key}\`.`,
  advice: advice,
  at: []
 }; else if (text === void 0) yield wrongType(key, "a text"); else if (text.trim() === "") yield {
  kind: "empty-field",
  message: `\`${key}\` is empty.`,
  advice: advice,
  at: [ key ]
 };
}

function* displayFaults(value) {
 const color = valueAt(value, "background_color");
 if (isSet(color) && !(typeof color === "string" && /^[0-9a-f]{6}$/i.test(color))) {
  const message = `\`background_color\` is ${shown(color)}, not six hexadecimal digits without \`#\`.`;
  yield {
   kind: "background-color",
   message: message,
   advice: "Write ffffff for white.",
   at: [ "background_color" ]
  };
 }
 for (const key of [ "external_url", "youtube_url" ]) {
  const url = valueAt(value, key);
  if (!isSet(url) || typeof url === "string" && isWebUrl(url)) continue;
  const message = `\`${key}\` is no URL that a browser opens.`;
  yield {
   kind: "web-url",
   message: message,
   advice: "Write a URL that begins with https://, or leave it out.",
   at: [ key ]
  };
 }
}

function* multiTokenFaults(value) {
 const decimals = valueAt(value, "decimals");
 if (decimals !== void 0 && !(Number.isInteger(decimals) && Number(decimals) >= 0)) yield wrongType("decimals", "a whole number");
 const properties = valueAt(value, "properties");
 if (isSet(properties) && (typeof properties !== "object" || Array.isArray(properties))) yield wrongType("properties", "an object");
 const localization = valueAt(value, "localization");
 if (!isSet(localization)) return;
 const at = [ "localization" ];
 if (textAt(localization, "uri")?.includes("{locale}") !== true) {
  const message = "`localization.uri` has no `{locale}`, so that all languages have one file.";
  yield {
   kind: "localization",
   message: message,
   advice: "Write ipfs://<cid>/{locale}.json.",
   at: [ ...at, "uri" ]
  };
 }
 if (textAt(localization, "default") === void 0 || listAt(localization, "locales") === void 0) {
  const message = "`localization` has not both, a text `default` and a list `locales`.";
  yield {
   kind: "localization",
   message: message,
   advice: "Add default: en and locales: [en, …].",
   at: at
  };
 }
}

const ADDRESS = /^0x[0-9a-f]{40}$/i;

function* contractFaults(value) {
 const recipient = valueAt(value, "fee_recipient");
 if (isSet(recipient) && !(typeof recipient === "string" && ADDRESS.test(recipient))) {
  const message = "`fee_recipient` is no address: `0x` and 40 hexadecimal digits.";
  yield {
   kind: "address",
   message: message,
   advice: "Copy the address whole.",
   at: [ "fee_recipient" ]
  };
 }
 const collaborators = valueAt(value, "collaborators");
 if (isSet(collaborators) && !(Array.isArray(collaborators) && collaborators.every(isAddress))) {
  const message = "`collaborators` is no list of addresses.";
  yield {
   kind: "address",
   message: message,
   advice: "Write a list of 0x and 40 hexadecimal digits.",
   at: [ "collaborators" ]
  };
 }
 const link = valueAt(value, "external_link");
 if (isSet(link) && !(typeof link === "string" && isWebUrl(link))) {
  const message = "`external_link` is no URL that a browser opens.";
  yield {
   kind: "web-url",
   message: message,
   advice: "Write a URL that begins with https://.",
   at: [ "external_link" ]
  };
 }
}

function isAddress(value) {
 return typeof value === "string" && ADDRESS.test(value);
}

function* royaltyFaults(value) {
 const points = valueAt(value, "seller_fee_basis_points");
 if (points === void 0) return;
 const number = numberAt(value, "seller_fee_basis_points");
 if (number !== void 0 && Number.isInteger(number) && number >= 0 && number <= 1e4) return;
 const message = `\`seller_fee_basis_points\` is ${shown(points)}, not a whole number from 0 to 10,000: 100 is one percent.`;
 yield {
  kind: "royalty",
  message: message,
  advice: "Write 500 for five percent.",
  at: [ "seller_fee_basis_points" ]
 };
}

function isWebUrl(text) {
 return text === "" || /^(?:https?|ip[fn]s):\/\/[^\s/]/i.test(text);
}

function isSet(value) {
 return value !== void 0 && value !== null && value !== "";
}

function shown(value) {
 return typeof value === "object" && value !== null ? "an object" : quote(String(value));
}

function wrongType(key, type) {
 return {
  kind: "wrong-type",
  message: `\`${key}\` is not ${type}.`,
  advice: `Write ${type}.`,
  at: [ key ]
 };
}

const MEDIA_KEYS = [ "image", "image_url", "image_data", "animation_url" ];

const CONTRACT_KEYS = [ "seller_fee_basis_points", "fee_recipient", "collaborators", "banner_image", "featured_image" ];

const CONTRACT_NAME = /^(?:_?collection|contract)(?:[-_]?(?:metadata|uri))?$/i;

const TOKEN_KEYS = new Set([ ...MEDIA_KEYS, "name", "description", "external_url", "attributes", "traits", "background_color", "youtube_url", "decimals", "properties", "localization", "id", "tokenId", "token_id", "edition", "date", "dna", "compiler" ]);

function recognise(value, context) {
 if (typeof value !== "object" || value === null || Array.isArray(value)) return "other";
 if (listAt(value, "properties", "files") !== void 0 || listAt(value, "properties", "creators") !== void 0) return nft_kind_isToken(value, context) ? "solana" : "other";
 if (isContract(value, context)) return "contract";
 return nft_kind_isToken(value, context) ? "token" : "other";
}

function isContract(value, {isNamedById: isNamedById, name: name}) {
 if (isNamedById || Object.hasOwn(value, "attributes") || !Object.hasOwn(value, "name")) return false;
 const own = CONTRACT_KEYS.filter(key => Object.hasOwn(value, key)).length;
 return own >= 2 || own === 1 && hasMedia(value) || CONTRACT_NAME.test(name) && hasMedia(value);
}

function nft_kind_isToken(value, {isNamedById: isNamedById, isForced: isForced}) {
 const isNamed = isNamedById && Object.hasOwn(value, "name");
 if (isForced && (isNamed || hasMedia(value) || hasTraits(value))) return true;
 if (!hasMedia(value) && !hasTraits(value)) return false;
 if (hasTraits(value)) return true;
 return isNamedById ? hasContentUri(value) || isSchema(value) : hasContentUri(value) && Object.hasOwn(value, "description");
}

function hasMedia(value) {
 return MEDIA_KEYS.some(key => Object.hasOwn(value, key));
}

function hasTraits(value) {
 const first = listAt(value, "attributes")?.[0];
 return valueAt(first, "trait_type") !== void 0 && valueAt(first, "value") !== void 0;
}

function hasContentUri(value) {
 return MEDIA_KEYS.some(key => /^(?:ipfs|ar):\/\/|\/ipfs\//i.test(textAt(value, key)?.slice(0, 300) ?? ""));
}

function isSchema(value) {
 const keys = Object.keys(value);
 return [ "name", "description", "image" ].every(key => keys.includes(key)) && keys.every(key => TOKEN_KEYS.has(key));
}

new Uint8Array(0);

function equals(aa, bb) {
 if (aa === bb) return true;
 if (aa.byteLength !== bb.byteLength) return false;
 for (let ii = 0; ii < aa.byteLength; ii++) if (aa[ii] !== bb[ii]) return false;
 return true;
}

function coerce(o) {
 if (o instanceof Uint8Array && o.constructor.name === "Uint8Array") return toArrayBufferBackedArray(o);
 if (o instanceof ArrayBuffer) return new Uint8Array(o);
 if (ArrayBuffer.isView(o)) return toArrayBufferBackedArray(new Uint8Array(o.buffer, o.byteOffset, o.byteLength));
 throw new Error("Unknown type, must be binary type");
}

function isByteArrayWithArrayBuffer(b) {
 return b?.buffer instanceof ArrayBuffer;
}

function toArrayBufferBackedArray(b) {
 if (isByteArrayWithArrayBuffer(b)) return b;
 return b.slice();
}

function base(ALPHABET, name, caseInsensitive) {
 if (ALPHABET.length >= 255) throw new TypeError("Alphabet too long");
 var BASE_MAP = new Uint8Array(256);
 for (var j = 0; j < BASE_MAP.length; j++) BASE_MAP[j] = 255;
 for (var i = 0; i < ALPHABET.length; i++) {
  var x = ALPHABET.charAt(i);
  var xc = x.charCodeAt(0);
  if (BASE_MAP[xc] !== 255) throw new TypeError(x + " is ambiguous");
  BASE_MAP[xc] = i;
  if (caseInsensitive) {
   var xl = x.toLowerCase().charCodeAt(0);
   var xu = x.toUpperCase().charCodeAt(0);
   if (xl !== xc) BASE_MAP[xl] = i;
   if (xu !== xc) BASE_MAP[xu] = i;
  }
 }
 var BASE = ALPHABET.length;
 var LEADER = ALPHABET.charAt(0);
 var FACTOR = Math.log(BASE) / Math.log(256);
 var iFACTOR = Math.log(256) / Math.log(BASE);
 function encode(source) {
  if (source instanceof Uint8Array) ; else if (ArrayBuffer.isView(source)) source = new Uint8Array(source.buffer, source.byteOffset, source.byteLength); else if (Array.isArray(source)) source = Uint8Array.from(source);
  if (!(source instanceof Uint8Array)) throw new TypeError("Expected Uint8Array");
  if (source.length === 0) return "";
  var zeroes = 0;
  var length = 0;
  var pbegin = 0;
  var pend = source.length;
  while (pbegin !== pend && source[pbegin] === 0) {
   pbegin++;
   zeroes++;
  }
  var size = (pend - pbegin) * iFACTOR + 1 >>> 0;
  var b58 = new Uint8Array(size);
  while (pbegin !== pend) {
   var carry = source[pbegin];
   var i = 0;
   for (var it1 = size - 1; (carry !== 0 || i < length) && it1 !== -1; it1--, i++) {
    carry += 256 * b58[it1] >>> 0;
    b58[it1] = carry % BASE >>> 0;
    carry = carry / BASE >>> 0;
   }
   if (carry !== 0) throw new Error("Non-zero carry");
   length = i;
   pbegin++;
  }
  var it2 = size - length;
  while (it2 !== size && b58[it2] === 0) it2++;
  var str = LEADER.repeat(zeroes);
  for (;it2 < size; ++it2) str += ALPHABET.charAt(b58[it2]);
  return str;
 }
 function decodeUnsafe(source) {
  if (typeof source !== "string") throw new TypeError("Expected String");
  if (source.length === 0) return new Uint8Array;
  var psz = 0;
  if (source[psz] === " ") return;
  var zeroes = 0;
  var length = 0;
  while (source[psz] === LEADER) {
   zeroes++;
   psz++;
  }
  var size = (source.length - psz) * FACTOR + 1 >>> 0;
  var b256 = new Uint8Array(size);
  while (source[psz]) {
   var carry = BASE_MAP[source.charCodeAt(psz)];
   if (carry === 255) return;
   var i = 0;
   for (var it3 = size - 1; (carry !== 0 || i < length) && it3 !== -1; it3--, i++) {
    carry += BASE * b256[it3] >>> 0;
    b256[it3] = carry % 256 >>> 0;
    carry = carry / 256 >>> 0;
   }
   if (carry !== 0) throw new Error("Non-zero carry");
   length = i;
   psz++;
  }
  if (source[psz] === " ") return;
  var it4 = size - length;
  while (it4 !== size && b256[it4] === 0) it4++;
  var vch = new Uint8Array(zeroes + (size - it4));
  var j = zeroes;
  while (it4 !== size) vch[j++] = b256[it4++];
  return vch;
 }
 function decode(string) {
  var buffer = decodeUnsafe(string);
  if (buffer) return buffer;
  throw new Error(`Non-${name} character`);
 }
 return {
  encode: encode,
  decodeUnsafe: decodeUnsafe,
  decode: decode
 };
}

var src = base;

var _brrp__multiformats_scope_baseX = src;

const base_x = _brrp__multiformats_scope_baseX;

class Encoder {
 name;
 prefix;
 baseEncode;
 constructor(name, prefix, baseEncode) {
  this.name = name;
  this.prefix = prefix;
  this.baseEncode = baseEncode;
 }
 encode(bytes) {
  if (bytes instanceof Uint8Array) return `${this.prefix}${this.baseEncode(bytes)}`; else throw Error("Unknown type, must be binary type");
 }
}

class Decoder {
 name;
 prefix;
 baseDecode;
 prefixCodePoint;
 constructor(name, prefix, baseDecode) {
  this.name = name;
  this.prefix = prefix;
  const prefixCodePoint = prefix.codePointAt(0);
  if (prefixCodePoint === void 0) throw new Error("Invalid prefix character");
  this.prefixCodePoint = prefixCodePoint;
  this.baseDecode = baseDecode;
 }
 decode(text) {
  if (typeof text === "string") {
   if (text.codePointAt(0) !== this.prefixCodePoint) throw Error(`Unable to decode multibase string ${JSON.stringify(text)}, ${this.name} decoder only supports inputs prefixed with ${this.prefix}`);
   return this.baseDecode(text.slice(this.prefix.length));
  } else throw Error("Can only multibase decode strings");
 }
 or(decoder) {
  return or(this, decoder);
 }
}

class ComposedDecoder {
 decoders;
 constructor(decoders) {
  this.decoders = decoders;
 }
 or(decoder) {
  return or(this, decoder);
 }
 decode(input) {
  const prefix = input[0];
  const decoder = this.decoders[prefix];
  if (decoder != null) return decoder.decode(input); else throw RangeError(`Unable to decode multibase string ${JSON.stringify(input)}, only inputs prefixed with ${Object.keys(this.decoders)} are supported`);
 }
}

function or(left, right) {
 return new ComposedDecoder({
  ...left.decoders ?? {
   [left.prefix]: left
  },
  ...right.decoders ?? {
   [right.prefix]: right
  }
 });
}

class Codec {
 name;
 prefix;
 baseEncode;
 baseDecode;
 encoder;
 decoder;
 constructor(name, prefix, baseEncode, baseDecode) {
  this.name = name;
  this.prefix = prefix;
  this.baseEncode = baseEncode;
  this.baseDecode = baseDecode;
  this.encoder = new Encoder(name, prefix, baseEncode);
  this.decoder = new Decoder(name, prefix, baseDecode);
 }
 encode(input) {
  return this.encoder.encode(input);
 }
 decode(input) {
  return this.decoder.decode(input);
 }
}

function from({name: name, prefix: prefix, encode: encode, decode: decode}) {
 return new Codec(name, prefix, encode, decode);
}

function baseX({name: name, prefix: prefix, alphabet: alphabet, caseInsensitive: caseInsensitive = false}) {
 const {encode: encode, decode: decode} = base_x(alphabet, name, caseInsensitive);
 return from({
  prefix: prefix,
  name: name,
  encode: encode,
  decode: text => coerce(decode(text))
 });
}

function base_decode(string, alphabetIdx, bitsPerChar, name) {
 let end = string.length;
 while (string[end - 1] === "=") --end;
 const out = new Uint8Array(end * bitsPerChar / 8 | 0);
 let bits = 0;
 let buffer = 0;
 let written = 0;
 for (let i = 0; i < end; ++i) {
  const value = alphabetIdx[string[i]];
  if (value === void 0) throw new SyntaxError(`Non-${name} character`);
  buffer = buffer << bitsPerChar | value;
  bits += bitsPerChar;
  if (bits >= 8) {
   bits -= 8;
   out[written++] = 255 & buffer >> bits;
  }
 }
 if (bits >= bitsPerChar || (255 & buffer << 8 - bits) !== 0) throw new SyntaxError("Unexpected end of data");
 return out;
}

function encode(data, alphabet, bitsPerChar) {
 const pad = alphabet[alphabet.length - 1] === "=";
 const mask = (1 << bitsPerChar) - 1;
 let out = "";
 let bits = 0;
 let buffer = 0;
 for (let i = 0; i < data.length; ++i) {
  buffer = buffer << 8 | data[i];
  bits += 8;
  while (bits > bitsPerChar) {
   bits -= bitsPerChar;
   out += alphabet[mask & buffer >> bits];
  }
 }
 if (bits !== 0) out += alphabet[mask & buffer << bitsPerChar - bits];
 if (pad) while ((out.length * bitsPerChar & 7) !== 0) out += "=";
 return out;
}

function createAlphabetIdx(alphabet, caseInsensitive) {
 const alphabetIdx = {};
 for (let i = 0; i < alphabet.length; ++i) {
  alphabetIdx[alphabet[i]] = i;
  if (caseInsensitive) {
   const lower = alphabet[i].toLowerCase();
   const upper = alphabet[i].toUpperCase();
   if (lower !== alphabet[i]) alphabetIdx[lower] = i;
   if (upper !== alphabet[i]) alphabetIdx[upper] = i;
  }
 }
 return alphabetIdx;
}

function rfc4648({name: name, prefix: prefix, bitsPerChar: bitsPerChar, alphabet: alphabet, caseInsensitive: caseInsensitive = false}) {
 const alphabetIdx = createAlphabetIdx(alphabet, caseInsensitive);
 return from({
  prefix: prefix,
  name: name,
  encode(input) {
   return encode(input, alphabet, bitsPerChar);
  },
  decode(input) {
   return base_decode(input, alphabetIdx, bitsPerChar, name);
  }
 });
}

const base32 = rfc4648({
 prefix: "b",
 name: "base32",
 alphabet: "abcdefghijklmnopqrstuvwxyz234567",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "B",
 name: "base32upper",
 alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "c",
 name: "base32pad",
 alphabet: "abcdefghijklmnopqrstuvwxyz234567=",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "C",
 name: "base32padupper",
 alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567=",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "v",
 name: "base32hex",
 alphabet: "0123456789abcdefghijklmnopqrstuv",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "V",
 name: "base32hexupper",
 alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUV",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "t",
 name: "base32hexpad",
 alphabet: "0123456789abcdefghijklmnopqrstuv=",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "T",
 name: "base32hexpadupper",
 alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUV=",
 bitsPerChar: 5,
 caseInsensitive: true
});

rfc4648({
 prefix: "h",
 name: "base32z",
 alphabet: "ybndrfg8ejkmcpqxot1uwisza345h769",
 bitsPerChar: 5
});

const base36 = baseX({
 prefix: "k",
 name: "base36",
 alphabet: "0123456789abcdefghijklmnopqrstuvwxyz",
 caseInsensitive: true
});

baseX({
 prefix: "K",
 name: "base36upper",
 alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
 caseInsensitive: true
});

const base58btc = baseX({
 name: "base58btc",
 prefix: "z",
 alphabet: "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
});

baseX({
 name: "base58flickr",
 prefix: "Z",
 alphabet: "123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
});

var encode_1 = varint_encode;

var MSB = 128, REST = 127, MSBALL = ~REST, INT = Math.pow(2, 31);

function varint_encode(num, out, offset) {
 out = out || [];
 offset = offset || 0;
 var oldOffset = offset;
 while (num >= INT) {
  out[offset++] = num & 255 | MSB;
  num /= 128;
 }
 while (num & MSBALL) {
  out[offset++] = num & 255 | MSB;
  num >>>= 7;
 }
 out[offset] = num | 0;
 varint_encode.bytes = offset - oldOffset + 1;
 return out;
}

var varint_decode = read;

var MSB$1 = 128, REST$1 = 127;

function read(buf, offset) {
 var b, res = 0, shift = (offset = offset || 0, 0), counter = offset, l = buf.length;
 do {
  if (counter >= l) {
   read.bytes = 0;
   throw new RangeError("Could not decode varint");
  }
  b = buf[counter++];
  res += shift < 28 ? (b & REST$1) << shift : (b & REST$1) * Math.pow(2, shift);
  shift += 7;
 } while (b >= MSB$1);
 read.bytes = counter - offset;
 return res;
}

var N1 = Math.pow(2, 7);

var N2 = Math.pow(2, 14);

var N3 = Math.pow(2, 21);

var N4 = Math.pow(2, 28);

var N5 = Math.pow(2, 35);

var N6 = Math.pow(2, 42);

var N7 = Math.pow(2, 49);

var N8 = Math.pow(2, 56);

var N9 = Math.pow(2, 63);

var varint_length = function(value) {
 return value < N1 ? 1 : value < N2 ? 2 : value < N3 ? 3 : value < N4 ? 4 : value < N5 ? 5 : value < N6 ? 6 : value < N7 ? 7 : value < N8 ? 8 : value < N9 ? 9 : 10;
};

var varint = {
 encode: encode_1,
 decode: varint_decode,
 encodingLength: varint_length
};

var _brrp_varint = varint;

const vendor_varint = _brrp_varint;

function src_varint_decode(data, offset = 0) {
 const code = vendor_varint.decode(data, offset);
 const length = vendor_varint.decode.bytes;
 if (length > 9) throw new RangeError("Invalid varint: too long");
 if (length > 1 && data[offset + length - 1] === 0) throw new RangeError("Invalid varint: not minimally encoded");
 return [ code, length ];
}

function encodeTo(int, target, offset = 0) {
 vendor_varint.encode(int, target, offset);
 return target;
}

function encodingLength(int) {
 return vendor_varint.encodingLength(int);
}

function create(code, digest) {
 const size = digest.byteLength;
 const sizeOffset = encodingLength(code);
 const digestOffset = sizeOffset + encodingLength(size);
 const bytes = new Uint8Array(digestOffset + size);
 encodeTo(code, bytes, 0);
 encodeTo(size, bytes, sizeOffset);
 bytes.set(digest, digestOffset);
 return new Digest(code, size, digest, bytes);
}

function digest_decode(multihash) {
 const bytes = coerce(multihash);
 const [code, sizeOffset] = src_varint_decode(bytes);
 const [size, digestOffset] = src_varint_decode(bytes.subarray(sizeOffset));
 const digest = bytes.subarray(sizeOffset + digestOffset);
 if (digest.byteLength !== size) throw new Error("Incorrect length");
 return new Digest(code, size, digest, bytes);
}

function digest_equals(a, b) {
 if (a === b) return true; else {
  const data = b;
  return a.code === data.code && a.size === data.size && data.bytes instanceof Uint8Array && equals(a.bytes, data.bytes);
 }
}

class Digest {
 code;
 size;
 digest;
 bytes;
 constructor(code, size, digest, bytes) {
  this.code = code;
  this.size = size;
  this.digest = toArrayBufferBackedArray(digest);
  this.bytes = toArrayBufferBackedArray(bytes);
 }
}

function format(link, base) {
 const {bytes: bytes, version: version} = link;
 switch (version) {
 case 0:
  return toStringV0(bytes, baseCache(link), base ?? base58btc.encoder);

 default:
  return toStringV1(bytes, baseCache(link), base ?? base32.encoder);
 }
}

const cache = new WeakMap;

function baseCache(cid) {
 const baseCache = cache.get(cid);
 if (baseCache == null) {
  const baseCache = new Map;
  cache.set(cid, baseCache);
  return baseCache;
 }
 return baseCache;
}

class cid_CID {
 code;
 version;
 multihash;
 bytes;
 "/";
 constructor(version, code, multihash, bytes) {
  this.code = code;
  this.version = version;
  this.multihash = multihash;
  this.bytes = toArrayBufferBackedArray(bytes);
  this["/"] = this.bytes;
 }
 get asCID() {
  return this;
 }
 get byteOffset() {
  return this.bytes.byteOffset;
 }
 get byteLength() {
  return this.bytes.byteLength;
 }
 toV0() {
  switch (this.version) {
  case 0:
   return this;

  case 1:
   {
    const {code: code, multihash: multihash} = this;
    if (code !== DAG_PB_CODE) throw new Error("Cannot convert a non dag-pb CID to CIDv0");
    if (multihash.code !== SHA_256_CODE) throw new Error("Cannot convert non sha2-256 multihash CID to CIDv0");
    return cid_CID.createV0(multihash);
   }

  default:
   throw Error(`Can not convert CID version ${this.version} to version 0. This is a bug please report`);
  }
 }
 toV1() {
  switch (this.version) {
  case 0:
   {
    const {code: code, digest: digest} = this.multihash;
    const multihash = create(code, digest);
    return cid_CID.createV1(this.code, multihash);
   }

  case 1:
   return this;

  default:
   throw Error(`Can not convert CID version ${this.version} to version 1. This is a bug please report`);
  }
 }
 equals(other) {
  return cid_CID.equals(this, other);
 }
 static equals(self, other) {
  const unknown = other;
  return unknown != null && self.code === unknown.code && self.version === unknown.version && digest_equals(self.multihash, unknown.multihash);
 }
 toString(base) {
  return format(this, base);
 }
 toJSON() {
  return {
   "/": format(this)
  };
 }
 link() {
  return this;
 }
 [Symbol.toStringTag]="CID";
 [Symbol.for("nodejs.util.inspect.custom")]() {
  return `CID(${this.toString()})`;
 }
 static asCID(input) {
  if (input == null) return null;
  const value = input;
  if (value instanceof cid_CID) return value; else if (value["/"] != null && value["/"] === value.bytes || value.asCID === value) {
   const {version: version, code: code, multihash: multihash, bytes: bytes} = value;
   return new cid_CID(version, code, multihash, bytes ?? encodeCID(version, code, multihash.bytes));
  } else if (value[cidSymbol] === true) {
   const {version: version, multihash: multihash, code: code} = value;
   const digest = digest_decode(multihash);
   return cid_CID.create(version, code, digest);
  } else return null;
 }
 static create(version, code, digest) {
  if (typeof code !== "number") throw new Error("String codecs are no longer supported");
  if (!(digest.bytes instanceof Uint8Array)) throw new Error("Invalid digest");
  switch (version) {
  case 0:
   if (code !== DAG_PB_CODE) throw new Error(`Version 0 CID must use dag-pb (code: ${DAG_PB_CODE}) block encoding`); else return new cid_CID(version, code, digest, digest.bytes);

  case 1:
   {
    const bytes = encodeCID(version, code, digest.bytes);
    return new cid_CID(version, code, digest, bytes);
   }

  default:
   throw new Error("Invalid version");
  }
 }
 static createV0(digest) {
  return cid_CID.create(0, DAG_PB_CODE, digest);
 }
 static createV1(code, digest) {
  return cid_CID.create(1, code, digest);
 }
 static decode(bytes) {
  const [cid, remainder] = cid_CID.decodeFirst(bytes);
  if (remainder.length !== 0) throw new Error("Incorrect length");
  return cid;
 }
 static decodeFirst(bytes) {
  const specs = cid_CID.inspectBytes(bytes);
  const prefixSize = specs.size - specs.multihashSize;
  const multihashBytes = coerce(bytes.subarray(prefixSize, prefixSize + specs.multihashSize));
  if (multihashBytes.byteLength !== specs.multihashSize) throw new Error("Incorrect length");
  const digestBytes = multihashBytes.subarray(specs.multihashSize - specs.digestSize);
  const digest = new Digest(specs.multihashCode, specs.digestSize, digestBytes, multihashBytes);
  const cid = specs.version === 0 ? cid_CID.createV0(digest) : cid_CID.createV1(specs.codec, digest);
  return [ cid, bytes.subarray(specs.size) ];
 }
 static inspectBytes(initialBytes) {
  let offset = 0;
  const next = () => {
   const [i, length] = src_varint_decode(initialBytes.subarray(offset));
   offset += length;
   return i;
  };
  let version = next();
  let codec = DAG_PB_CODE;
  if (version === 18) {
   version = 0;
   offset = 0;
  } else codec = next();
  if (version !== 0 && version !== 1) throw new RangeError(`Invalid CID version ${version}`);
  const prefixSize = offset;
  const multihashCode = next();
  const digestSize = next();
  const size = offset + digestSize;
  const multihashSize = size - prefixSize;
  return {
   version: version,
   codec: codec,
   multihashCode: multihashCode,
   digestSize: digestSize,
   multihashSize: multihashSize,
   size: size
  };
 }
 static parse(source, base) {
  const [prefix, bytes] = parseCIDtoBytes(source, base);
  const cid = cid_CID.decode(bytes);
  if (cid.version === 0 && source[0] !== "Q") throw Error("Version 0 CID string must not include multibase prefix");
  baseCache(cid).set(prefix, source);
  return cid;
 }
}

function parseCIDtoBytes(source, base) {
 switch (source[0]) {
 case "Q":
  {
   const decoder = base ?? base58btc;
   return [ base58btc.prefix, decoder.decode(`${base58btc.prefix}${source}`) ];
  }

 case base58btc.prefix:
  {
   const decoder = base ?? base58btc;
   return [ base58btc.prefix, decoder.decode(source) ];
  }

 case base32.prefix:
  {
   const decoder = base ?? base32;
   return [ base32.prefix, decoder.decode(source) ];
  }

 case base36.prefix:
  {
   const decoder = base ?? base36;
   return [ base36.prefix, decoder.decode(source) ];
  }

 default:
  if (base == null) throw Error("To parse non base32, base36 or base58btc encoded CID multibase decoder must be provided");
  return [ source[0], base.decode(source) ];
 }
}

function toStringV0(bytes, cache, base) {
 const {prefix: prefix} = base;
 if (prefix !== base58btc.prefix) throw Error(`Cannot string encode V0 in ${base.name} encoding`);
 const cid = cache.get(prefix);
 if (cid == null) {
  const cid = base.encode(bytes).slice(1);
  cache.set(prefix, cid);
  return cid;
 } else return cid;
}

function toStringV1(bytes, cache, base) {
 const {prefix: prefix} = base;
 const cid = cache.get(prefix);
 if (cid == null) {
  const cid = base.encode(bytes);
  cache.set(prefix, cid);
  return cid;
 } else return cid;
}

const DAG_PB_CODE = 112;

const SHA_256_CODE = 18;

function encodeCID(version, code, multihash) {
 const codeOffset = encodingLength(version);
 const hashOffset = codeOffset + encodingLength(code);
 const bytes = new Uint8Array(hashOffset + multihash.byteLength);
 encodeTo(version, bytes, 0);
 encodeTo(code, bytes, codeOffset);
 bytes.set(multihash, hashOffset);
 return bytes;
}

const cidSymbol = Symbol.for("@ipld/js-cid/CID");

function parseCid(text) {
 try {
  return cidOf(cid_CID.parse(text.trim()));
 } catch {
  return;
 }
}

function cidOf(cid) {
 return cid.toV1().toString(base32);
}

Array.from("abcdefghijklmnopqrstuvwxyz234567", letter => letter.charCodeAt(0));

Array.from("b".padEnd(59), letter => letter.charCodeAt(0));

const IPFS_ADVICE = "Write ipfs://<cid>/<path>: the content itself, wherever it is kept.";

const LEFT_OPEN = /\$\{|\{\{|\[object|<[\w -]+>|(?:^|\/)(?:undefined|null|NaN)(?:[./]|$)/;

const LONGEST_URI = 2048;

function readUri(whole) {
 const usual = readUsual(whole);
 if (usual !== void 0) return usual;
 if (/^data:/i.test(whole)) return plain("data");
 const uri = whole.slice(0, LONGEST_URI);
 if (LEFT_OPEN.test(uri)) return plain("other", leftOpen(uri));
 if (/^ipfs:/i.test(uri)) return readIpfs(uri);
 if (/^https?:\/\//i.test(uri)) return readHttp(uri);
 if (/^ar:\/\//i.test(uri)) return plain("arweave");
 if (/^ipns:/i.test(uri)) return plain("other", mutable());
 const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0];
 return scheme === void 0 ? readRelative(uri) : plain("other", unknownScheme(scheme));
}

function readUsual(uri) {
 const [, cid = "", file] = /^ipfs:\/\/(\w{8,150})\/(\d[\w-]{0,80}\.\w{2,5})$/.exec(uri) ?? [];
 if (!isCid(cid)) return;
 return {
  form: "ipfs",
  root: cid,
  version: versionOf(cid),
  file: file,
  faults: []
 };
}

function versionOf(cid) {
 return cid.startsWith("Qm") ? 0 : 1;
}

function plain(form, ...faults) {
 return {
  form: form,
  root: void 0,
  version: void 0,
  file: void 0,
  faults: faults
 };
}

function leftOpen(uri) {
 const mark = LEFT_OPEN.exec(uri)?.[0].replaceAll("/", "") ?? "";
 return {
  kind: "placeholder",
  says: `has ${quote(mark)}, which was to be replaced before publishing.`,
  advice: "Let the tool that writes the metadata fill it in."
 };
}

function mutable() {
 return {
  kind: "mutable-uri",
  says: "is an IPNS name: what it shows can change.",
  advice: `${IPFS_ADVICE} Leave it where that is meant.`,
  level: "note"
 };
}

function unknownScheme(scheme) {
 return {
  kind: "unknown-scheme",
  says: `begins with ${quote(scheme)}, which no wallet opens.`,
  advice: IPFS_ADVICE
 };
}

function readIpfs(uri) {
 const rest = uri.replace(/^ipfs:\/{0,2}/i, "");
 const isDoubled = /^ipfs\//i.test(rest);
 const [, cid = "", path = ""] = /^([^/?#]*)(.*)$/s.exec(isDoubled ? rest.slice(5) : rest) ?? [];
 const faults = [ ...ipfsFaults(uri, isDoubled), ...cidFaults(cid), ...nft_uri_pathFaults(path) ];
 return {
  ...namedBy(cid, path),
  form: "ipfs",
  faults: faults
 };
}

function* ipfsFaults(uri, isDoubled) {
 if (isDoubled) yield {
  kind: "ipfs-twice",
  says: "begins with `ipfs://ipfs/`, an old mistake that only some wallets forgive.",
  advice: "Remove the second `ipfs/`."
 }; else if (!/^ipfs:\/\/(?!\/)/i.test(uri)) yield {
  kind: "ipfs-form",
  says: "has not two slashes after `ipfs:`.",
  advice: IPFS_ADVICE
 };
}

const nft_uri_PLACEHOLDER = /uri|your|cid|hash|replace|placeholder|todo|xxx|example|here|folder|image/i;

function* cidFaults(cid) {
 if (isCid(cid)) return;
 yield nft_uri_PLACEHOLDER.test(cid) ? {
  kind: "placeholder",
  says: `has ${quote(cid)} where the CID must be.`,
  advice: "Publish the images first, and write their CID into the metadata."
 } : {
  kind: "bad-cid",
  says: cid === "" ? "has no CID." : `has ${quote(cid)} where the CID must be, which is none.`,
  advice: "Copy the CID whole; upper and lower case matter in one that begins with Qm."
 };
}

function* nft_uri_pathFaults(path) {
 if (path.includes("//")) yield {
  kind: "double-slash",
  says: "has two slashes in its path.",
  advice: "Remove one."
 };
 if (/#[^/]*\.\w{2,5}$/.test(path)) yield {
  kind: "unencoded-uri",
  says: "has `#` in a file name, where the path ends for a URL.",
  advice: "Write `%23`."
 };
 if (/\s/.test(path)) yield {
  kind: "unencoded-uri",
  says: "has white space.",
  advice: "Write `%20`, or rename the file.",
  level: "note"
 };
}

function readHttp(uri) {
 const [, host = "", path = ""] = /^https?:\/\/([^/?#]*)([^?#]*)/i.exec(uri) ?? [];
 const [, inPath, below = ""] = /\/ipfs\/([^/]+)(.*)$/s.exec(path) ?? [];
 if (inPath !== void 0) {
  const named = isCid(inPath) ? namedBy(inPath, below) : void 0;
  if (named !== void 0 || nft_uri_PLACEHOLDER.test(inPath)) return {
   ...plain("gateway"),
   ...named,
   form: "gateway",
   faults: [ gatewayFault(host), ...cidFaults(inPath) ]
  };
 }
 const [, label = "", gateway = ""] = /^([a-z0-9]{40,})\.(ipfs\..+)$/i.exec(host) ?? [];
 if (isCid(label)) return {
  ...namedBy(label, path),
  form: "gateway",
  faults: [ gatewayFault(`*.${gateway}`) ]
 };
 return {
  ...plain("server", serverFault(host)),
  file: fileOf(path)
 };
}

function gatewayFault(host) {
 return {
  kind: "gateway-url",
  says: `is a URL of the gateway ${quote(host)}: it is gone when the gateway is, though the content is not.`,
  advice: IPFS_ADVICE
 };
}

function serverFault(host) {
 if (/^(?:localhost|127\.|0\.0\.0\.0|\[::1\]|10\.|192\.168\.)|\.(?:local|test|internal)(?::|$)/i.test(host)) return {
  kind: "local-server",
  says: `is on ${quote(host)}, which nobody else reaches.`,
  advice: IPFS_ADVICE
 };
 return {
  kind: "server-url",
  says: `is on the server ${quote(host)}, which can change or end it.`,
  advice: `${IPFS_ADVICE} Leave it where that is meant.`,
  level: "note"
 };
}

function readRelative(uri) {
 const bare = uri.replace(/^\/?ipfs\//i, "").replace(/^\/+/, "");
 const [, first = "", path = ""] = /^([^/?#]*)(.*)$/s.exec(bare) ?? [];
 if (isCid(first)) {
  const fault = {
   kind: "bare-cid",
   says: "has a CID and no scheme; most wallets do not open it.",
   advice: IPFS_ADVICE
  };
  return {
   ...namedBy(first, path),
   form: "other",
   faults: [ fault ]
  };
 }
 const fault = {
  kind: "relative-uri",
  says: "is relative, and metadata has no address that it would be relative to.",
  advice: "Publish the images first, and write ipfs://<cid>/<path>."
 };
 return {
  ...plain("relative", fault),
  file: fileOf(uri)
 };
}

function namedBy(cid, path) {
 const file = fileOf(path);
 if (!isCid(cid)) return {
  root: void 0,
  version: void 0,
  file: file
 };
 return {
  root: file === void 0 ? void 0 : cid,
  version: versionOf(cid),
  file: file
 };
}

function fileOf(path) {
 const name = /([^/?#]+)(?:[?#].*)?$/s.exec(path)?.[1];
 if (name === void 0 || !name.includes("%")) return name;
 try {
  return decodeURIComponent(name);
 } catch {
  return name;
 }
}

const KNOWN = new Map;

const nft_uri_MOST_KNOWN = 1e3;

function isCid(text) {
 if (!/^[\w-]{8,150}$/.test(text)) return false;
 const known = KNOWN.get(text);
 if (known !== void 0) return known;
 const parsed = parseCid(text) !== void 0;
 if (KNOWN.size >= nft_uri_MOST_KNOWN) KNOWN.clear();
 KNOWN.set(text, parsed);
 return parsed;
}

const URI_FIELDS = {
 token: [ "image", "image_url", "animation_url" ],
 solana: [ "image", "animation_url" ],
 contract: [ "image", "banner_image", "featured_image" ]
};

function urisOf(value, kind) {
 return URI_FIELDS[kind].flatMap(field => {
  const text = textAt(value, field)?.trim();
  return text === void 0 || text === "" ? [] : [ {
   field: field,
   text: text,
   uri: readUri(text)
  } ];
 });
}

function judgeUris(value, uris, kind) {
 const faults = uris.flatMap(({field: field, uri: uri}) => uri.faults.map(({says: says, ...fault}) => ({
  ...fault,
  message: `\`${field}\` ${says}`,
  at: [ field ]
 })));
 const missing = URI_FIELDS[kind].flatMap(field => textFault(value, field) ?? []);
 return [ ...faults.filter(fault => kind !== "solana" || fault.kind !== "relative-uri"), ...missing ];
}

function textFault(value, field) {
 const found = valueAt(value, field);
 const fault = {
  advice: "Write the URI of the content.",
  at: [ field ]
 };
 if (typeof found === "string") {
  const isMissing = field === "image" && found.trim() === "";
  return isMissing ? {
   ...fault,
   kind: "empty-field",
   message: "`image` is empty."
  } : void 0;
 }
 if (found === void 0 || found === null && field !== "image") return;
 return {
  ...fault,
  kind: "wrong-type",
  message: `\`${field}\` is no text.`
 };
}

function judgeFile(candidate, file, isForced) {
 const isHeld = isForced || candidate.id !== void 0;
 if (file === void 0) {
  const message = "A file has more than 1 MB and was not looked at as metadata.";
  const advice = "Keep images out of the metadata, and name them by URI.";
  const isMeant = isHeld && candidate.isJson;
  return isMeant ? fault(candidate, void 0, {
   kind: "not-checked",
   message: message,
   advice: advice,
   level: "note"
  }) : {
   kind: "nothing"
  };
 }
 if (!couldBeMetadata(candidate, file.text, isHeld)) return {
  kind: "nothing"
 };
 const document = readJson(file.text.startsWith("\ufeff") ? file.text.slice(1) : file.text);
 if (!("value" in document)) {
  const message = "The file is no valid JSON.";
  const advice = "Correct it there; JSON has no trailing commas, no comments and no single quotes.";
  if (!isHeld) return {
   kind: "nothing"
  };
  const seen = fault(candidate, document.line, {
   kind: "invalid-json",
   message: message,
   advice: advice
  });
  return {
   ...seen,
   isSure: /"image"|ipfs:\/\//.test(file.text)
  };
 }
 return judgeDocument(candidate, document, {
  file: file,
  isForced: isForced
 });
}

function couldBeMetadata({isJson: isJson}, text, isHeld) {
 if (isJson && isHeld) return true;
 const isObject = /^\ufeff?\s*\{/.test(text.slice(0, 1e3));
 return isObject && (isHeld || text.includes('"image') || text.includes('"animation_url"'));
}

function judgeDocument(candidate, document, {file: file, isForced: isForced}) {
 const {value: value} = document;
 const isNamedById = candidate.id !== void 0;
 const name = candidate.path.replace(/^.*\//s, "").replace(/\.json$/i, "");
 const kind = recognise(value, {
  isNamedById: isNamedById,
  isForced: isForced,
  name: name
 });
 if (kind !== "other" && typeof value === "object" && value !== null) {
  const uris = urisOf(value, kind);
  const faults = [ ...fileFaults(document, file), ...judgeFields(value, kind), ...judgeUris(value, uris, kind) ];
  return {
   kind: "metadata",
   document: document,
   value: value,
   isToken: kind !== "contract",
   uris: uris,
   faults: faults
  };
 }
 if (!isNamedById) return {
  kind: "nothing"
 };
 const message = "The file is named by an id, and is no metadata of a token.";
 return fault(candidate, 1, {
  kind: "no-metadata",
  message: message,
  advice: "Name it otherwise, or add name, description and image."
 });
}

function fault({path: path}, line, sighting) {
 return {
  kind: "fault",
  sightings: [ {
   ...sighting,
   path: path,
   line: line
  } ],
  isSure: false
 };
}

function* fileFaults({hasTwice: hasTwice}, {text: text, isUtf8: isUtf8}) {
 if (text.startsWith("\ufeff")) {
  const message = "The file starts with a byte order mark, which JSON does not have.";
  yield {
   kind: "byte-order-mark",
   message: message,
   advice: "Save it as UTF-8 without BOM.",
   at: []
  };
 }
 if (!isUtf8) yield {
  kind: "not-utf8",
  message: "The file is not UTF-8.",
  advice: "Save it as UTF-8.",
  at: []
 };
 if (hasTwice()) {
  const message = "An object has one key twice; readers take one or the other.";
  yield {
   kind: "duplicate-key",
   message: message,
   advice: "Remove one.",
   at: "twice"
  };
 }
}

const MEDIA = /\.(?:png|jpe?g|gif|svg|webp|avif|mp4|m4v|mov|webm|ogv|mp3|wav|oga|ogg|glb|gltf)$/i;

function judgeMedia(collections, paths) {
 const directories = mediaIn(paths);
 const known = new Set([ ...directories.values() ].flatMap(media => [ ...media.keys() ]));
 const used = new Set(collections.flatMap(({references: references}) => references.map(({hash: hash}) => hash)));
 return [ ...collections.flatMap(collection => {
  const faults = [ ...missingFaults(collection.references, known), ...shiftFaults(collection.references) ];
  return [ ...faults, ...nft_media_idFaults(collection, directories) ].map(fault => ({
   ...fault,
   path: collection.path
  }));
 }), ...[ ...directories ].flatMap(([directory, media]) => [ ...unusedFaults(directory, media, used) ]) ];
}

function mediaIn(paths) {
 const directories = new Map;
 for (const path of paths) {
  if (!MEDIA.test(path)) continue;
  const start = path.lastIndexOf("/") + 1;
  const directory = path.slice(0, start);
  const media = directories.get(directory) ?? new Map;
  directories.set(directory, media);
  media.set(hashOf(path.slice(start)), path);
 }
 return directories;
}

function* missingFaults(references, known) {
 const missing = references.filter(({hash: hash}) => !known.has(hash));
 if (missing.length === 0 || missing.length * 2 > references.length) return;
 const message = `${nft_media_count(missing.length)} of ${nft_media_count(references.length)} references name a file that is not in the build, where the others are: see ${placesOf(missing)}.`;
 yield {
  kind: "missing-media",
  message: message,
  advice: "Add the file, or correct its name in the metadata."
 };
}

function* shiftFaults(references) {
 const shifts = new Map;
 let counted = 0;
 for (const reference of references) {
  if (reference.number === void 0 || reference.token === void 0) continue;
  counted += 1;
  const shift = reference.number - reference.token;
  const same = shifts.get(shift);
  if (same !== void 0) same.push(reference); else shifts.set(shift, [ reference ]);
 }
 const usual = [ ...shifts.values() ].sort((one, other) => other.length - one.length)[0] ?? [];
 if (usual.length === counted || usual.length < counted * .9) return;
 const others = [ ...shifts.values() ].filter(same => same !== usual).flat();
 const message = `${nft_media_count(others.length)} of ${nft_media_count(counted)} tokens have an image with another number than their own: see ${placesOf(others)}.`;
 yield {
  kind: "shifted-image",
  message: message,
  advice: "See whether these images were exchanged on purpose."
 };
}

function* nft_media_idFaults({hasIdInImage: hasIdInImage}, directories) {
 const paths = hasIdInImage ? [ ...directories.values() ].flatMap(media => [ ...media.values() ]) : [];
 if (paths.some(path => /(?:^|\/)[0-9a-f]{64}\.\w+$/.test(path))) return;
 const decimal = paths.find(path => /(?:^|\/)\d{1,20}\.\w+$/.test(path));
 if (decimal === void 0) return;
 const message = `\`{id}\` in an image stands for 64 hexadecimal digits, and the images of the build are named as ${quote(decimal)}.`;
 yield {
  kind: "id-in-uri",
  message: message,
  advice: "Rename the images, or write the name of each into its metadata."
 };
}

function* unusedFaults(directory, media, used) {
 const unused = [ ...media ].filter(([hash]) => !used.has(hash));
 const [first] = unused;
 if (first === void 0 || unused.length * 2 > media.size) return;
 const where = directory === "" ? "the root" : quote(directory);
 const message = `${nft_media_count(unused.length)} of ${nft_media_count(media.size)} images in ${where} are named by no metadata.`;
 const advice = "Leave them out with exclude, or add the metadata.";
 yield {
  kind: "unused-media",
  message: message,
  advice: advice,
  level: "note",
  path: first[1]
 };
}

function placesOf(references) {
 const numbers = references.flatMap(({token: token}) => token ?? []);
 if (numbers.length === references.length) return `${numbers.length === 1 ? "id" : "ids"} ${renderNumbers(numbers)}`;
 return quote(references[0]?.label ?? "");
}

function nft_media_count(value) {
 return value.toLocaleString("en-US");
}

const lenient = new TextDecoder("utf-8", {
 ignoreBOM: true
});

const strict = new TextDecoder("utf-8", {
 ignoreBOM: true,
 fatal: true
});

function readWhole(mostBytes, end) {
 const pieces = [];
 let bytes = 0;
 return {
  kind: "bytes",
  take: piece => {
   bytes += piece.length;
   if (bytes <= mostBytes) pieces.push(piece.slice()); else pieces.length = 0;
  },
  end: () => end(bytes <= mostBytes ? small_file_decode(joined(pieces, bytes)) : void 0)
 };
}

function joined(pieces, bytes) {
 if (pieces.length === 1 && pieces[0] !== void 0) return pieces[0];
 const whole = new Uint8Array(bytes);
 let at = 0;
 for (const piece of pieces) {
  whole.set(piece, at);
  at += piece.length;
 }
 return whole;
}

function small_file_decode(bytes) {
 const text = lenient.decode(bytes);
 return {
  text: text,
  isUtf8: !text.includes("�") || isUtf8(bytes)
 };
}

function isUtf8(bytes) {
 try {
  strict.decode(bytes);
  return true;
 } catch {
  return false;
 }
}

const LARGEST_METADATA = 1e6;

const OTHER_JSON = /(?:^|\/)(?:manifest|asset-manifest|package|package-lock|composer|tsconfig[^/]*|vercel|firebase|version|search[-_]?index|page-data|_payload|\.vite\/.*|_next\/data\/.*|_metadata|provenance)\.json$/i;

function createNftRule(site, {forced: forced}) {
 return report => {
  const files = createFiles(report, forced);
  return {
   name: "nft",
   open: ({path: path, bytes: bytes}) => {
    const candidate = candidateOf(path, forced);
    if (candidate === void 0) return;
    return readerOf(candidate, bytes, files);
   },
   finish: () => {
    const collections = files.collections();
    if (collections.length > 0) reportTogether(collections, site, report);
   }
  };
 };
}

function reportTogether(collections, site, report) {
 for (const collection of collections) for (const fault of judgeCollection(collection)) report({
  ...fault,
  path: collection.path,
  line: void 0
 });
 for (const fault of judgeMedia(collections, site.files.keys())) report({
  ...fault,
  line: void 0
 });
}

function candidateOf(path, isForced) {
 const name = path.slice(path.lastIndexOf("/") + 1);
 const id = tokenIdOf(name);
 const isJson = /\.json$/i.test(name);
 if (id === void 0 && (isJson ? OTHER_JSON.test(path) : !isForced || name.includes("."))) return;
 return {
  path: path,
  id: id,
  isJson: isJson
 };
}

function readerOf(candidate, bytes, files) {
 if (bytes <= LARGEST_METADATA) return readWhole(LARGEST_METADATA, file => files.see(candidate, file));
 files.see(candidate, void 0);
 return;
}

const MOST_DOUBTS = 20;

const MOST_DOUBTFUL_IDS = 1e4;

const MOST_TOLD = 1e3;

function createFiles(report, isForced) {
 const directories = new Map;
 const tell = createTeller(report);
 const directoryOf = path => {
  const key = path.slice(0, path.lastIndexOf("/") + 1);
  const known = directories.get(key) ?? {
   collection: void 0,
   doubts: [],
   doubtful: 0,
   ids: []
  };
  directories.set(key, known);
  return known;
 };
 const doubt = ({path: path, id: id}, {sightings: sightings, isSure: isSure}) => {
  const directory = directoryOf(path);
  if (id?.number !== void 0) directory.ids.push(id.number);
  if (isForced || isSure) {
   sightings.forEach(report);
   return;
  }
  directory.doubtful += 1;
  if (directory.doubts.length < MOST_DOUBTS) directory.doubts.push(...sightings);
 };
 const keep = (candidate, {value: value, uris: uris}) => {
  const directory = directoryOf(candidate.path);
  directory.collection ??= createCollection(candidate.path);
  addToken(directory.collection, {
   ...candidate,
   value: value,
   uris: uris
  });
 };
 return {
  see: (candidate, file) => {
   const seen = judgeFile(candidate, file, isForced);
   if (seen.kind === "metadata") {
    tell(candidate.path, seen.document, seen.faults);
    if (seen.isToken) keep(candidate, seen);
   } else if (seen.kind === "fault") doubt(candidate, seen);
  },
  collections: () => [ ...directories.values() ].flatMap(({collection: collection, doubts: doubts, doubtful: doubtful, ids: ids}) => {
   if (collection === void 0) return [];
   if (doubtful <= collection.tokens) doubts.forEach(report);
   collection.numbers.push(...ids.slice(0, MOST_DOUBTFUL_IDS));
   return [ collection ];
  })
 };
}

function createTeller(report) {
 const told = new Set;
 const isFirst = key => {
  if (told.size >= MOST_TOLD || told.has(key)) return false;
  told.add(key);
  return true;
 };
 return (path, document, faults) => {
  for (const {at: at, ...fault} of faults) {
   const lineOf = () => at === "twice" ? document.lineOfTwice() : document.lineOf(at);
   report({
    ...fault,
    path: path,
    line: isFirst(`${fault.kind}\n${fault.message}`) ? lineOf() : void 0
   });
  }
 };
}

const finding_RULES = {
 secrets: "error",
 names: "warn",
 "absolute-paths": "warn",
 "single-page": "warn",
 nft: "warn",
 limits: "warn"
};

const RULE_NAMES = [ "secrets", "names", "absolute-paths", "single-page", "nft", "limits" ];

const U32_MASK64 = (() => BigInt(2 ** 32 - 1))();

const _32n = BigInt(32);

function fromBig(n, le = false) {
 if (le) return {
  h: Number(n & U32_MASK64),
  l: Number(n >> _32n & U32_MASK64)
 };
 return {
  h: Number(n >> _32n & U32_MASK64) | 0,
  l: Number(n & U32_MASK64) | 0
 };
}

function split(lst, le = false) {
 const len = lst.length;
 let Ah = new Uint32Array(len);
 let Al = new Uint32Array(len);
 for (let i = 0; i < len; i++) {
  const {h: h, l: l} = fromBig(lst[i], le);
  [Ah[i], Al[i]] = [ h, l ];
 }
 return [ Ah, Al ];
}

const fromNumH = n => n / 2 ** 32 | 0;

const fromNumL = n => n >>> 0;

function setU64FromNum(view, byteOffset, n, isLE) {
 const h = fromNumH(n);
 const l = fromNumL(n);
 view.setUint32(byteOffset, isLE ? l : h, isLE);
 view.setUint32(byteOffset + 4, isLE ? h : l, isLE);
}

const shrSH = (h, _l, s) => h >>> s;

const shrSL = (h, l, s) => h << 32 - s | l >>> s;

const rotrSH = (h, l, s) => h >>> s | l << 32 - s;

const rotrSL = (h, l, s) => h << 32 - s | l >>> s;

const rotrBH = (h, l, s) => h << 64 - s | l >>> s - 32;

const rotrBL = (h, l, s) => h >>> s - 32 | l << 64 - s;

function add(Ah, Al, Bh, Bl) {
 const l = (Al >>> 0) + (Bl >>> 0);
 return {
  h: Ah + Bh + (l / 2 ** 32 | 0) | 0,
  l: l | 0
 };
}

const add3L = (Al, Bl, Cl) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0);

const add3H = (low, Ah, Bh, Ch) => Ah + Bh + Ch + (low / 2 ** 32 | 0) | 0;

const add4L = (Al, Bl, Cl, Dl) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0) + (Dl >>> 0);

const add4H = (low, Ah, Bh, Ch, Dh) => Ah + Bh + Ch + Dh + (low / 2 ** 32 | 0) | 0;

const add5L = (Al, Bl, Cl, Dl, El) => (Al >>> 0) + (Bl >>> 0) + (Cl >>> 0) + (Dl >>> 0) + (El >>> 0);

const add5H = (low, Ah, Bh, Ch, Dh, Eh) => Ah + Bh + Ch + Dh + Eh + (low / 2 ** 32 | 0) | 0;

function isBytes(a) {
 return a instanceof Uint8Array || ArrayBuffer.isView(a) && a.constructor.name === "Uint8Array" && "BYTES_PER_ELEMENT" in a && a.BYTES_PER_ELEMENT === 1;
}

const atitle = title => title ? `"${title}" ` : "";

function utils_anumber(n, title = "") {
 if (typeof n !== "number") throw new TypeError(atitle(title) + "expected number, got " + typeof n);
 if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(atitle(title) + "expected integer >= 0, got " + n);
 return n;
}

function abytes(value, length, title = "") {
 if (isBytes(value) && (length === void 0 || value.length === length)) return value;
 if (length !== void 0) utils_anumber(length, "length");
 const bytes = isBytes(value);
 const ofLen = length !== void 0 ? ` of length ${length}` : "";
 const got = bytes ? `length=${value.length}` : `type=${typeof value}`;
 const message = atitle(title) + "expected Uint8Array" + ofLen + ", got " + got;
 if (!bytes) throw new TypeError(message);
 throw new RangeError(message);
}

const aobject = (value, label) => {
 if (value === null || typeof value !== "object" || Array.isArray(value)) throw new TypeError((label === "object" ? "" : `"${label}" `) + "expected object, got type=" + typeof value);
};

const aopts = (value, label) => {
 aobject(value, label);
 const proto = Object.getPrototypeOf(value);
 if (proto !== Object.prototype && proto !== null) throw new TypeError(`"${label}" expected plain object`);
 if (Object.hasOwn(value, "__proto__")) throw new TypeError(`"${label}.__proto__" is not allowed`);
};

function aexists(instance, checkFinished = true) {
 if (instance.destroyed) throw new Error("hash was destroyed");
 if (checkFinished && instance.finished) throw new Error("digest() was already called");
}

function aoutput(out, instance) {
 abytes(out, void 0, "output");
 const min = instance.outputLen;
 if (!(out.length >= min)) throw new RangeError('"output" expected length >= ' + min);
}

function utils_clean(...arrays) {
 for (let i = 0; i < arrays.length; i++) arrays[i].fill(0);
}

function createView(arr) {
 return new DataView(arr.buffer, arr.byteOffset, arr.byteLength);
}

function rotr(word, shift) {
 return word << 32 - shift | word >>> shift;
}

null && (() => {
 new Uint8Array(new Uint32Array([ 287454020 ]).buffer)[0];
})();

const hasHexBuiltin = (() => typeof Uint8Array.from([]).toHex === "function" && typeof Uint8Array.fromHex === "function")();

const hexes = Array.from({
 length: 256
}, (_, i) => i.toString(16).padStart(2, "0"));

function bytesToHex(bytes) {
 abytes(bytes);
 if (hasHexBuiltin) return bytes.toHex();
 let hex = "";
 for (let i = 0; i < bytes.length; i++) hex += hexes[bytes[i]];
 return hex;
}

function utf8ToBytes(str) {
 if (typeof str !== "string") throw new TypeError("string expected");
 const encoded = (new TextEncoder).encode(str);
 try {
  return new Uint8Array(encoded);
 } finally {
  utils_clean(encoded);
 }
}

function checkOpts(defaults, opts, title = "opts") {
 aopts(defaults, "defaults");
 if (opts !== void 0) aopts(opts, title);
 const merged = Object.assign(Object.create(null), defaults, opts);
 return merged;
}

function utils_createHasher(hashCons, info = {}) {
 if (typeof hashCons !== "function") throw new TypeError('"hashCons" expected function, got type=' + typeof hashCons);
 info = checkOpts({}, info, "info");
 const hashC = (msg, opts) => hashCons(opts).update(msg).digest();
 const tmp = hashCons(void 0);
 hashC.outputLen = tmp.outputLen;
 hashC.blockLen = tmp.blockLen;
 hashC.canXOF = tmp.canXOF;
 hashC.create = opts => hashCons(opts);
 Object.assign(hashC, info);
 return Object.freeze(hashC);
}

const utils_oidNist = suffix => ({
 oid: Uint8Array.from([ 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, suffix ])
});

function Chi(a, b, c) {
 return a & b ^ ~a & c;
}

function Maj(a, b, c) {
 return a & b ^ a & c ^ b & c;
}

class HashMD {
 blockLen;
 outputLen;
 canXOF=false;
 padOffset;
 isLE;
 buffer;
 view;
 finished=false;
 length=0;
 pos=0;
 destroyed=false;
 constructor(blockLen, outputLen, padOffset, isLE) {
  this.blockLen = blockLen;
  this.outputLen = outputLen;
  this.padOffset = padOffset;
  this.isLE = isLE;
  this.buffer = new Uint8Array(blockLen);
  this.view = createView(this.buffer);
 }
 update(data) {
  aexists(this);
  abytes(data);
  const {view: view, buffer: buffer, blockLen: blockLen} = this;
  const len = data.length;
  let processed = false;
  for (let pos = 0; pos < len; ) {
   const take = Math.min(blockLen - this.pos, len - pos);
   if (take === blockLen) {
    const dataView = createView(data);
    for (;blockLen <= len - pos; pos += blockLen) this.process(dataView, pos);
    processed = true;
    continue;
   }
   buffer.set(pos === 0 && take === len ? data : data.subarray(pos, pos + take), this.pos);
   this.pos += take;
   pos += take;
   if (this.pos === blockLen) {
    this.process(view, 0);
    this.pos = 0;
    processed = true;
   }
  }
  this.length += data.length;
  if (processed) this.roundClean();
  return this;
 }
 digestInto(out) {
  aexists(this);
  aoutput(out, this);
  this.finished = true;
  const {buffer: buffer, view: view, blockLen: blockLen, isLE: isLE} = this;
  let {pos: pos} = this;
  buffer[pos++] = 128;
  buffer.fill(0, pos);
  if (this.padOffset > blockLen - pos) {
   this.process(view, 0);
   buffer.fill(0);
  }
  setU64FromNum(view, blockLen - 8, this.length * 8, isLE);
  this.process(view, 0);
  this.roundClean();
  const oview = out === buffer ? view : createView(out);
  const len = this.outputLen;
  const outLen = len / 4;
  const state = this.get();
  if (len % 4 || outLen > state.length) throw new Error("invalid outputLen");
  for (let i = 0; i < outLen; i++) oview.setUint32(4 * i, state[i], isLE);
 }
 digest() {
  const {buffer: buffer, outputLen: outputLen} = this;
  this.digestInto(buffer);
  const res = buffer.slice(0, outputLen);
  this.destroy();
  return res;
 }
 _cloneIntoMeta(to) {
  const {buffer: buffer, length: length, finished: finished, destroyed: destroyed, pos: pos} = this;
  to.destroyed = destroyed;
  to.finished = finished;
  to.length = length;
  to.pos = pos;
  if (pos) to.buffer.set(buffer);
  return to;
 }
 clone() {
  return this._cloneInto();
 }
}

const SHA256_IV = Uint32Array.from([ 1779033703, 3144134277, 1013904242, 2773480762, 1359893119, 2600822924, 528734635, 1541459225 ]);

const SHA224_IV = Uint32Array.from([ 3238371032, 914150663, 812702999, 4144912697, 4290775857, 1750603025, 1694076839, 3204075428 ]);

const SHA384_IV = Uint32Array.from([ 3418070365, 3238371032, 1654270250, 914150663, 2438529370, 812702999, 355462360, 4144912697, 1731405415, 4290775857, 2394180231, 1750603025, 3675008525, 1694076839, 1203062813, 3204075428 ]);

const SHA512_IV = Uint32Array.from([ 1779033703, 4089235720, 3144134277, 2227873595, 1013904242, 4271175723, 2773480762, 1595750129, 1359893119, 2917565137, 2600822924, 725511199, 528734635, 4215389547, 1541459225, 327033209 ]);

const SHA256_K = Uint32Array.from([ 1116352408, 1899447441, 3049323471, 3921009573, 961987163, 1508970993, 2453635748, 2870763221, 3624381080, 310598401, 607225278, 1426881987, 1925078388, 2162078206, 2614888103, 3248222580, 3835390401, 4022224774, 264347078, 604807628, 770255983, 1249150122, 1555081692, 1996064986, 2554220882, 2821834349, 2952996808, 3210313671, 3336571891, 3584528711, 113926993, 338241895, 666307205, 773529912, 1294757372, 1396182291, 1695183700, 1986661051, 2177026350, 2456956037, 2730485921, 2820302411, 3259730800, 3345764771, 3516065817, 3600352804, 4094571909, 275423344, 430227734, 506948616, 659060556, 883997877, 958139571, 1322822218, 1537002063, 1747873779, 1955562222, 2024104815, 2227730452, 2361852424, 2428436474, 2756734187, 3204031479, 3329325298 ]);

const SHA256_W = new Uint32Array(64);

class SHA2_32B extends HashMD {
 A=0;
 B=0;
 C=0;
 D=0;
 E=0;
 F=0;
 G=0;
 H=0;
 constructor(outputLen, IV) {
  super(64, outputLen, 8, false);
  this.A = IV[0] | 0;
  this.B = IV[1] | 0;
  this.C = IV[2] | 0;
  this.D = IV[3] | 0;
  this.E = IV[4] | 0;
  this.F = IV[5] | 0;
  this.G = IV[6] | 0;
  this.H = IV[7] | 0;
 }
 get() {
  const {A: A, B: B, C: C, D: D, E: E, F: F, G: G, H: H} = this;
  return [ A, B, C, D, E, F, G, H ];
 }
 set(A, B, C, D, E, F, G, H) {
  this.A = A | 0;
  this.B = B | 0;
  this.C = C | 0;
  this.D = D | 0;
  this.E = E | 0;
  this.F = F | 0;
  this.G = G | 0;
  this.H = H | 0;
 }
 _cloneInto(to) {
  (to ||= new this.constructor).set(...this.get());
  return this._cloneIntoMeta(to);
 }
 process(view, offset) {
  for (let i = 0; i < 16; i++, offset += 4) SHA256_W[i] = view.getUint32(offset, false);
  for (let i = 16; i < 64; i++) {
   const W15 = SHA256_W[i - 15];
   const W2 = SHA256_W[i - 2];
   const s0 = rotr(W15, 7) ^ rotr(W15, 18) ^ W15 >>> 3;
   const s1 = rotr(W2, 17) ^ rotr(W2, 19) ^ W2 >>> 10;
   SHA256_W[i] = s1 + SHA256_W[i - 7] + s0 + SHA256_W[i - 16] | 0;
  }
  let {A: A, B: B, C: C, D: D, E: E, F: F, G: G, H: H} = this;
  for (let i = 0; i < 64; i++) {
   const sigma1 = rotr(E, 6) ^ rotr(E, 11) ^ rotr(E, 25);
   const T1 = H + sigma1 + Chi(E, F, G) + SHA256_K[i] + SHA256_W[i] | 0;
   const sigma0 = rotr(A, 2) ^ rotr(A, 13) ^ rotr(A, 22);
   const T2 = sigma0 + Maj(A, B, C) | 0;
   H = G;
   G = F;
   F = E;
   E = D + T1 | 0;
   D = C;
   C = B;
   B = A;
   A = T1 + T2 | 0;
  }
  A = A + this.A | 0;
  B = B + this.B | 0;
  C = C + this.C | 0;
  D = D + this.D | 0;
  E = E + this.E | 0;
  F = F + this.F | 0;
  G = G + this.G | 0;
  H = H + this.H | 0;
  this.set(A, B, C, D, E, F, G, H);
 }
 roundClean() {
  utils_clean(SHA256_W);
 }
 destroy() {
  this.destroyed = true;
  this.set(0, 0, 0, 0, 0, 0, 0, 0);
  utils_clean(this.buffer);
 }
}

class _SHA256 extends SHA2_32B {
 constructor() {
  super(32, SHA256_IV);
 }
}

class _SHA224 extends SHA2_32B {
 constructor() {
  super(28, SHA224_IV);
 }
}

const K512 = (() => split([ "0x428a2f98d728ae22", "0x7137449123ef65cd", "0xb5c0fbcfec4d3b2f", "0xe9b5dba58189dbbc", "0x3956c25bf348b538", "0x59f111f1b605d019", "0x923f82a4af194f9b", "0xab1c5ed5da6d8118", "0xd807aa98a3030242", "0x12835b0145706fbe", "0x243185be4ee4b28c", "0x550c7dc3d5ffb4e2", "0x72be5d74f27b896f", "0x80deb1fe3b1696b1", "0x9bdc06a725c71235", "0xc19bf174cf692694", "0xe49b69c19ef14ad2", "0xefbe4786384f25e3", "0x0fc19dc68b8cd5b5", "0x240ca1cc77ac9c65", "0x2de92c6f592b0275", "0x4a7484aa6ea6e483", "0x5cb0a9dcbd41fbd4", "0x76f988da831153b5", "0x983e5152ee66dfab", "0xa831c66d2db43210", "0xb00327c898fb213f", "0xbf597fc7beef0ee4", "0xc6e00bf33da88fc2", "0xd5a79147930aa725", "0x06ca6351e003826f", "0x142929670a0e6e70", "0x27b70a8546d22ffc", "0x2e1b21385c26c926", "0x4d2c6dfc5ac42aed", "0x53380d139d95b3df", "0x650a73548baf63de", "0x766a0abb3c77b2a8", "0x81c2c92e47edaee6", "0x92722c851482353b", "0xa2bfe8a14cf10364", "0xa81a664bbc423001", "0xc24b8b70d0f89791", "0xc76c51a30654be30", "0xd192e819d6ef5218", "0xd69906245565a910", "0xf40e35855771202a", "0x106aa07032bbd1b8", "0x19a4c116b8d2d0c8", "0x1e376c085141ab53", "0x2748774cdf8eeb99", "0x34b0bcb5e19b48a8", "0x391c0cb3c5c95a63", "0x4ed8aa4ae3418acb", "0x5b9cca4f7763e373", "0x682e6ff3d6b2b8a3", "0x748f82ee5defb2fc", "0x78a5636f43172f60", "0x84c87814a1f0ab72", "0x8cc702081a6439ec", "0x90befffa23631e28", "0xa4506cebde82bde9", "0xbef9a3f7b2c67915", "0xc67178f2e372532b", "0xca273eceea26619c", "0xd186b8c721c0c207", "0xeada7dd6cde0eb1e", "0xf57d4f7fee6ed178", "0x06f067aa72176fba", "0x0a637dc5a2c898a6", "0x113f9804bef90dae", "0x1b710b35131c471b", "0x28db77f523047d84", "0x32caab7b40c72493", "0x3c9ebe0a15c9bebc", "0x431d67c49c100d4c", "0x4cc5d4becb3e42b6", "0x597f299cfc657e2a", "0x5fcb6fab3ad6faec", "0x6c44198c4a475817" ].map(n => BigInt(n))))();

const SHA512_Kh = (() => K512[0])();

const SHA512_Kl = (() => K512[1])();

const SHA512_W_H = new Uint32Array(80);

const SHA512_W_L = new Uint32Array(80);

class SHA2_64B extends HashMD {
 Ah=0;
 Al=0;
 Bh=0;
 Bl=0;
 Ch=0;
 Cl=0;
 Dh=0;
 Dl=0;
 Eh=0;
 El=0;
 Fh=0;
 Fl=0;
 Gh=0;
 Gl=0;
 Hh=0;
 Hl=0;
 constructor(outputLen, IV) {
  super(128, outputLen, 16, false);
  this.Ah = IV[0] | 0;
  this.Al = IV[1] | 0;
  this.Bh = IV[2] | 0;
  this.Bl = IV[3] | 0;
  this.Ch = IV[4] | 0;
  this.Cl = IV[5] | 0;
  this.Dh = IV[6] | 0;
  this.Dl = IV[7] | 0;
  this.Eh = IV[8] | 0;
  this.El = IV[9] | 0;
  this.Fh = IV[10] | 0;
  this.Fl = IV[11] | 0;
  this.Gh = IV[12] | 0;
  this.Gl = IV[13] | 0;
  this.Hh = IV[14] | 0;
  this.Hl = IV[15] | 0;
 }
 get() {
  const {Ah: Ah, Al: Al, Bh: Bh, Bl: Bl, Ch: Ch, Cl: Cl, Dh: Dh, Dl: Dl, Eh: Eh, El: El, Fh: Fh, Fl: Fl, Gh: Gh, Gl: Gl, Hh: Hh, Hl: Hl} = this;
  return [ Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl ];
 }
 set(Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl) {
  this.Ah = Ah | 0;
  this.Al = Al | 0;
  this.Bh = Bh | 0;
  this.Bl = Bl | 0;
  this.Ch = Ch | 0;
  this.Cl = Cl | 0;
  this.Dh = Dh | 0;
  this.Dl = Dl | 0;
  this.Eh = Eh | 0;
  this.El = El | 0;
  this.Fh = Fh | 0;
  this.Fl = Fl | 0;
  this.Gh = Gh | 0;
  this.Gl = Gl | 0;
  this.Hh = Hh | 0;
  this.Hl = Hl | 0;
 }
 _cloneInto(to) {
  (to ||= new this.constructor).set(...this.get());
  return this._cloneIntoMeta(to);
 }
 process(view, offset) {
  for (let i = 0; i < 16; i++, offset += 4) {
   SHA512_W_H[i] = view.getUint32(offset);
   SHA512_W_L[i] = view.getUint32(offset += 4);
  }
  for (let i = 16; i < 80; i++) {
   const W15h = SHA512_W_H[i - 15] | 0;
   const W15l = SHA512_W_L[i - 15] | 0;
   const s0h = rotrSH(W15h, W15l, 1) ^ rotrSH(W15h, W15l, 8) ^ shrSH(W15h, W15l, 7);
   const s0l = rotrSL(W15h, W15l, 1) ^ rotrSL(W15h, W15l, 8) ^ shrSL(W15h, W15l, 7);
   const W2h = SHA512_W_H[i - 2] | 0;
   const W2l = SHA512_W_L[i - 2] | 0;
   const s1h = rotrSH(W2h, W2l, 19) ^ rotrBH(W2h, W2l, 61) ^ shrSH(W2h, W2l, 6);
   const s1l = rotrSL(W2h, W2l, 19) ^ rotrBL(W2h, W2l, 61) ^ shrSL(W2h, W2l, 6);
   const SUMl = add4L(s0l, s1l, SHA512_W_L[i - 7], SHA512_W_L[i - 16]);
   const SUMh = add4H(SUMl, s0h, s1h, SHA512_W_H[i - 7], SHA512_W_H[i - 16]);
   SHA512_W_H[i] = SUMh | 0;
   SHA512_W_L[i] = SUMl | 0;
  }
  let {Ah: Ah, Al: Al, Bh: Bh, Bl: Bl, Ch: Ch, Cl: Cl, Dh: Dh, Dl: Dl, Eh: Eh, El: El, Fh: Fh, Fl: Fl, Gh: Gh, Gl: Gl, Hh: Hh, Hl: Hl} = this;
  for (let i = 0; i < 80; i++) {
   const sigma1h = rotrSH(Eh, El, 14) ^ rotrSH(Eh, El, 18) ^ rotrBH(Eh, El, 41);
   const sigma1l = rotrSL(Eh, El, 14) ^ rotrSL(Eh, El, 18) ^ rotrBL(Eh, El, 41);
   const CHIh = Eh & Fh ^ ~Eh & Gh;
   const CHIl = El & Fl ^ ~El & Gl;
   const T1ll = add5L(Hl, sigma1l, CHIl, SHA512_Kl[i], SHA512_W_L[i]);
   const T1h = add5H(T1ll, Hh, sigma1h, CHIh, SHA512_Kh[i], SHA512_W_H[i]);
   const T1l = T1ll | 0;
   const sigma0h = rotrSH(Ah, Al, 28) ^ rotrBH(Ah, Al, 34) ^ rotrBH(Ah, Al, 39);
   const sigma0l = rotrSL(Ah, Al, 28) ^ rotrBL(Ah, Al, 34) ^ rotrBL(Ah, Al, 39);
   const MAJh = Ah & Bh ^ Ah & Ch ^ Bh & Ch;
   const MAJl = Al & Bl ^ Al & Cl ^ Bl & Cl;
   Hh = Gh | 0;
   Hl = Gl | 0;
   Gh = Fh | 0;
   Gl = Fl | 0;
   Fh = Eh | 0;
   Fl = El | 0;
   ({h: Eh, l: El} = add(Dh | 0, Dl | 0, T1h | 0, T1l | 0));
   Dh = Ch | 0;
   Dl = Cl | 0;
   Ch = Bh | 0;
   Cl = Bl | 0;
   Bh = Ah | 0;
   Bl = Al | 0;
   const All = add3L(T1l, sigma0l, MAJl);
   Ah = add3H(All, T1h, sigma0h, MAJh);
   Al = All | 0;
  }
  ({h: Ah, l: Al} = add(this.Ah | 0, this.Al | 0, Ah | 0, Al | 0));
  ({h: Bh, l: Bl} = add(this.Bh | 0, this.Bl | 0, Bh | 0, Bl | 0));
  ({h: Ch, l: Cl} = add(this.Ch | 0, this.Cl | 0, Ch | 0, Cl | 0));
  ({h: Dh, l: Dl} = add(this.Dh | 0, this.Dl | 0, Dh | 0, Dl | 0));
  ({h: Eh, l: El} = add(this.Eh | 0, this.El | 0, Eh | 0, El | 0));
  ({h: Fh, l: Fl} = add(this.Fh | 0, this.Fl | 0, Fh | 0, Fl | 0));
  ({h: Gh, l: Gl} = add(this.Gh | 0, this.Gl | 0, Gh | 0, Gl | 0));
  ({h: Hh, l: Hl} = add(this.Hh | 0, this.Hl | 0, Hh | 0, Hl | 0));
  this.set(Ah, Al, Bh, Bl, Ch, Cl, Dh, Dl, Eh, El, Fh, Fl, Gh, Gl, Hh, Hl);
 }
 roundClean() {
  utils_clean(SHA512_W_H, SHA512_W_L);
 }
 destroy() {
  this.destroyed = true;
  utils_clean(this.buffer);
  this.set(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
 }
}

class _SHA512 extends SHA2_64B {
 constructor() {
  super(64, SHA512_IV);
 }
}

class _SHA384 extends SHA2_64B {
 constructor() {
  super(48, SHA384_IV);
 }
}

const T224_IV = Uint32Array.from([ 2352822216, 424955298, 1944164710, 2312950998, 502970286, 855612546, 1738396948, 1479516111, 258812777, 2077511080, 2011393907, 79989058, 1067287976, 1780299464, 286451373, 2446758561 ]);

const T256_IV = Uint32Array.from([ 573645204, 4230739756, 2673172387, 3360449730, 596883563, 1867755857, 2520282905, 1497426621, 2519219938, 2827943907, 3193839141, 1401305490, 721525244, 746961066, 246885852, 2177182882 ]);

class _SHA512_224 extends SHA2_64B {
 constructor() {
  super(28, T224_IV);
 }
}

class _SHA512_256 extends SHA2_64B {
 constructor() {
  super(32, T256_IV);
 }
}

const sha256 = utils_createHasher(() => new _SHA256, utils_oidNist(1));

null && createHasher(() => new _SHA224, oidNist(4));

null && createHasher(() => new _SHA512, oidNist(3));

null && createHasher(() => new _SHA384, oidNist(2));

null && createHasher(() => new _SHA512_256, oidNist(6));

null && createHasher(() => new _SHA512_224, oidNist(5));

const PREVIEWS = "previews";

const RELEASED = "released";

const UNPINNING = "unpinning";

const MERGED = "merged";

const MOVED = "moved";

const NOTES = [ RELEASED, UNPINNING, MERGED, MOVED ];

function sha256Hex(text) {
 return bytesToHex(sha256(utf8ToBytes(text)));
}

const base64 = rfc4648({
 prefix: "m",
 name: "base64",
 alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
 bitsPerChar: 6
});

rfc4648({
 prefix: "M",
 name: "base64pad",
 alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
 bitsPerChar: 6
});

const base64url = rfc4648({
 prefix: "u",
 name: "base64url",
 alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
 bitsPerChar: 6
});

rfc4648({
 prefix: "U",
 name: "base64urlpad",
 alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=",
 bitsPerChar: 6
});

const LONGEST_NEEDLE = 4096;

function encodingsOf(value) {
 const bytes = (new TextEncoder).encode(value);
 const texts = [ value, ...escapedForms(value), ...base64Forms(bytes) ].filter(text => text.length >= 2);
 return [ ...new Set(texts) ].map(text => (new TextEncoder).encode(text).subarray(0, LONGEST_NEEDLE));
}

function escapedForms(value) {
 const encoded = encodeURIComponent(value.toWellFormed());
 const strict = encoded.replace(/[!'()*]/g, percentEncoded);
 const percent = [ encoded, strict, strict.replaceAll("%20", "+") ];
 const json = JSON.stringify(value).slice(1, -1);
 return [ ...percent, ...percent.map(text => text.replace(/%[0-9A-F]{2}/g, hex => hex.toLowerCase())), json, json.replaceAll("/", "\\/"), json.replace(/[<>&]/g, character => `\\u00${hexOf(character)}`), JSON.stringify(json).slice(1, -1), value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") ];
}

function percentEncoded(character) {
 return `%${hexOf(character).toUpperCase()}`;
}

function hexOf(character) {
 return character.charCodeAt(0).toString(16).padStart(2, "0");
}

function base64Forms(bytes) {
 return [ 0, 1, 2 ].flatMap(before => {
  const shifted = new Uint8Array(before + bytes.length);
  shifted.set(bytes, before);
  const first = Math.ceil(before * 8 / 6);
  const last = Math.floor(shifted.length * 8 / 6);
  return [ base64, base64url ].map(alphabet => alphabet.baseEncode(shifted).slice(first, last));
 });
}

const SHORTEST = 12;

function searchable(credentials) {
 return credentials.filter(({value: value}) => value.length >= SHORTEST);
}

function credentialForms(credentials) {
 return searchable(credentials).flatMap(({value: value}) => textForms(value));
}

function textForms(value) {
 return encodingsOf(value).map(form => (new TextDecoder).decode(form));
}

const WORDS = /example|sample|personal|installation|access[-_]?token|api[-_]?key|secret[-_]?key|placeholder|replace|changeme|change[-_]me|your[-_a-z]|[-_]here|redacted|dummy|insert|xxxx|\*{3}|\.{3}|fake|foobar|notareal|test[-_]?(key|token)/i;

const SEQUENCES = [ "0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "9876543210" ];

const LONGEST_SEQUENCE = 8;

function isPlaceholder(value) {
 return WORDS.test(value) || isPattern(value);
}

function isPattern(value) {
 const lower = value.toLowerCase();
 if (new Set(lower).size < Math.min(7, value.length / 2)) return true;
 return hasSequence(lower) || isRepeated(lower);
}

function hasSequence(lower) {
 return SEQUENCES.some(sequence => {
  for (let at = 0; at + LONGEST_SEQUENCE <= sequence.length; at += 1) if (lower.includes(sequence.slice(at, at + LONGEST_SEQUENCE))) return true;
  return false;
 });
}

function isRepeated(lower) {
 for (let period = 1; period <= lower.length / 3; period += 1) if (lower.slice(period) === lower.slice(0, -period)) return true;
 return false;
}

function looksDrawn(body) {
 const letters = body.replace(/[^A-Za-z]/g, "");
 const digits = body.replace(/[^0-9]/g, "").length;
 if (digits > body.length * .6 && letters.length < 6) return false;
 const mixed = /[a-z]/.test(letters) && /[A-Z]/.test(letters);
 if (digits === 0) return mixed && changes(letters) > letters.length * .3;
 if (mixed) return digits >= 3 || changes(letters) > letters.length * .25;
 return digits >= 4 && bursts(body) >= 4;
}

function changes(letters) {
 let count = 0;
 for (let at = 1; at < letters.length; at += 1) if (isCapital(letters, at) !== isCapital(letters, at - 1)) count += 1;
 return count;
}

function isCapital(text, at) {
 return text.charCodeAt(at) < 91;
}

function bursts(body) {
 return body.match(/[0-9]+/g)?.length ?? 0;
}

const MOST_OF_NAMED = 64 * 1024;

const PUBLIC_VARIABLE = /^(VITE|NEXT_PUBLIC|REACT_APP|PUBLIC|NUXT_PUBLIC|GATSBY|VUE_APP|EXPO_PUBLIC|NG_APP|STORYBOOK|SNOWPACK_PUBLIC)_/;

const KEY_STORES = /\.(jks|p12|pfx|keystore|kdbx|ppk)$/;

const SSH_KEYS = /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/;

const ENVIRONMENTS = /^\.env(rc)?([._~-]|$)|^[\w.-]+\.env$|^\.dev\.vars(\.|$)/;

const HISTORIES = new Set([ ".git", ".hg", ".svn" ]);

function judgeOf(path) {
 const parts = path.split("/");
 const history = parts.slice(0, -1).find(part => HISTORIES.has(part));
 if (history !== void 0) return always("version-control", `The directory \`${history}\` is in the build, with whatever was ever committed.`);
 const name = parts.at(-1)?.toLowerCase() ?? "";
 const parent = parts.at(-2)?.toLowerCase() ?? "";
 if (ENVIRONMENTS.test(name)) return isTemplate(name) ? void 0 : judgeEnvironment;
 return secretFile(name, parent) ?? tokenFile(name, parent);
}

function secretFile(name, parent) {
 const store = KEY_STORES.exec(name)?.[0];
 if (store !== void 0) return always("keystore", `A keystore (\`${store}\`) is in the build.`);
 if (name === "wallet.dat") return always("keystore", "The wallet of a node (`wallet.dat`) is in the build.");
 if (SSH_KEYS.test(name)) return always("ssh-key", `An SSH key (\`${name}\`) is in the build.`);
 if (/\.tfstate(\.backup)?$/.test(name)) return always("terraform-state", "The state of Terraform, with every value that it manages, is in the build.");
 return parent === ".aws" && name === "credentials" ? always("aws-credentials", "The credentials file of AWS is in the build.") : void 0;
}

function always(kind, message) {
 return () => ({
  kind: kind,
  message: message
 });
}

function isTemplate(name) {
 return /[._-](example|sample|template|dist|defaults|schema|tpl)$|(^|[._-])(example|sample|template)\.env$/.test(name);
}

const TEXTURE = "��";

function judgeEnvironment(text) {
 if (text.startsWith(TEXTURE)) return;
 const secret = text.split(/\r?\n/).some(line => {
  const [, name = "", value = ""] = /^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*(.*)$/.exec(line.slice(0, 2e3)) ?? [];
  return name !== "" && !isEmpty(value) && !PUBLIC_VARIABLE.test(name);
 });
 return secret || text.length >= MOST_OF_NAMED ? {
  kind: "env-file",
  message: "An environment file (`.env`) is in the build."
 } : {
  kind: "public-env-file",
  message: "An environment file (`.env`) with nothing but public variables is in the build.",
  level: "note"
 };
}

function isEmpty(value) {
 return /^(["'`]?)\s*\1\s*(#.*)?$/.test(value);
}

const TOKEN_FILES = new Map([ [ ".npmrc", /(?:_authToken|_password|_auth)\s{0,4}=\s{0,4}["']?([^\s"']{6,})/g ], [ ".yarnrc.yml", /(?:npmAuthToken|npmAuthIdent):\s{0,4}["']?([^\s"']{6,})/g ], [ ".pypirc", /password\s{0,4}[=:]\s{0,4}([^\s]{4,})/g ], [ ".netrc", /password\s{1,4}([^\s]{4,})/g ], [ "_netrc", /password\s{1,4}([^\s]{4,})/g ], [ ".git-credentials", /:\/\/[^:\s/]{1,100}:([^@\s]{4,200})@/g ], [ ".htpasswd", /^[^#:\s]{1,100}:(?:\$|\{\w{1,10}\})?(\S{8,})/gm ], [ ".pgpass", /^[^#:\s]{1,200}:[^:\s]{0,10}:[^:\s]{0,100}:[^:\s]{0,100}:(\S{4,})/gm ], [ ".docker/config.json", /"(?:auth|identitytoken|registrytoken)"\s{0,4}:\s{0,4}"([^"]{8,})"/g ], [ ".dockerconfigjson", /"(?:auth|identitytoken|registrytoken)"\s{0,4}:\s{0,4}"([^"]{8,})"/g ] ]);

function tokenFile(file, parent) {
 const name = parent === ".docker" ? `.docker/${file}` : file;
 const pattern = TOKEN_FILES.get(name);
 if (pattern === void 0) return;
 return text => {
  const isToken = [ ...text.matchAll(pattern) ].some(([, value = ""]) => !/^\$|[<{]/.test(value) && !isPlaceholder(value));
  return isToken ? {
   kind: "token-file",
   message: `A \`${name}\` with a token in it is in the build.`
  } : void 0;
 };
}

const LONGEST_WINDOW = 64;

const HASHES = 1 << 13;

function createNeedleSearch(needles) {
 const tables = createTables(needles);
 return (stretch, {found: found, isWanted: isWanted = () => true}) => {
  const {window: window} = tables;
  for (let at = nextEnd(tables, stretch, stretch.from + window - 1); at !== -1; at = nextEnd(tables, stretch, at + 1)) {
   const start = at - window + 1;
   for (const needle of tables.ending.get(pairAt(stretch.bytes, at)) ?? []) if (isWanted(needle) && isAt(stretch, start, needles[needle])) found(needle, start);
  }
 };
}

function nextEnd({window: window, steps: steps}, {bytes: bytes, to: to, end: end}, from) {
 const last = Math.min(end, to + window - 1);
 let at = from;
 while (at < last) {
  const step = steps[pairAt(bytes, at)] ?? 1;
  if (step === 0) return at;
  at += step;
 }
 return -1;
}

function pairAt(bytes, at) {
 return ((bytes[at - 1] ?? 0) << 5 ^ (bytes[at] ?? 0)) & HASHES - 1;
}

function createTables(needles) {
 const window = Math.min(LONGEST_WINDOW, ...needles.map(({length: length}) => length));
 const steps = new Uint8Array(HASHES).fill(Math.max(0, window - 1));
 const ending = new Map;
 for (const [index, needle] of needles.entries()) for (let at = 1; at < window; at += 1) {
  const pair = pairAt(needle, at);
  steps[pair] = Math.min(steps[pair] ?? 0, window - 1 - at);
  if (at === window - 1) ending.set(pair, [ ...ending.get(pair) ?? [], index ]);
 }
 return {
  window: window,
  steps: steps,
  ending: ending
 };
}

function isAt({bytes: bytes, end: end}, start, needle) {
 if (needle === void 0 || start + needle.length > end) return false;
 for (let at = 0; at < needle.length; at += 1) if (bytes[start + at] !== needle[at]) return false;
 return true;
}

const MOST_PLACES = 2e3;

function countPlace({places: places}) {
 places.left -= 1;
 return places.left >= 0;
}

const BEHIND = 1024;

const AHEAD = 16 * 1024;

const SIZE = 256 * 1024;

function createStretches(look) {
 const bytes = new Uint8Array(SIZE);
 let filled = 0;
 let from = 0;
 let places = {
  left: MOST_PLACES
 };
 function slide() {
  const to = SIZE - AHEAD;
  look({
   bytes: bytes,
   from: from,
   to: to,
   end: SIZE,
   places: places
  });
  bytes.copyWithin(0, to - BEHIND, SIZE);
  from = BEHIND;
  filled = AHEAD + BEHIND;
 }
 return {
  open() {
   filled = 0;
   from = 0;
   places = {
    left: MOST_PLACES
   };
  },
  take(piece) {
   for (let at = 0; at < piece.length; ) {
    if (filled === SIZE) slide();
    const part = piece.subarray(at, at + SIZE - filled);
    bytes.set(part, filled);
    filled += part.length;
    at += part.length;
   }
  },
  end() {
   look({
    bytes: bytes,
    from: from,
    to: filled,
    end: filled,
    places: places
   });
   return places.left >= 0;
  }
 };
}

function secret_stretches_textOf({bytes: bytes, end: end}, from, to) {
 let text = "";
 for (let at = Math.max(0, from); at < Math.min(to, end); at += 1) {
  const byte = bytes[at] ?? 0;
  text += byte < 128 ? String.fromCharCode(byte) : " ";
 }
 return text;
}

function secret_stretches_countLines(bytes, from, to) {
 const first = Math.min(to, from + 3 & ~3);
 const words = new Uint32Array(bytes.buffer, bytes.byteOffset + first, to - first >> 2);
 const rest = first + words.length * 4;
 return countLineFeeds(bytes.subarray(from, first)) + countInWords(words) + countLineFeeds(bytes.subarray(rest, to));
}

function countLineFeeds(bytes) {
 let lines = 0;
 for (const byte of bytes) if (byte === 10) lines += 1;
 return lines;
}

function countInWords(words) {
 let lines = 0;
 for (let from = 0; from < words.length; from += 255) {
  let sums = 0;
  const to = Math.min(words.length, from + 255);
  for (let at = from; at < to; at += 1) {
   const odd = (words[at] ?? 0) ^ 168430090;
   sums += (~((odd & 2139062143) + 2139062143 | odd) & 2155905152) >>> 7;
  }
  lines += (sums & 255) + (sums >>> 8 & 255) + (sums >>> 16 & 255) + (sums >>> 24);
 }
 return lines;
}

function isWellFormedUnicode(value) {
 for (let i = 0; i < value.length; i++) {
  const current = value.charCodeAt(i);
  if (current >= 55296 && current <= 56319) {
   if (i + 1 >= value.length) return false;
   const next = value.charCodeAt(++i);
   if (next < 56320 || next > 57343) return false;
  } else if (current >= 56320 && current <= 57343) return false;
 }
 return true;
}

function nfkd(str) {
 if (typeof str !== "string") throw new TypeError("invalid mnemonic type: " + typeof str);
 if (!isWellFormedUnicode(str)) throw new TypeError("expected well-formed Unicode string");
 return str.normalize("NFKD");
}

function normalize(str) {
 const norm = nfkd(str);
 const words = norm.split(" ");
 if (![ 12, 15, 18, 21, 24 ].includes(words.length)) throw new Error("Invalid mnemonic");
 return {
  nfkd: norm,
  words: words
 };
}

function aentropy(ent) {
 abytes(ent);
 if (![ 16, 20, 24, 28, 32 ].includes(ent.length)) throw new RangeError("invalid entropy length");
}

const calcChecksum = entropy => {
 const bitsLeft = 8 - entropy.length / 4;
 return sha256(entropy)[0] >> bitsLeft << bitsLeft;
};

function awordlist(wordlist) {
 if (!Array.isArray(wordlist) || wordlist.length !== 2048 || typeof wordlist[0] !== "string") throw new TypeError("Wordlist: expected array of 2048 strings");
 wordlist.forEach(i => {
  if (typeof i !== "string") throw new TypeError("wordlist: non-string element: " + i);
  if (!isWellFormedUnicode(i)) throw new TypeError("wordlist: expected well-formed Unicode string");
 });
}

function decodeWords(words, wordlist) {
 awordlist(wordlist);
 const entLen = words.length / 3 * 4;
 const bytes = new Uint8Array(entLen + 1);
 let carry = 0;
 let bits = 0;
 let pos = 0;
 for (const word of words) {
  const index = wordlist.indexOf(word);
  if (index === -1) throw new Error("Unknown word: " + word);
  carry = carry << 11 | index;
  bits += 11;
  while (bits >= 8) {
   bits -= 8;
   bytes[pos++] = carry >>> bits & 255;
  }
  carry &= (1 << bits) - 1;
 }
 if (bits > 0) bytes[pos] = carry << 8 - bits;
 const entropy = bytes.subarray(0, entLen);
 if (bytes[entLen] !== calcChecksum(entropy)) throw new Error("Invalid checksum");
 return Uint8Array.from(entropy);
}

function mnemonicToEntropy(mnemonic, wordlist) {
 const {words: words} = normalize(mnemonic);
 const entropy = decodeWords(words, wordlist);
 aentropy(entropy);
 return entropy;
}

const wordlist = Object.freeze(`abandon\nability\nable\nabout\nabove\nabsent\nabsorb\nabstract\nabsurd\nabuse\naccess\naccident\naccount\naccuse\nachieve\nacid\nacoustic\nacquire\nacross\nact\naction\nactor\nactress\nactual\nadapt\nadd\naddict\naddress\nadjust\nadmit\nadult\nadvance\nadvice\naerobic\naffair\nafford\nafraid\nagain\nage\nagent\nagree\nahead\naim\nair\nairport\naisle\nalarm\nalbum\nalcohol\nalert\nalien\nall\nalley\nallow\nalmost\nalone\nalpha\nalready\nalso\nalter\nalways\namateur\namazing\namong\namount\namused\nanalyst\nanchor\nancient\nanger\nangle\nangry\nanimal\nankle\nannounce\nannual\nanother\nanswer\nantenna\nantique\nanxiety\nany\napart\napology\nappear\napple\napprove\napril\narch\narctic\narea\narena\nargue\narm\narmed\narmor\narmy\naround\narrange\narrest\narrive\narrow\nart\nartefact\nartist\nartwork\nask\naspect\nassault\nasset\nassist\nassume\nasthma\nathlete\natom\nattack\nattend\nattitude\nattract\nauction\naudit\naugust\naunt\nauthor\nauto\nautumn\naverage\navocado\navoid\nawake\naware\naway\nawesome\nawful\nawkward\naxis\nbaby\nbachelor\nbacon\nbadge\nbag\nbalance\nbalcony\nball\nbamboo\nbanana\nbanner\nbar\nbarely\nbargain\nbarrel\nbase\nbasic\nbasket\nbattle\nbeach\nbean\nbeauty\nbecause\nbecome\nbeef\nbefore\nbegin\nbehave\nbehind\nbelieve\nbelow\nbelt\nbench\nbenefit\nbest\nbetray\nbetter\nbetween\nbeyond\nbicycle\nbid\nbike\nbind\nbiology\nbird\nbirth\nbitter\nblack\nblade\nblame\nblanket\nblast\nbleak\nbless\nblind\nblood\nblossom\nblouse\nblue\nblur\nblush\nboard\nboat\nbody\nboil\nbomb\nbone\nbonus\nbook\nboost\nborder\nboring\nborrow\nboss\nbottom\nbounce\nbox\nboy\nbracket\nbrain\nbrand\nbrass\nbrave\nbread\nbreeze\nbrick\nbridge\nbrief\nbright\nbring\nbrisk\nbroccoli\nbroken\nbronze\nbroom\nbrother\nbrown\nbrush\nbubble\nbuddy\nbudget\nbuffalo\nbuild\nbulb\nbulk\nbullet\nbundle\nbunker\nburden\nburger\nburst\nbus\nbusiness\nbusy\nbutter\nbuyer\nbuzz\ncabbage\ncabin\ncable\ncactus\ncage\ncake\ncall\ncalm\ncamera\ncamp\ncan\ncanal\ncancel\ncandy\ncannon\ncanoe\ncanvas\ncanyon\ncapable\ncapital\ncaptain\ncar\ncarbon\ncard\ncargo\ncarpet\ncarry\ncart\ncase\ncash\ncasino\ncastle\ncasual\ncat\ncatalog\ncatch\ncategory\ncattle\ncaught\ncause\ncaution\ncave\nceiling\ncelery\ncement\ncensus\ncentury\ncereal\ncertain\nchair\nchalk\nchampion\nchange\nchaos\nchapter\ncharge\nchase\nchat\ncheap\ncheck\ncheese\nchef\ncherry\nchest\nchicken\nchief\nchild\nchimney\nchoice\nchoose\nchronic\nchuckle\nchunk\nchurn\ncigar\ncinnamon\ncircle\ncitizen\ncity\ncivil\nclaim\nclap\nclarify\nclaw\nclay\nclean\nclerk\nclever\nclick\nclient\ncliff\nclimb\nclinic\nclip\nclock\nclog\nclose\ncloth\ncloud\nclown\nclub\nclump\ncluster\nclutch\ncoach\ncoast\ncoconut\ncode\ncoffee\ncoil\ncoin\ncollect\ncolor\ncolumn\ncombine\ncome\ncomfort\ncomic\ncommon\ncompany\nconcert\nconduct\nconfirm\ncongress\nconnect\nconsider\ncontrol\nconvince\ncook\ncool\ncopper\ncopy\ncoral\ncore\ncorn\ncorrect\ncost\ncotton\ncouch\ncountry\ncouple\ncourse\ncousin\ncover\ncoyote\ncrack\ncradle\ncraft\ncram\ncrane\ncrash\ncrater\ncrawl\ncrazy\ncream\ncredit\ncreek\ncrew\ncricket\ncrime\ncrisp\ncritic\ncrop\ncross\ncrouch\ncrowd\ncrucial\ncruel\ncruise\ncrumble\ncrunch\ncrush\ncry\ncrystal\ncube\nculture\ncup\ncupboard\ncurious\ncurrent\ncurtain\ncurve\ncushion\ncustom\ncute\ncycle\ndad\ndamage\ndamp\ndance\ndanger\ndaring\ndash\ndaughter\ndawn\nday\ndeal\ndebate\ndebris\ndecade\ndecember\ndecide\ndecline\ndecorate\ndecrease\ndeer\ndefense\ndefine\ndefy\ndegree\ndelay\ndeliver\ndemand\ndemise\ndenial\ndentist\ndeny\ndepart\ndepend\ndeposit\ndepth\ndeputy\nderive\ndescribe\ndesert\ndesign\ndesk\ndespair\ndestroy\ndetail\ndetect\ndevelop\ndevice\ndevote\ndiagram\ndial\ndiamond\ndiary\ndice\ndiesel\ndiet\ndiffer\ndigital\ndignity\ndilemma\ndinner\ndinosaur\ndirect\ndirt\ndisagree\ndiscover\ndisease\ndish\ndismiss\ndisorder\ndisplay\ndistance\ndivert\ndivide\ndivorce\ndizzy\ndoctor\ndocument\ndog\ndoll\ndolphin\ndomain\ndonate\ndonkey\ndonor\ndoor\ndose\ndouble\ndove\ndraft\ndragon\ndrama\ndrastic\ndraw\ndream\ndress\ndrift\ndrill\ndrink\ndrip\ndrive\ndrop\ndrum\ndry\nduck\ndumb\ndune\nduring\ndust\ndutch\nduty\ndwarf\ndynamic\neager\neagle\nearly\nearn\nearth\neasily\neast\neasy\necho\necology\neconomy\nedge\nedit\neducate\neffort\negg\neight\neither\nelbow\nelder\nelectric\nelegant\nelement\nelephant\nelevator\nelite\nelse\nembark\nembody\nembrace\nemerge\nemotion\nemploy\nempower\nempty\nenable\nenact\nend\nendless\nendorse\nenemy\nenergy\nenforce\nengage\nengine\nenhance\nenjoy\nenlist\nenough\nenrich\nenroll\nensure\nenter\nentire\nentry\nenvelope\nepisode\nequal\nequip\nera\nerase\nerode\nerosion\nerror\nerupt\nescape\nessay\nessence\nestate\neternal\nethics\nevidence\nevil\nevoke\nevolve\nexact\nexample\nexcess\nexchange\nexcite\nexclude\nexcuse\nexecute\nexercise\nexhaust\nexhibit\nexile\nexist\nexit\nexotic\nexpand\nexpect\nexpire\nexplain\nexpose\nexpress\nextend\nextra\neye\neyebrow\nfabric\nface\nfaculty\nfade\nfaint\nfaith\nfall\nfalse\nfame\nfamily\nfamous\nfan\nfancy\nfantasy\nfarm\nfashion\nfat\nfatal\nfather\nfatigue\nfault\nfavorite\nfeature\nfebruary\nfederal\nfee\nfeed\nfeel\nfemale\nfence\nfestival\nfetch\nfever\nfew\nfiber\nfiction\nfield\nfigure\nfile\nfilm\nfilter\nfinal\nfind\nfine\nfinger\nfinish\nfire\nfirm\nfirst\nfiscal\nfish\nfit\nfitness\nfix\nflag\nflame\nflash\nflat\nflavor\nflee\nflight\nflip\nfloat\nflock\nfloor\nflower\nfluid\nflush\nfly\nfoam\nfocus\nfog\nfoil\nfold\nfollow\nfood\nfoot\nforce\nforest\nforget\nfork\nfortune\nforum\nforward\nfossil\nfoster\nfound\nfox\nfragile\nframe\nfrequent\nfresh\nfriend\nfringe\nfrog\nfront\nfrost\nfrown\nfrozen\nfruit\nfuel\nfun\nfunny\nfurnace\nfury\nfuture\ngadget\ngain\ngalaxy\ngallery\ngame\ngap\ngarage\ngarbage\ngarden\ngarlic\ngarment\ngas\ngasp\ngate\ngather\ngauge\ngaze\ngeneral\ngenius\ngenre\ngentle\ngenuine\ngesture\nghost\ngiant\ngift\ngiggle\nginger\ngiraffe\ngirl\ngive\nglad\nglance\nglare\nglass\nglide\nglimpse\nglobe\ngloom\nglory\nglove\nglow\nglue\ngoat\ngoddess\ngold\ngood\ngoose\ngorilla\ngospel\ngossip\ngovern\ngown\ngrab\ngrace\ngrain\ngrant\ngrape\ngrass\ngravity\ngreat\ngreen\ngrid\ngrief\ngrit\ngrocery\ngroup\ngrow\ngrunt\nguard\nguess\nguide\nguilt\nguitar\ngun\ngym\nhabit\nhair\nhalf\nhammer\nhamster\nhand\nhappy\nharbor\nhard\nharsh\nharvest\nhat\nhave\nhawk\nhazard\nhead\nhealth\nheart\nheavy\nhedgehog\nheight\nhello\nhelmet\nhelp\nhen\nhero\nhidden\nhigh\nhill\nhint\nhip\nhire\nhistory\nhobby\nhockey\nhold\nhole\nholiday\nhollow\nhome\nhoney\nhood\nhope\nhorn\nhorror\nhorse\nhospital\nhost\nhotel\nhour\nhover\nhub\nhuge\nhuman\nhumble\nhumor\nhundred\nhungry\nhunt\nhurdle\nhurry\nhurt\nhusband\nhybrid\nice\nicon\nidea\nidentify\nidle\nignore\nill\nillegal\nillness\nimage\nimitate\nimmense\nimmune\nimpact\nimpose\nimprove\nimpulse\ninch\ninclude\nincome\nincrease\nindex\nindicate\nindoor\nindustry\ninfant\ninflict\ninform\ninhale\ninherit\ninitial\ninject\ninjury\ninmate\ninner\ninnocent\ninput\ninquiry\ninsane\ninsect\ninside\ninspire\ninstall\nintact\ninterest\ninto\ninvest\ninvite\ninvolve\niron\nisland\nisolate\nissue\nitem\nivory\njacket\njaguar\njar\njazz\njealous\njeans\njelly\njewel\njob\njoin\njoke\njourney\njoy\njudge\njuice\njump\njungle\njunior\njunk\njust\nkangaroo\nkeen\nkeep\nketchup\nkey\nkick\nkid\nkidney\nkind\nkingdom\nkiss\nkit\nkitchen\nkite\nkitten\nkiwi\nknee\nknife\nknock\nknow\nlab\nlabel\nlabor\nladder\nlady\nlake\nlamp\nlanguage\nlaptop\nlarge\nlater\nlatin\nlaugh\nlaundry\nlava\nlaw\nlawn\nlawsuit\nlayer\nlazy\nleader\nleaf\nlearn\nleave\nlecture\nleft\nleg\nlegal\nlegend\nleisure\nlemon\nlend\nlength\nlens\nleopard\nlesson\nletter\nlevel\nliar\nliberty\nlibrary\nlicense\nlife\nlift\nlight\nlike\nlimb\nlimit\nlink\nlion\nliquid\nlist\nlittle\nlive\nlizard\nload\nloan\nlobster\nlocal\nlock\nlogic\nlonely\nlong\nloop\nlottery\nloud\nlounge\nlove\nloyal\nlucky\nluggage\nlumber\nlunar\nlunch\nluxury\nlyrics\nmachine\nmad\nmagic\nmagnet\nmaid\nmail\nmain\nmajor\nmake\nmammal\nman\nmanage\nmandate\nmango\nmansion\nmanual\nmaple\nmarble\nmarch\nmargin\nmarine\nmarket\nmarriage\nmask\nmass\nmaster\nmatch\nmaterial\nmath\nmatrix\nmatter\nmaximum\nmaze\nmeadow\nmean\nmeasure\nmeat\nmechanic\nmedal\nmedia\nmelody\nmelt\nmember\nmemory\nmention\nmenu\nmercy\nmerge\nmerit\nmerry\nmesh\nmessage\nmetal\nmethod\nmiddle\nmidnight\nmilk\nmillion\nmimic\nmind\nminimum\nminor\nminute\nmiracle\nmirror\nmisery\nmiss\nmistake\nmix\nmixed\nmixture\nmobile\nmodel\nmodify\nmom\nmoment\nmonitor\nmonkey\nmonster\nmonth\nmoon\nmoral\nmore\nmorning\nmosquito\nmother\nmotion\nmotor\nmountain\nmouse\nmove\nmovie\nmuch\nmuffin\nmule\nmultiply\nmuscle\nmuseum\nmushroom\nmusic\nmust\nmutual\nmyself\nmystery\nmyth\nnaive\nname\nnapkin\nnarrow\nnasty\nnation\nnature\nnear\nneck\nneed\nnegative\nneglect\nneither\nnephew\nnerve\nnest\nnet\nnetwork\nneutral\nnever\nnews\nnext\nnice\nnight\nnoble\nnoise\nnominee\nnoodle\nnormal\nnorth\nnose\nnotable\nnote\nnothing\nnotice\nnovel\nnow\nnuclear\nnumber\nnurse\nnut\noak\nobey\nobject\noblige\nobscure\nobserve\nobtain\nobvious\noccur\nocean\noctober\nodor\noff\noffer\noffice\noften\noil\nokay\nold\nolive\nolympic\nomit\nonce\none\nonion\nonline\nonly\nopen\nopera\nopinion\noppose\noption\norange\norbit\norchard\norder\nordinary\norgan\norient\noriginal\norphan\nostrich\nother\noutdoor\nouter\noutput\noutside\noval\noven\nover\nown\nowner\noxygen\noyster\nozone\npact\npaddle\npage\npair\npalace\npalm\npanda\npanel\npanic\npanther\npaper\nparade\nparent\npark\nparrot\nparty\npass\npatch\npath\npatient\npatrol\npattern\npause\npave\npayment\npeace\npeanut\npear\npeasant\npelican\npen\npenalty\npencil\npeople\npepper\nperfect\npermit\nperson\npet\nphone\nphoto\nphrase\nphysical\npiano\npicnic\npicture\npiece\npig\npigeon\npill\npilot\npink\npioneer\npipe\npistol\npitch\npizza\nplace\nplanet\nplastic\nplate\nplay\nplease\npledge\npluck\nplug\nplunge\npoem\npoet\npoint\npolar\npole\npolice\npond\npony\npool\npopular\nportion\nposition\npossible\npost\npotato\npottery\npoverty\npowder\npower\npractice\npraise\npredict\nprefer\nprepare\npresent\npretty\nprevent\nprice\npride\nprimary\nprint\npriority\nprison\nprivate\nprize\nproblem\nprocess\nproduce\nprofit\nprogram\nproject\npromote\nproof\nproperty\nprosper\nprotect\nproud\nprovide\npublic\npudding\npull\npulp\npulse\npumpkin\npunch\npupil\npuppy\npurchase\npurity\npurpose\npurse\npush\nput\npuzzle\npyramid\nquality\nquantum\nquarter\nquestion\nquick\nquit\nquiz\nquote\nrabbit\nraccoon\nrace\nrack\nradar\nradio\nrail\nrain\nraise\nrally\nramp\nranch\nrandom\nrange\nrapid\nrare\nrate\nrather\nraven\nraw\nrazor\nready\nreal\nreason\nrebel\nrebuild\nrecall\nreceive\nrecipe\nrecord\nrecycle\nreduce\nreflect\nreform\nrefuse\nregion\nregret\nregular\nreject\nrelax\nrelease\nrelief\nrely\nremain\nremember\nremind\nremove\nrender\nrenew\nrent\nreopen\nrepair\nrepeat\nreplace\nreport\nrequire\nrescue\nresemble\nresist\nresource\nresponse\nresult\nretire\nretreat\nreturn\nreunion\nreveal\nreview\nreward\nrhythm\nrib\nribbon\nrice\nrich\nride\nridge\nrifle\nright\nrigid\nring\nriot\nripple\nrisk\nritual\nrival\nriver\nroad\nroast\nrobot\nrobust\nrocket\nromance\nroof\nrookie\nroom\nrose\nrotate\nrough\nround\nroute\nroyal\nrubber\nrude\nrug\nrule\nrun\nrunway\nrural\nsad\nsaddle\nsadness\nsafe\nsail\nsalad\nsalmon\nsalon\nsalt\nsalute\nsame\nsample\nsand\nsatisfy\nsatoshi\nsauce\nsausage\nsave\nsay\nscale\nscan\nscare\nscatter\nscene\nscheme\nschool\nscience\nscissors\nscorpion\nscout\nscrap\nscreen\nscript\nscrub\nsea\nsearch\nseason\nseat\nsecond\nsecret\nsection\nsecurity\nseed\nseek\nsegment\nselect\nsell\nseminar\nsenior\nsense\nsentence\nseries\nservice\nsession\nsettle\nsetup\nseven\nshadow\nshaft\nshallow\nshare\nshed\nshell\nsheriff\nshield\nshift\nshine\nship\nshiver\nshock\nshoe\nshoot\nshop\nshort\nshoulder\nshove\nshrimp\nshrug\nshuffle\nshy\nsibling\nsick\nside\nsiege\nsight\nsign\nsilent\nsilk\nsilly\nsilver\nsimilar\nsimple\nsince\nsing\nsiren\nsister\nsituate\nsix\nsize\nskate\nsketch\nski\nskill\nskin\nskirt\nskull\nslab\nslam\nsleep\nslender\nslice\nslide\nslight\nslim\nslogan\nslot\nslow\nslush\nsmall\nsmart\nsmile\nsmoke\nsmooth\nsnack\nsnake\nsnap\nsniff\nsnow\nsoap\nsoccer\nsocial\nsock\nsoda\nsoft\nsolar\nsoldier\nsolid\nsolution\nsolve\nsomeone\nsong\nsoon\nsorry\nsort\nsoul\nsound\nsoup\nsource\nsouth\nspace\nspare\nspatial\nspawn\nspeak\nspecial\nspeed\nspell\nspend\nsphere\nspice\nspider\nspike\nspin\nspirit\nsplit\nspoil\nsponsor\nspoon\nsport\nspot\nspray\nspread\nspring\nspy\nsquare\nsqueeze\nsquirrel\nstable\nstadium\nstaff\nstage\nstairs\nstamp\nstand\nstart\nstate\nstay\nsteak\nsteel\nstem\nstep\nstereo\nstick\nstill\nsting\nstock\nstomach\nstone\nstool\nstory\nstove\nstrategy\nstreet\nstrike\nstrong\nstruggle\nstudent\nstuff\nstumble\nstyle\nsubject\nsubmit\nsubway\nsuccess\nsuch\nsudden\nsuffer\nsugar\nsuggest\nsuit\nsummer\nsun\nsunny\nsunset\nsuper\nsupply\nsupreme\nsure\nsurface\nsurge\nsurprise\nsurround\nsurvey\nsuspect\nsustain\nswallow\nswamp\nswap\nswarm\nswear\nsweet\nswift\nswim\nswing\nswitch\nsword\nsymbol\nsymptom\nsyrup\nsystem\ntable\ntackle\ntag\ntail\ntalent\ntalk\ntank\ntape\ntarget\ntask\ntaste\ntattoo\ntaxi\nteach\nteam\ntell\nten\ntenant\ntennis\ntent\nterm\ntest\ntext\nthank\nthat\ntheme\nthen\ntheory\nthere\nthey\nthing\nthis\nthought\nthree\nthrive\nthrow\nthumb\nthunder\nticket\ntide\ntiger\ntilt\ntimber\ntime\ntiny\ntip\ntired\ntissue\ntitle\ntoast\ntobacco\ntoday\ntoddler\ntoe\ntogether\ntoilet\ntoken\ntomato\ntomorrow\ntone\ntongue\ntonight\ntool\ntooth\ntop\ntopic\ntopple\ntorch\ntornado\ntortoise\ntoss\ntotal\ntourist\ntoward\ntower\ntown\ntoy\ntrack\ntrade\ntraffic\ntragic\ntrain\ntransfer\ntrap\ntrash\ntravel\ntray\ntreat\ntree\ntrend\ntrial\ntribe\ntrick\ntrigger\ntrim\ntrip\ntrophy\ntrouble\ntruck\ntrue\ntruly\ntrumpet\ntrust\ntruth\ntry\ntube\ntuition\ntumble\ntuna\ntunnel\nturkey\nturn\nturtle\ntwelve\ntwenty\ntwice\ntwin\ntwist\ntwo\ntype\ntypical\nugly\numbrella\nunable\nunaware\nuncle\nuncover\nunder\nundo\nunfair\nunfold\nunhappy\nuniform\nunique\nunit\nuniverse\nunknown\nunlock\nuntil\nunusual\nunveil\nupdate\nupgrade\nuphold\nupon\nupper\nupset\nurban\nurge\nusage\nuse\nused\nuseful\nuseless\nusual\nutility\nvacant\nvacuum\nvague\nvalid\nvalley\nvalve\nvan\nvanish\nvapor\nvarious\nvast\nvault\nvehicle\nvelvet\nvendor\nventure\nvenue\nverb\nverify\nversion\nvery\nvessel\nveteran\nviable\nvibrant\nvicious\nvictory\nvideo\nview\nvillage\nvintage\nviolin\nvirtual\nvirus\nvisa\nvisit\nvisual\nvital\nvivid\nvocal\nvoice\nvoid\nvolcano\nvolume\nvote\nvoyage\nwage\nwagon\nwait\nwalk\nwall\nwalnut\nwant\nwarfare\nwarm\nwarrior\nwash\nwasp\nwaste\nwater\nwave\nway\nwealth\nweapon\nwear\nweasel\nweather\nweb\nwedding\nweekend\nweird\nwelcome\nwest\nwet\nwhale\nwhat\nwheat\nwheel\nwhen\nwhere\nwhip\nwhisper\nwide\nwidth\nwife\nwild\nwill\nwin\nwindow\nwine\nwing\nwink\nwinner\nwinter\nwire\nwisdom\nwise\nwish\nwitness\nwolf\nwoman\nwonder\nwood\nwool\nword\nwork\nworld\nworry\nworth\nwrap\nwreck\nwrestle\nwrist\nwrite\nwrong\nyard\nyear\nyellow\nyou\nyoung\nyouth\nzebra\nzero\nzone\nzoo`.split("\n"));

const secret_known_KNOWN = new Set([ "f79cd64f9cea2378 9c5d0a6656e5d3f3 b83e96417f61cb14", "bc1a50966c9e6486 8335c55334821eef b26ab6529d20ebeb 64034b44c579b335 4d3e46eec8244d1d 0aedba9d586f34f9", "28e543d3753fc9d1 f070994a85994785 38e69fdd19aefeb4 967f21586cdf1248 0b33e0132123e78d 84bc109b3d59b017", "85bde548053aab4b f1513114f60e5e95 5330d388af894c9e a2e06155cb1a424f 4a67d7a0d8a16d6d b08bdfde9930d920", "cf1fc66f853151a4 100546a8b020a55a", "578592185588730b 30e55f5463e22af0 70b801afae94d2e6 0bc9fde2b028e3b0 f51c2c795f782308 6dea34b661141091", "faeb1dab5a326eef 196fbadca8b7eea6 ecd5e9d0b08a8a9f 3fd5610ee03a3503", "f24167accb5d690f 07f935b61d37e0e5 e4f1734df0250d54 7d1b5fc238610328 33f532fd39fa0d77 728383dec6323112", "664b73b16aa57748 e4639de7f01667f6 98a38f6dad3f47af c15f3d9dfdc98389" ].join(" ").split(" "));

function isKnownToAll(value) {
 return secret_known_KNOWN.has(sha256Hex(value).slice(0, 16));
}

const ROLES = new Set([ "9f2df0fed2c77648 65d7a28e3265b37a 189ab7a9244df084 1effbbff9c66c5e5", "3c11d16cbaffd01d 97667070c54ef182 a49807205ce4d355 241ecf16d79d0f8d", "b09aa5aeb3702cfd d8aa0f3194971a2a fd643c72710c63c0 5f58e3a231634992", "5fdbd35e8da83ee7 e2b7fb3b83217476 fc8737ab85eb4512 68e79a7bf1e0bc45", "7935bd0ae54bc31f 55435dd261a4b9b3 e2f4eaae4a9751e8 b19546dff01e856f", "10dac8c06a04bec0 8f4f2da22e8ac8f1 8502233096d909be fc425f2263d0df18" ].join(" ").split(" "));

function isRole(digits) {
 return ROLES.has(digits.slice(0, 16));
}

const mnemonic_WORDS = new Set(wordlist);

const SHORTEST_PHRASE = 12 * 3 + 11;

const LONGEST_PHRASE = 24 * 8 + 23;

function mayBePhrase(text) {
 const words = text.split(" ");
 return words.length >= 12 && words.length <= 24 && words.every(word => mnemonic_WORDS.has(word));
}

function judgePhrase(text, place) {
 const words = text.split(" ");
 const entropy = entropyOf(text);
 if (entropy === void 0) return;
 const isPublic = new Set(words).size < words.length / 2 || new Set(entropy).size < 4 || isKnownToAll(text);
 if (isPublic) return {
  kind: "public-mnemonic",
  what: "A mnemonic phrase that everybody has",
  value: text,
  level: "note"
 };
 return {
  kind: "mnemonic",
  what: "A mnemonic phrase of a wallet",
  value: text,
  level: place === "in-text" ? "note" : void 0
 };
}

function entropyOf(phrase) {
 try {
  return mnemonicToEntropy(phrase, wordlist);
 } catch {
  return;
 }
}

const ESCAPE = /^(\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbf])|%[0-9A-Fa-f]{2})/;

function afterEscape(stretch, start) {
 const before = stretch.bytes[start - 1];
 if (before !== 92 && before !== 37) return start;
 const sequence = ESCAPE.exec(secret_stretches_textOf(stretch, start - 1, start + 6))?.[0] ?? "\\";
 return start + sequence.length - 1;
}

const SKIPPED = flags(" \t\r\n\"'`\\[():=|?>;");

const CONNECTORS = flags(":=|?([");

const LETTERS = flags("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$-.");

const MOST_SKIPPED = 40;

const secret_names_LONGEST_NAME = 80;

function flags(letters) {
 const table = new Uint8Array(256);
 for (const letter of letters) table[letter.charCodeAt(0)] = 1;
 return table;
}

function nameBefore(stretch, at) {
 const first = partBefore(stretch, at);
 if (first?.connector !== "=") return first;
 const second = partBefore(stretch, first.start);
 return second?.connector === ":" ? {
  ...second,
  name: `${second.name} ${first.name}`,
  connector: "="
 } : first;
}

function partBefore(stretch, at) {
 const {bytes: bytes} = stretch;
 let end = at;
 let connector = "";
 while (end > 0 && at - end < MOST_SKIPPED && SKIPPED[bytes[end - 1] ?? 0] === 1) {
  end -= 1;
  if (CONNECTORS[bytes[end] ?? 0] === 1) connector = String.fromCharCode(bytes[end] ?? 0) + connector;
 }
 let start = end;
 while (start > 0 && end - start < secret_names_LONGEST_NAME && LETTERS[bytes[start - 1] ?? 0] === 1) start -= 1;
 if (connector === "" || start === end) return;
 const written = secret_stretches_textOf(stretch, start, end);
 return {
  written: written,
  name: squeezed(written),
  connector: connector,
  start: start
 };
}

function squeezed(name) {
 return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

function createRunSearch(letters, shortest) {
 const belongs = new Uint8Array(256);
 for (const letter of letters) belongs[letter.charCodeAt(0)] = 1;
 return (stretch, found) => searchRuns({
  belongs: belongs,
  shortest: shortest
 }, stretch, found);
}

function searchRuns({belongs: belongs, shortest: shortest}, stretch, found) {
 const {bytes: bytes, from: from, to: to, end: end} = stretch;
 let start = from > 0 && belongs[bytes[from - 1] ?? 0] === 1 ? runEnd(stretch, from, belongs) : from;
 while (start < to && start + shortest <= end) {
  let at = start + shortest - 1;
  while (at >= start && belongs[bytes[at] ?? 0] === 1) at -= 1;
  if (at >= start) {
   start = at + 1;
   continue;
  }
  const after = runEnd(stretch, start + shortest, belongs);
  found(start, after);
  start = after + 1;
 }
}

function runEnd({bytes: bytes, end: end}, from, belongs) {
 let at = from;
 while (at < end && belongs[bytes[at] ?? 0] === 1) at += 1;
 return at;
}

const SMALL = "abcdefghijklmnopqrstuvwxyz";

const LONGER_IN_LIST = 2 * 12;

const SPACE = 32;

const LONGEST_INDENT = 200;

const MOST_AROUND = 100;

const LONGEST_LIST = 24 * 16;

const LIST = /^\s*\\?(["'])[a-z]{3,8}\\?\1(\s*,\s*\\?\1[a-z]{3,8}\\?\1){11,23}\s*,?\s*$/;

function createPhraseLook() {
 const search = createRunSearch(`${SMALL} `, SHORTEST_PHRASE);
 return (stretch, found) => search(stretch, (run, end) => {
  const escaped = afterEscape(stretch, run);
  if (end - run > LONGEST_PHRASE + LONGEST_INDENT || !hasWords(stretch, escaped, end)) return;
  const text = secret_stretches_textOf(stretch, escaped, end);
  if (!mayBePhrase(text.trim()) || !countPlace(stretch)) return;
  const start = escaped + text.length - text.trimStart().length;
  const secret = judgePhrase(text.trim(), mnemonic_search_placeOf(stretch, {
   start: start,
   end: escaped + text.trimEnd().length
  }));
  if (secret !== void 0) found(secret, start);
 });
}

function hasWords({bytes: bytes}, from, to) {
 let length = 0;
 for (let at = from; at < to; at += 1) if (bytes[at] !== SPACE) length += 1; else if (length > 8 || length > 0 && length < 3) return false; else length = 0;
 return length <= 8;
}

function createWordsLook() {
 const search = createRunSearch(`${SMALL}"', \r\n\t\\`, SHORTEST_PHRASE + LONGER_IN_LIST);
 return (stretch, found) => search(stretch, (start, end) => {
  if (end - start > LONGEST_LIST) return;
  if (stretch.bytes[start - 1] === 91) judgeList(stretch, {
   start: start,
   end: end
  }, found); else if (isWhole(stretch, {
   start: start,
   end: end
  })) judgeLines(stretch, {
   start: start,
   end: end
  }, found);
 });
}

function judgeLines(stretch, {start: start, end: end}, found) {
 const text = secret_stretches_textOf(stretch, start, end).trim();
 if (!/^[a-z]{3,8}(\s{1,4}[a-z]{3,8}){11,23}$/.test(text) || !/\n/.test(text)) return;
 const phrase = text.replace(/\s+/g, " ");
 if (!mayBePhrase(phrase) || !countPlace(stretch)) return;
 const secret = judgePhrase(phrase, "named");
 if (secret !== void 0) found(secret, start);
}

function judgeList(stretch, run, found) {
 const text = secret_stretches_textOf(stretch, run.start, run.end);
 if (!LIST.test(text)) return;
 const phrase = (text.match(/[a-z]{3,8}/g) ?? []).join(" ");
 if (!mayBePhrase(phrase) || !countPlace(stretch)) return;
 const secret = judgePhrase(phrase, isNamed(stretch, run.start) ? "named" : "in-text");
 if (secret !== void 0) found(secret, run.start);
}

function mnemonic_search_placeOf(stretch, place) {
 const {start: start, end: end} = place;
 if (isNamed(stretch, start) || isWhole(stretch, place)) return "named";
 const isQuoted = /["'`]$/.test(secret_stretches_textOf(stretch, start - 1, start)) && /^\\*["'`]/.test(secret_stretches_textOf(stretch, end, end + 4));
 return isQuoted ? "quoted" : "in-text";
}

function isWhole(stretch, {start: start, end: end}) {
 const isFirst = stretch.from === 0 && start < MOST_AROUND;
 const isLast = stretch.end - end < MOST_AROUND;
 return isFirst && isLast && `${secret_stretches_textOf(stretch, 0, start)}${secret_stretches_textOf(stretch, end, stretch.end)}`.trim() === "";
}

function isNamed(stretch, start) {
 return /mnemonic|seed|phrase|recovery/.test(nameBefore(stretch, start)?.name ?? "");
}

const PEM_NEEDLES = [ "PRIVATE KEY-----", "PRIVATE KEY BLOCK" ];

const secret_pem_WORDS = "PRIVATE KEY".length;

function judgePem(stretch, at) {
 const opening = /-----BEGIN ([A-Z0-9 ]{0,20})$/.exec(secret_stretches_textOf(stretch, at - 40, at))?.[1];
 if (opening === void 0 || !countPlace(stretch)) return;
 const body = bodyOf(secret_stretches_textOf(stretch, at + secret_pem_WORDS, bodyEnd(stretch, at + secret_pem_WORDS + 14)));
 if (body === void 0 || !isKey(body, opening)) return;
 const around = secret_stretches_textOf(stretch, at - 1e3, at);
 if (/service_account/.test(around)) return {
  kind: "google-service-account",
  what: "A Google service account",
  value: body
 };
 return {
  kind: "pem-private-key",
  what: `A private key (${secret_pem_nameOf(opening)}PEM)`,
  value: body
 };
}

function secret_pem_nameOf(opening) {
 const name = opening.trim();
 return name === "" ? "" : `${name}, `;
}

function bodyEnd({bytes: bytes, end: end}, from) {
 const text = bytes.subarray(0, Math.min(end, from + AHEAD - 100));
 for (let at = text.indexOf(45, from); at !== -1; at = text.indexOf(45, at + 1)) if (text.subarray(at, at + 5).every(byte => byte === 45)) return at;
 return text.length;
}

function bodyOf(text) {
 const start = /^( BLOCK)?-----/.exec(text)?.[0].length;
 if (start === void 0) return;
 return text.slice(start).replace(/\\+[nrt]|\\+u000[ad]|&#(10|13|xa|xd);|<br ?\/?>|%0[ad]/gi, "\n").replace(/\b(Proc-Type|DEK-Info|Version|Comment|Hash|Charset): [^\n]{0,100}/g, "").replace(/["'`]\s*[+,.]?\s*["'`]/g, "").replace(/[\s\\"'`,;]|=[A-Za-z0-9+/]{4}\s*$/g, "");
}

function isKey(body, opening) {
 const text = /^[A-Za-z0-9+/]{44,}/.exec(body)?.[0];
 if (text === void 0 || text.length < body.replace(/=+$/, "").length || new Set(body).size < 16) return false;
 if (/PGP/.test(opening)) return /^[lx]/.test(text);
 const bytes = base64.baseDecode(text.slice(0, 20));
 return bytes[0] === 48 || text.startsWith("b3BlbnNzaC1rZXk") || /ENCRYPTED/.test(opening) || isRandom(text);
}

function isRandom(text) {
 return text.length >= 100 && new Set(text).size >= 40;
}

var external_node_path_ = __nccwpck_require__(760);

var commonjsGlobal = typeof globalThis !== "undefined" ? globalThis : typeof window !== "undefined" ? window : typeof global !== "undefined" ? global : typeof self !== "undefined" ? self : {};

var regexpStringMatcher = {};

var lodash_uniq;

var hasRequiredLodash_uniq;

function requireLodash_uniq() {
 if (hasRequiredLodash_uniq) return lodash_uniq;
 hasRequiredLodash_uniq = 1;
 var LARGE_ARRAY_SIZE = 200;
 var HASH_UNDEFINED = "__lodash_hash_undefined__";
 var INFINITY = 1 / 0;
 var funcTag = "[object Function]", genTag = "[object GeneratorFunction]";
 var reRegExpChar = /[\\^$.*+?()[\]{}|]/g;
 var reIsHostCtor = /^\[object .+?Constructor\]$/;
 var freeGlobal = typeof commonjsGlobal == "object" && commonjsGlobal && commonjsGlobal.Object === Object && commonjsGlobal;
 var freeSelf = typeof self == "object" && self && self.Object === Object && self;
 var root = freeGlobal || freeSelf || Function("return this")();
 function arrayIncludes(array, value) {
  var length = array ? array.length : 0;
  return !!length && baseIndexOf(array, value, 0) > -1;
 }
 function baseFindIndex(array, predicate, fromIndex, fromRight) {
  var length = array.length, index = fromIndex + -1;
  while (++index < length) if (predicate(array[index], index, array)) return index;
  return -1;
 }
 function baseIndexOf(array, value, fromIndex) {
  if (value !== value) return baseFindIndex(array, baseIsNaN, fromIndex);
  var index = fromIndex - 1, length = array.length;
  while (++index < length) if (array[index] === value) return index;
  return -1;
 }
 function baseIsNaN(value) {
  return value !== value;
 }
 function cacheHas(cache, key) {
  return cache.has(key);
 }
 function getValue(object, key) {
  return object == null ? void 0 : object[key];
 }
 function isHostObject(value) {
  var result = false;
  if (value != null && typeof value.toString != "function") try {
   result = !!(value + "");
  } catch (e) {}
  return result;
 }
 function setToArray(set) {
  var index = -1, result = Array(set.size);
  set.forEach(function(value) {
   result[++index] = value;
  });
  return result;
 }
 var arrayProto = Array.prototype, funcProto = Function.prototype, objectProto = Object.prototype;
 var coreJsData = root["__core-js_shared__"];
 var maskSrcKey = function() {
  var uid = /[^.]+$/.exec(coreJsData && coreJsData.keys && coreJsData.keys.IE_PROTO || "");
  return uid ? "Symbol(src)_1." + uid : "";
 }();
 var funcToString = funcProto.toString;
 var hasOwnProperty = objectProto.hasOwnProperty;
 var objectToString = objectProto.toString;
 var reIsNative = RegExp("^" + funcToString.call(hasOwnProperty).replace(reRegExpChar, "\\$&").replace(/hasOwnProperty|(function).*?(?=\\\()| for .+?(?=\\\])/g, "$1.*?") + "$");
 var splice = arrayProto.splice;
 var Map = getNative(root, "Map"), Set = getNative(root, "Set"), nativeCreate = getNative(Object, "create");
 function Hash(entries) {
  var index = -1, length = entries ? entries.length : 0;
  this.clear();
  while (++index < length) {
   var entry = entries[index];
   this.set(entry[0], entry[1]);
  }
 }
 function hashClear() {
  this.__data__ = nativeCreate ? nativeCreate(null) : {};
 }
 function hashDelete(key) {
  return this.has(key) && delete this.__data__[key];
 }
 function hashGet(key) {
  var data = this.__data__;
  if (nativeCreate) {
   var result = data[key];
   return result === HASH_UNDEFINED ? void 0 : result;
  }
  return hasOwnProperty.call(data, key) ? data[key] : void 0;
 }
 function hashHas(key) {
  var data = this.__data__;
  return nativeCreate ? data[key] !== void 0 : hasOwnProperty.call(data, key);
 }
 function hashSet(key, value) {
  var data = this.__data__;
  data[key] = nativeCreate && value === void 0 ? HASH_UNDEFINED : value;
  return this;
 }
 Hash.prototype.clear = hashClear;
 Hash.prototype["delete"] = hashDelete;
 Hash.prototype.get = hashGet;
 Hash.prototype.has = hashHas;
 Hash.prototype.set = hashSet;
 function ListCache(entries) {
  var index = -1, length = entries ? entries.length : 0;
  this.clear();
  while (++index < length) {
   var entry = entries[index];
   this.set(entry[0], entry[1]);
  }
 }
 function listCacheClear() {
  this.__data__ = [];
 }
 function listCacheDelete(key) {
  var data = this.__data__, index = assocIndexOf(data, key);
  if (index < 0) return false;
  var lastIndex = data.length - 1;
  if (index == lastIndex) data.pop(); else splice.call(data, index, 1);
  return true;
 }
 function listCacheGet(key) {
  var data = this.__data__, index = assocIndexOf(data, key);
  return index < 0 ? void 0 : data[index][1];
 }
 function listCacheHas(key) {
  return assocIndexOf(this.__data__, key) > -1;
 }
 function listCacheSet(key, value) {
  var data = this.__data__, index = assocIndexOf(data, key);
  if (index < 0) data.push([ key, value ]); else data[index][1] = value;
  return this;
 }
 ListCache.prototype.clear = listCacheClear;
 ListCache.prototype["delete"] = listCacheDelete;
 ListCache.prototype.get = listCacheGet;
 ListCache.prototype.has = listCacheHas;
 ListCache.prototype.set = listCacheSet;
 function MapCache(entries) {
  var index = -1, length = entries ? entries.length : 0;
  this.clear();
  while (++index < length) {
   var entry = entries[index];
   this.set(entry[0], entry[1]);
  }
 }
 function mapCacheClear() {
  this.__data__ = {
   hash: new Hash,
   map: new (Map || ListCache),
   string: new Hash
  };
 }
 function mapCacheDelete(key) {
  return getMapData(this, key)["delete"](key);
 }
 function mapCacheGet(key) {
  return getMapData(this, key).get(key);
 }
 function mapCacheHas(key) {
  return getMapData(this, key).has(key);
 }
 function mapCacheSet(key, value) {
  getMapData(this, key).set(key, value);
  return this;
 }
 MapCache.prototype.clear = mapCacheClear;
 MapCache.prototype["delete"] = mapCacheDelete;
 MapCache.prototype.get = mapCacheGet;
 MapCache.prototype.has = mapCacheHas;
 MapCache.prototype.set = mapCacheSet;
 function SetCache(values) {
  var index = -1, length = values ? values.length : 0;
  this.__data__ = new MapCache;
  while (++index < length) this.add(values[index]);
 }
 function setCacheAdd(value) {
  this.__data__.set(value, HASH_UNDEFINED);
  return this;
 }
 function setCacheHas(value) {
  return this.__data__.has(value);
 }
 SetCache.prototype.add = SetCache.prototype.push = setCacheAdd;
 SetCache.prototype.has = setCacheHas;
 function assocIndexOf(array, key) {
  var length = array.length;
  while (length--) if (eq(array[length][0], key)) return length;
  return -1;
 }
 function baseIsNative(value) {
  if (!isObject(value) || isMasked(value)) return false;
  var pattern = isFunction(value) || isHostObject(value) ? reIsNative : reIsHostCtor;
  return pattern.test(toSource(value));
 }
 function baseUniq(array, iteratee, comparator) {
  var index = -1, includes = arrayIncludes, length = array.length, isCommon = true, result = [], seen = result;
  if (length >= LARGE_ARRAY_SIZE) {
   var set = createSet(array);
   if (set) return setToArray(set);
   isCommon = false;
   includes = cacheHas;
   seen = new SetCache;
  } else seen = result;
  outer: while (++index < length) {
   var value = array[index], computed = value;
   value = value !== 0 ? value : 0;
   if (isCommon && computed === computed) {
    var seenIndex = seen.length;
    while (seenIndex--) if (seen[seenIndex] === computed) continue outer;
    result.push(value);
   } else if (!includes(seen, computed, comparator)) {
    if (seen !== result) seen.push(computed);
    result.push(value);
   }
  }
  return result;
 }
 var createSet = !(Set && 1 / setToArray(new Set([ , -0 ]))[1] == INFINITY) ? noop : function(values) {
  return new Set(values);
 };
 function getMapData(map, key) {
  var data = map.__data__;
  return isKeyable(key) ? data[typeof key == "string" ? "string" : "hash"] : data.map;
 }
 function getNative(object, key) {
  var value = getValue(object, key);
  return baseIsNative(value) ? value : void 0;
 }
 function isKeyable(value) {
  var type = typeof value;
  return type == "string" || type == "number" || type == "symbol" || type == "boolean" ? value !== "__proto__" : value === null;
 }
 function isMasked(func) {
  return !!maskSrcKey && maskSrcKey in func;
 }
 function toSource(func) {
  if (func != null) {
   try {
    return funcToString.call(func);
   } catch (e) {}
   try {
    return func + "";
   } catch (e) {}
  }
  return "";
 }
 function uniq(array) {
  return array && array.length ? baseUniq(array) : [];
 }
 function eq(value, other) {
  return value === other || value !== value && other !== other;
 }
 function isFunction(value) {
  var tag = isObject(value) ? objectToString.call(value) : "";
  return tag == funcTag || tag == genTag;
 }
 function isObject(value) {
  var type = typeof value;
  return !!value && (type == "object" || type == "function");
 }
 function noop() {}
 lodash_uniq = uniq;
 return lodash_uniq;
}

var lodash_uniqwith;

var hasRequiredLodash_uniqwith;

function requireLodash_uniqwith() {
 if (hasRequiredLodash_uniqwith) return lodash_uniqwith;
 hasRequiredLodash_uniqwith = 1;
 var LARGE_ARRAY_SIZE = 200;
 var HASH_UNDEFINED = "__lodash_hash_undefined__";
 var INFINITY = 1 / 0;
 var funcTag = "[object Function]", genTag = "[object GeneratorFunction]";
 var reRegExpChar = /[\\^$.*+?()[\]{}|]/g;
 var reIsHostCtor = /^\[object .+?Constructor\]$/;
 var freeGlobal = typeof commonjsGlobal == "object" && commonjsGlobal && commonjsGlobal.Object === Object && commonjsGlobal;
 var freeSelf = typeof self == "object" && self && self.Object === Object && self;
 var root = freeGlobal || freeSelf || Function("return this")();
 function arrayIncludes(array, value) {
  var length = array ? array.length : 0;
  return !!length && baseIndexOf(array, value, 0) > -1;
 }
 function arrayIncludesWith(array, value, comparator) {
  var index = -1, length = array ? array.length : 0;
  while (++index < length) if (comparator(value, array[index])) return true;
  return false;
 }
 function baseFindIndex(array, predicate, fromIndex, fromRight) {
  var length = array.length, index = fromIndex + -1;
  while (++index < length) if (predicate(array[index], index, array)) return index;
  return -1;
 }
 function baseIndexOf(array, value, fromIndex) {
  if (value !== value) return baseFindIndex(array, baseIsNaN, fromIndex);
  var index = fromIndex - 1, length = array.length;
  while (++index < length) if (array[index] === value) return index;
  return -1;
 }
 function baseIsNaN(value) {
  return value !== value;
 }
 function cacheHas(cache, key) {
  return cache.has(key);
 }
 function getValue(object, key) {
  return object == null ? void 0 : object[key];
 }
 function isHostObject(value) {
  var result = false;
  if (value != null && typeof value.toString != "function") try {
   result = !!(value + "");
  } catch (e) {}
  return result;
 }
 function setToArray(set) {
  var index = -1, result = Array(set.size);
  set.forEach(function(value) {
   result[++index] = value;
  });
  return result;
 }
 var arrayProto = Array.prototype, funcProto = Function.prototype, objectProto = Object.prototype;
 var coreJsData = root["__core-js_shared__"];
 var maskSrcKey = function() {
  var uid = /[^.]+$/.exec(coreJsData && coreJsData.keys && coreJsData.keys.IE_PROTO || "");
  return uid ? "Symbol(src)_1." + uid : "";
 }();
 var funcToString = funcProto.toString;
 var hasOwnProperty = objectProto.hasOwnProperty;
 var objectToString = objectProto.toString;
 var reIsNative = RegExp("^" + funcToString.call(hasOwnProperty).replace(reRegExpChar, "\\$&").replace(/hasOwnProperty|(function).*?(?=\\\()| for .+?(?=\\\])/g, "$1.*?") + "$");
 var splice = arrayProto.splice;
 var Map = getNative(root, "Map"), Set = getNative(root, "Set"), nativeCreate = getNative(Object, "create");
 function Hash(entries) {
  var index = -1, length = entries ? entries.length : 0;
  this.clear();
  while (++index < length) {
   var entry = entries[index];
   this.set(entry[0], entry[1]);
  }
 }
 function hashClear() {
  this.__data__ = nativeCreate ? nativeCreate(null) : {};
 }
 function hashDelete(key) {
  return this.has(key) && delete this.__data__[key];
 }
 function hashGet(key) {
  var data = this.__data__;
  if (nativeCreate) {
   var result = data[key];
   return result === HASH_UNDEFINED ? void 0 : result;
  }
  return hasOwnProperty.call(data, key) ? data[key] : void 0;
 }
 function hashHas(key) {
  var data = this.__data__;
  return nativeCreate ? data[key] !== void 0 : hasOwnProperty.call(data, key);
 }
 function hashSet(key, value) {
  var data = this.__data__;
  data[key] = nativeCreate && value === void 0 ? HASH_UNDEFINED : value;
  return this;
 }
 Hash.prototype.clear = hashClear;
 Hash.prototype["delete"] = hashDelete;
 Hash.prototype.get = hashGet;
 Hash.prototype.has = hashHas;
 Hash.prototype.set = hashSet;
 function ListCache(entries) {
  var index = -1, length = entries ? entries.length : 0;
  this.clear();
  while (++index < length) {
   var entry = entries[index];
   this.set(entry[0], entry[1]);
  }
 }
 function listCacheClear() {
  this.__data__ = [];
 }
 function listCacheDelete(key) {
  var data = this.__data__, index = assocIndexOf(data, key);
  if (index < 0) return false;
  var lastIndex = data.length - 1;
  if (index == lastIndex) data.pop(); else splice.call(data, index, 1);
  return true;
 }
 function listCacheGet(key) {
  var data = this.__data__, index = assocIndexOf(data, key);
  return index < 0 ? void 0 : data[index][1];
 }
 function listCacheHas(key) {
  return assocIndexOf(this.__data__, key) > -1;
 }
 function listCacheSet(key, value) {
  var data = this.__data__, index = assocIndexOf(data, key);
  if (index < 0) data.push([ key, value ]); else data[index][1] = value;
  return this;
 }
 ListCache.prototype.clear = listCacheClear;
 ListCache.prototype["delete"] = listCacheDelete;
 ListCache.prototype.get = listCacheGet;
 ListCache.prototype.has = listCacheHas;
 ListCache.prototype.set = listCacheSet;
 function MapCache(entries) {
  var index = -1, length = entries ? entries.length : 0;
  this.clear();
  while (++index < length) {
   var entry = entries[index];
   this.set(entry[0], entry[1]);
  }
 }
 function mapCacheClear() {
  this.__data__ = {
   hash: new Hash,
   map: new (Map || ListCache),
   string: new Hash
  };
 }
 function mapCacheDelete(key) {
  return getMapData(this, key)["delete"](key);
 }
 function mapCacheGet(key) {
  return getMapData(this, key).get(key);
 }
 function mapCacheHas(key) {
  return getMapData(this, key).has(key);
 }
 function mapCacheSet(key, value) {
  getMapData(this, key).set(key, value);
  return this;
 }
 MapCache.prototype.clear = mapCacheClear;
 MapCache.prototype["delete"] = mapCacheDelete;
 MapCache.prototype.get = mapCacheGet;
 MapCache.prototype.has = mapCacheHas;
 MapCache.prototype.set = mapCacheSet;
 function SetCache(values) {
  var index = -1, length = values ? values.length : 0;
  this.__data__ = new MapCache;
  while (++index < length) this.add(values[index]);
 }
 function setCacheAdd(value) {
  this.__data__.set(value, HASH_UNDEFINED);
  return this;
 }
 function setCacheHas(value) {
  return this.__data__.has(value);
 }
 SetCache.prototype.add = SetCache.prototype.push = setCacheAdd;
 SetCache.prototype.has = setCacheHas;
 function assocIndexOf(array, key) {
  var length = array.length;
  while (length--) if (eq(array[length][0], key)) return length;
  return -1;
 }
 function baseIsNative(value) {
  if (!isObject(value) || isMasked(value)) return false;
  var pattern = isFunction(value) || isHostObject(value) ? reIsNative : reIsHostCtor;
  return pattern.test(toSource(value));
 }
 function baseUniq(array, iteratee, comparator) {
  var index = -1, includes = arrayIncludes, length = array.length, isCommon = true, result = [], seen = result;
  if (comparator) {
   isCommon = false;
   includes = arrayIncludesWith;
  } else if (length >= LARGE_ARRAY_SIZE) {
   var set = createSet(array);
   if (set) return setToArray(set);
   isCommon = false;
   includes = cacheHas;
   seen = new SetCache;
  } else seen = result;
  outer: while (++index < length) {
   var value = array[index], computed = value;
   value = comparator || value !== 0 ? value : 0;
   if (isCommon && computed === computed) {
    var seenIndex = seen.length;
    while (seenIndex--) if (seen[seenIndex] === computed) continue outer;
    result.push(value);
   } else if (!includes(seen, computed, comparator)) {
    if (seen !== result) seen.push(computed);
    result.push(value);
   }
  }
  return result;
 }
 var createSet = !(Set && 1 / setToArray(new Set([ , -0 ]))[1] == INFINITY) ? noop : function(values) {
  return new Set(values);
 };
 function getMapData(map, key) {
  var data = map.__data__;
  return isKeyable(key) ? data[typeof key == "string" ? "string" : "hash"] : data.map;
 }
 function getNative(object, key) {
  var value = getValue(object, key);
  return baseIsNative(value) ? value : void 0;
 }
 function isKeyable(value) {
  var type = typeof value;
  return type == "string" || type == "number" || type == "symbol" || type == "boolean" ? value !== "__proto__" : value === null;
 }
 function isMasked(func) {
  return !!maskSrcKey && maskSrcKey in func;
 }
 function toSource(func) {
  if (func != null) {
   try {
    return funcToString.call(func);
   } catch (e) {}
   try {
    return func + "";
   } catch (e) {}
  }
  return "";
 }
 function uniqWith(array, comparator) {
  return array && array.length ? baseUniq(array, void 0, comparator) : [];
 }
 function eq(value, other) {
  return value === other || value !== value && other !== other;
 }
 function isFunction(value) {
  var tag = isObject(value) ? objectToString.call(value) : "";
  return tag == funcTag || tag == genTag;
 }
 function isObject(value) {
  var type = typeof value;
  return !!value && (type == "object" || type == "function");
 }
 function noop() {}
 lodash_uniqwith = uniqWith;
 return lodash_uniqwith;
}

var lodash_sortby = {
 exports: {}
};

lodash_sortby.exports;

var hasRequiredLodash_sortby;

function requireLodash_sortby() {
 if (hasRequiredLodash_sortby) return lodash_sortby.exports;
 hasRequiredLodash_sortby = 1;
 (function(module, exports) {
  var LARGE_ARRAY_SIZE = 200;
  var FUNC_ERROR_TEXT = "Expected a function";
  var HASH_UNDEFINED = "__lodash_hash_undefined__";
  var UNORDERED_COMPARE_FLAG = 1, PARTIAL_COMPARE_FLAG = 2;
  var MAX_SAFE_INTEGER = 9007199254740991;
  var argsTag = "[object Arguments]", arrayTag = "[object Array]", boolTag = "[object Boolean]", dateTag = "[object Date]", errorTag = "[object Error]", funcTag = "[object Function]", genTag = "[object GeneratorFunction]", mapTag = "[object Map]", numberTag = "[object Number]", objectTag = "[object Object]", promiseTag = "[object Promise]", regexpTag = "[object RegExp]", setTag = "[object Set]", stringTag = "[object String]", symbolTag = "[object Symbol]", weakMapTag = "[object WeakMap]";
  var arrayBufferTag = "[object ArrayBuffer]", dataViewTag = "[object DataView]", float32Tag = "[object Float32Array]", float64Tag = "[object Float64Array]", int8Tag = "[object Int8Array]", int16Tag = "[object Int16Array]", int32Tag = "[object Int32Array]", uint8Tag = "[object Uint8Array]", uint8ClampedTag = "[object Uint8ClampedArray]", uint16Tag = "[object Uint16Array]", uint32Tag = "[object Uint32Array]";
  var reIsDeepProp = /\.|\[(?:[^[\]]*|(["'])(?:(?!\1)[^\\]|\\.)*?\1)\]/, reIsPlainProp = /^\w*$/, reLeadingDot = /^\./, rePropName = /[^.[\]]+|\[(?:(-?\d+(?:\.\d+)?)|(["'])((?:(?!\2)[^\\]|\\.)*?)\2)\]|(?=(?:\.|\[\])(?:\.|\[\]|$))/g;
  var reRegExpChar = /[\\^$.*+?()[\]{}|]/g;
  var reEscapeChar = /\\(\\)?/g;
  var reIsHostCtor = /^\[object .+?Constructor\]$/;
  var reIsUint = /^(?:0|[1-9]\d*)$/;
  var typedArrayTags = {};
  typedArrayTags[float32Tag] = typedArrayTags[float64Tag] = typedArrayTags[int8Tag] = typedArrayTags[int16Tag] = typedArrayTags[int32Tag] = typedArrayTags[uint8Tag] = typedArrayTags[uint8ClampedTag] = typedArrayTags[uint16Tag] = typedArrayTags[uint32Tag] = true;
  typedArrayTags[argsTag] = typedArrayTags[arrayTag] = typedArrayTags[arrayBufferTag] = typedArrayTags[boolTag] = typedArrayTags[dataViewTag] = typedArrayTags[dateTag] = typedArrayTags[errorTag] = typedArrayTags[funcTag] = typedArrayTags[mapTag] = typedArrayTags[numberTag] = typedArrayTags[objectTag] = typedArrayTags[regexpTag] = typedArrayTags[setTag] = typedArrayTags[stringTag] = typedArrayTags[weakMapTag] = false;
  var freeGlobal = typeof commonjsGlobal == "object" && commonjsGlobal && commonjsGlobal.Object === Object && commonjsGlobal;
  var freeSelf = typeof self == "object" && self && self.Object === Object && self;
  var root = freeGlobal || freeSelf || Function("return this")();
  var freeExports = exports && !exports.nodeType && exports;
  var freeModule = freeExports && "object" == "object" && module && !module.nodeType && module;
  var moduleExports = freeModule && freeModule.exports === freeExports;
  var freeProcess = moduleExports && freeGlobal.process;
  var nodeUtil = function() {
   try {
    return freeProcess && freeProcess.binding("util");
   } catch (e) {}
  }();
  var nodeIsTypedArray = nodeUtil && nodeUtil.isTypedArray;
  function apply(func, thisArg, args) {
   switch (args.length) {
   case 0:
    return func.call(thisArg);

   case 1:
    return func.call(thisArg, args[0]);

   case 2:
    return func.call(thisArg, args[0], args[1]);

   case 3:
    return func.call(thisArg, args[0], args[1], args[2]);
   }
   return func.apply(thisArg, args);
  }
  function arrayMap(array, iteratee) {
   var index = -1, length = array ? array.length : 0, result = Array(length);
   while (++index < length) result[index] = iteratee(array[index], index, array);
   return result;
  }
  function arrayPush(array, values) {
   var index = -1, length = values.length, offset = array.length;
   while (++index < length) array[offset + index] = values[index];
   return array;
  }
  function arraySome(array, predicate) {
   var index = -1, length = array ? array.length : 0;
   while (++index < length) if (predicate(array[index], index, array)) return true;
   return false;
  }
  function baseProperty(key) {
   return function(object) {
    return object == null ? void 0 : object[key];
   };
  }
  function baseSortBy(array, comparer) {
   var length = array.length;
   array.sort(comparer);
   while (length--) array[length] = array[length].value;
   return array;
  }
  function baseTimes(n, iteratee) {
   var index = -1, result = Array(n);
   while (++index < n) result[index] = iteratee(index);
   return result;
  }
  function baseUnary(func) {
   return function(value) {
    return func(value);
   };
  }
  function getValue(object, key) {
   return object == null ? void 0 : object[key];
  }
  function isHostObject(value) {
   var result = false;
   if (value != null && typeof value.toString != "function") try {
    result = !!(value + "");
   } catch (e) {}
   return result;
  }
  function mapToArray(map) {
   var index = -1, result = Array(map.size);
   map.forEach(function(value, key) {
    result[++index] = [ key, value ];
   });
   return result;
  }
  function overArg(func, transform) {
   return function(arg) {
    return func(transform(arg));
   };
  }
  function setToArray(set) {
   var index = -1, result = Array(set.size);
   set.forEach(function(value) {
    result[++index] = value;
   });
   return result;
  }
  var arrayProto = Array.prototype, funcProto = Function.prototype, objectProto = Object.prototype;
  var coreJsData = root["__core-js_shared__"];
  var maskSrcKey = function() {
   var uid = /[^.]+$/.exec(coreJsData && coreJsData.keys && coreJsData.keys.IE_PROTO || "");
   return uid ? "Symbol(src)_1." + uid : "";
  }();
  var funcToString = funcProto.toString;
  var hasOwnProperty = objectProto.hasOwnProperty;
  var objectToString = objectProto.toString;
  var reIsNative = RegExp("^" + funcToString.call(hasOwnProperty).replace(reRegExpChar, "\\$&").replace(/hasOwnProperty|(function).*?(?=\\\()| for .+?(?=\\\])/g, "$1.*?") + "$");
  var Symbol = root.Symbol, Uint8Array = root.Uint8Array, propertyIsEnumerable = objectProto.propertyIsEnumerable, splice = arrayProto.splice, spreadableSymbol = Symbol ? Symbol.isConcatSpreadable : void 0;
  var nativeKeys = overArg(Object.keys, Object), nativeMax = Math.max;
  var DataView = getNative(root, "DataView"), Map = getNative(root, "Map"), Promise = getNative(root, "Promise"), Set = getNative(root, "Set"), WeakMap = getNative(root, "WeakMap"), nativeCreate = getNative(Object, "create");
  var dataViewCtorString = toSource(DataView), mapCtorString = toSource(Map), promiseCtorString = toSource(Promise), setCtorString = toSource(Set), weakMapCtorString = toSource(WeakMap);
  var symbolProto = Symbol ? Symbol.prototype : void 0, symbolValueOf = symbolProto ? symbolProto.valueOf : void 0, symbolToString = symbolProto ? symbolProto.toString : void 0;
  function Hash(entries) {
   var index = -1, length = entries ? entries.length : 0;
   this.clear();
   while (++index < length) {
    var entry = entries[index];
    this.set(entry[0], entry[1]);
   }
  }
  function hashClear() {
   this.__data__ = nativeCreate ? nativeCreate(null) : {};
  }
  function hashDelete(key) {
   return this.has(key) && delete this.__data__[key];
  }
  function hashGet(key) {
   var data = this.__data__;
   if (nativeCreate) {
    var result = data[key];
    return result === HASH_UNDEFINED ? void 0 : result;
   }
   return hasOwnProperty.call(data, key) ? data[key] : void 0;
  }
  function hashHas(key) {
   var data = this.__data__;
   return nativeCreate ? data[key] !== void 0 : hasOwnProperty.call(data, key);
  }
  function hashSet(key, value) {
   var data = this.__data__;
   data[key] = nativeCreate && value === void 0 ? HASH_UNDEFINED : value;
   return this;
  }
  Hash.prototype.clear = hashClear;
  Hash.prototype["delete"] = hashDelete;
  Hash.prototype.get = hashGet;
  Hash.prototype.has = hashHas;
  Hash.prototype.set = hashSet;
  function ListCache(entries) {
   var index = -1, length = entries ? entries.length : 0;
   this.clear();
   while (++index < length) {
    var entry = entries[index];
    this.set(entry[0], entry[1]);
   }
  }
  function listCacheClear() {
   this.__data__ = [];
  }
  function listCacheDelete(key) {
   var data = this.__data__, index = assocIndexOf(data, key);
   if (index < 0) return false;
   var lastIndex = data.length - 1;
   if (index == lastIndex) data.pop(); else splice.call(data, index, 1);
   return true;
  }
  function listCacheGet(key) {
   var data = this.__data__, index = assocIndexOf(data, key);
   return index < 0 ? void 0 : data[index][1];
  }
  function listCacheHas(key) {
   return assocIndexOf(this.__data__, key) > -1;
  }
  function listCacheSet(key, value) {
   var data = this.__data__, index = assocIndexOf(data, key);
   if (index < 0) data.push([ key, value ]); else data[index][1] = value;
   return this;
  }
  ListCache.prototype.clear = listCacheClear;
  ListCache.prototype["delete"] = listCacheDelete;
  ListCache.prototype.get = listCacheGet;
  ListCache.prototype.has = listCacheHas;
  ListCache.prototype.set = listCacheSet;
  function MapCache(entries) {
   var index = -1, length = entries ? entries.length : 0;
   this.clear();
   while (++index < length) {
    var entry = entries[index];
    this.set(entry[0], entry[1]);
   }
  }
  function mapCacheClear() {
   this.__data__ = {
    hash: new Hash,
    map: new (Map || ListCache),
    string: new Hash
   };
  }
  function mapCacheDelete(key) {
   return getMapData(this, key)["delete"](key);
  }
  function mapCacheGet(key) {
   return getMapData(this, key).get(key);
  }
  function mapCacheHas(key) {
   return getMapData(this, key).has(key);
  }
  function mapCacheSet(key, value) {
   getMapData(this, key).set(key, value);
   return this;
  }
  MapCache.prototype.clear = mapCacheClear;
  MapCache.prototype["delete"] = mapCacheDelete;
  MapCache.prototype.get = mapCacheGet;
  MapCache.prototype.has = mapCacheHas;
  MapCache.prototype.set = mapCacheSet;
  function SetCache(values) {
   var index = -1, length = values ? values.length : 0;
   this.__data__ = new MapCache;
   while (++index < length) this.add(values[index]);
  }
  function setCacheAdd(value) {
   this.__data__.set(value, HASH_UNDEFINED);
   return this;
  }
  function setCacheHas(value) {
   return this.__data__.has(value);
  }
  SetCache.prototype.add = SetCache.prototype.push = setCacheAdd;
  SetCache.prototype.has = setCacheHas;
  function Stack(entries) {
   this.__data__ = new ListCache(entries);
  }
  function stackClear() {
   this.__data__ = new ListCache;
  }
  function stackDelete(key) {
   return this.__data__["delete"](key);
  }
  function stackGet(key) {
   return this.__data__.get(key);
  }
  function stackHas(key) {
   return this.__data__.has(key);
  }
  function stackSet(key, value) {
   var cache = this.__data__;
   if (cache instanceof ListCache) {
    var pairs = cache.__data__;
    if (!Map || pairs.length < LARGE_ARRAY_SIZE - 1) {
     pairs.push([ key, value ]);
     return this;
    }
    cache = this.__data__ = new MapCache(pairs);
   }
   cache.set(key, value);
   return this;
  }
  Stack.prototype.clear = stackClear;
  Stack.prototype["delete"] = stackDelete;
  Stack.prototype.get = stackGet;
  Stack.prototype.has = stackHas;
  Stack.prototype.set = stackSet;
  function arrayLikeKeys(value, inherited) {
   var result = isArray(value) || isArguments(value) ? baseTimes(value.length, String) : [];
   var length = result.length, skipIndexes = !!length;
   for (var key in value) if (hasOwnProperty.call(value, key) && !(skipIndexes && (key == "length" || isIndex(key, length)))) result.push(key);
   return result;
  }
  function assocIndexOf(array, key) {
   var length = array.length;
   while (length--) if (eq(array[length][0], key)) return length;
   return -1;
  }
  var baseEach = createBaseEach(baseForOwn);
  function baseFlatten(array, depth, predicate, isStrict, result) {
   var index = -1, length = array.length;
   predicate || (predicate = isFlattenable);
   result || (result = []);
   while (++index < length) {
    var value = array[index];
    if (predicate(value)) arrayPush(result, value); else result[result.length] = value;
   }
   return result;
  }
  var baseFor = createBaseFor();
  function baseForOwn(object, iteratee) {
   return object && baseFor(object, iteratee, keys);
  }
  function baseGet(object, path) {
   path = isKey(path, object) ? [ path ] : castPath(path);
   var index = 0, length = path.length;
   while (object != null && index < length) object = object[toKey(path[index++])];
   return index && index == length ? object : void 0;
  }
  function baseGetTag(value) {
   return objectToString.call(value);
  }
  function baseHasIn(object, key) {
   return object != null && key in Object(object);
  }
  function baseIsEqual(value, other, customizer, bitmask, stack) {
   if (value === other) return true;
   if (value == null || other == null || !isObject(value) && !isObjectLike(other)) return value !== value && other !== other;
   return baseIsEqualDeep(value, other, baseIsEqual, customizer, bitmask, stack);
  }
  function baseIsEqualDeep(object, other, equalFunc, customizer, bitmask, stack) {
   var objIsArr = isArray(object), othIsArr = isArray(other), objTag = arrayTag, othTag = arrayTag;
   if (!objIsArr) {
    objTag = getTag(object);
    objTag = objTag == argsTag ? objectTag : objTag;
   }
   if (!othIsArr) {
    othTag = getTag(other);
    othTag = othTag == argsTag ? objectTag : othTag;
   }
   var objIsObj = objTag == objectTag && !isHostObject(object), othIsObj = othTag == objectTag && !isHostObject(other), isSameTag = objTag == othTag;
   if (isSameTag && !objIsObj) {
    stack || (stack = new Stack);
    return objIsArr || isTypedArray(object) ? equalArrays(object, other, equalFunc, customizer, bitmask, stack) : equalByTag(object, other, objTag, equalFunc, customizer, bitmask, stack);
   }
   if (!(bitmask & PARTIAL_COMPARE_FLAG)) {
    var objIsWrapped = objIsObj && hasOwnProperty.call(object, "__wrapped__"), othIsWrapped = othIsObj && hasOwnProperty.call(other, "__wrapped__");
    if (objIsWrapped || othIsWrapped) {
     var objUnwrapped = objIsWrapped ? object.value() : object, othUnwrapped = othIsWrapped ? other.value() : other;
     stack || (stack = new Stack);
     return equalFunc(objUnwrapped, othUnwrapped, customizer, bitmask, stack);
    }
   }
   if (!isSameTag) return false;
   stack || (stack = new Stack);
   return equalObjects(object, other, equalFunc, customizer, bitmask, stack);
  }
  function baseIsMatch(object, source, matchData, customizer) {
   var index = matchData.length, length = index;
   if (object == null) return !length;
   object = Object(object);
   while (index--) {
    var data = matchData[index];
    if (data[2] ? data[1] !== object[data[0]] : !(data[0] in object)) return false;
   }
   while (++index < length) {
    data = matchData[index];
    var key = data[0], objValue = object[key], srcValue = data[1];
    if (data[2]) {
     if (objValue === void 0 && !(key in object)) return false;
    } else {
     var stack = new Stack;
     var result;
     if (!(result === void 0 ? baseIsEqual(srcValue, objValue, customizer, UNORDERED_COMPARE_FLAG | PARTIAL_COMPARE_FLAG, stack) : result)) return false;
    }
   }
   return true;
  }
  function baseIsNative(value) {
   if (!isObject(value) || isMasked(value)) return false;
   var pattern = isFunction(value) || isHostObject(value) ? reIsNative : reIsHostCtor;
   return pattern.test(toSource(value));
  }
  function baseIsTypedArray(value) {
   return isObjectLike(value) && isLength(value.length) && !!typedArrayTags[objectToString.call(value)];
  }
  function baseIteratee(value) {
   if (typeof value == "function") return value;
   if (value == null) return identity;
   if (typeof value == "object") return isArray(value) ? baseMatchesProperty(value[0], value[1]) : baseMatches(value);
   return property(value);
  }
  function baseKeys(object) {
   if (!isPrototype(object)) return nativeKeys(object);
   var result = [];
   for (var key in Object(object)) if (hasOwnProperty.call(object, key) && key != "constructor") result.push(key);
   return result;
  }
  function baseMap(collection, iteratee) {
   var index = -1, result = isArrayLike(collection) ? Array(collection.length) : [];
   baseEach(collection, function(value, key, collection) {
    result[++index] = iteratee(value, key, collection);
   });
   return result;
  }
  function baseMatches(source) {
   var matchData = getMatchData(source);
   if (matchData.length == 1 && matchData[0][2]) return matchesStrictComparable(matchData[0][0], matchData[0][1]);
   return function(object) {
    return object === source || baseIsMatch(object, source, matchData);
   };
  }
  function baseMatchesProperty(path, srcValue) {
   if (isKey(path) && isStrictComparable(srcValue)) return matchesStrictComparable(toKey(path), srcValue);
   return function(object) {
    var objValue = get(object, path);
    return objValue === void 0 && objValue === srcValue ? hasIn(object, path) : baseIsEqual(srcValue, objValue, void 0, UNORDERED_COMPARE_FLAG | PARTIAL_COMPARE_FLAG);
   };
  }
  function baseOrderBy(collection, iteratees, orders) {
   var index = -1;
   iteratees = arrayMap(iteratees.length ? iteratees : [ identity ], baseUnary(baseIteratee));
   var result = baseMap(collection, function(value, key, collection) {
    var criteria = arrayMap(iteratees, function(iteratee) {
     return iteratee(value);
    });
    return {
     criteria: criteria,
     index: ++index,
     value: value
    };
   });
   return baseSortBy(result, function(object, other) {
    return compareMultiple(object, other, orders);
   });
  }
  function basePropertyDeep(path) {
   return function(object) {
    return baseGet(object, path);
   };
  }
  function baseRest(func, start) {
   start = nativeMax(start === void 0 ? func.length - 1 : start, 0);
   return function() {
    var args = arguments, index = -1, length = nativeMax(args.length - start, 0), array = Array(length);
    while (++index < length) array[index] = args[start + index];
    index = -1;
    var otherArgs = Array(start + 1);
    while (++index < start) otherArgs[index] = args[index];
    otherArgs[start] = array;
    return apply(func, this, otherArgs);
   };
  }
  function baseToString(value) {
   if (typeof value == "string") return value;
   if (isSymbol(value)) return symbolToString ? symbolToString.call(value) : "";
   var result = value + "";
   return result == "0" && 1 / value == -1 / 0 ? "-0" : result;
  }
  function castPath(value) {
   return isArray(value) ? value : stringToPath(value);
  }
  function compareAscending(value, other) {
   if (value !== other) {
    var valIsDefined = value !== void 0, valIsNull = value === null, valIsReflexive = value === value, valIsSymbol = isSymbol(value);
    var othIsDefined = other !== void 0, othIsNull = other === null, othIsReflexive = other === other, othIsSymbol = isSymbol(other);
    if (!othIsNull && !othIsSymbol && !valIsSymbol && value > other || valIsSymbol && othIsDefined && othIsReflexive && !othIsNull && !othIsSymbol || valIsNull && othIsDefined && othIsReflexive || !valIsDefined && othIsReflexive || !valIsReflexive) return 1;
    if (!valIsNull && !valIsSymbol && !othIsSymbol && value < other || othIsSymbol && valIsDefined && valIsReflexive && !valIsNull && !valIsSymbol || othIsNull && valIsDefined && valIsReflexive || !othIsDefined && valIsReflexive || !othIsReflexive) return -1;
   }
   return 0;
  }
  function compareMultiple(object, other, orders) {
   var index = -1, objCriteria = object.criteria, othCriteria = other.criteria, length = objCriteria.length, ordersLength = orders.length;
   while (++index < length) {
    var result = compareAscending(objCriteria[index], othCriteria[index]);
    if (result) {
     if (index >= ordersLength) return result;
     var order = orders[index];
     return result * (order == "desc" ? -1 : 1);
    }
   }
   return object.index - other.index;
  }
  function createBaseEach(eachFunc, fromRight) {
   return function(collection, iteratee) {
    if (collection == null) return collection;
    if (!isArrayLike(collection)) return eachFunc(collection, iteratee);
    var length = collection.length, index = -1, iterable = Object(collection);
    while (++index < length) if (iteratee(iterable[index], index, iterable) === false) break;
    return collection;
   };
  }
  function createBaseFor(fromRight) {
   return function(object, iteratee, keysFunc) {
    var index = -1, iterable = Object(object), props = keysFunc(object), length = props.length;
    while (length--) {
     var key = props[++index];
     if (iteratee(iterable[key], key, iterable) === false) break;
    }
    return object;
   };
  }
  function equalArrays(array, other, equalFunc, customizer, bitmask, stack) {
   var isPartial = bitmask & PARTIAL_COMPARE_FLAG, arrLength = array.length, othLength = other.length;
   if (arrLength != othLength && !(isPartial && othLength > arrLength)) return false;
   var stacked = stack.get(array);
   if (stacked && stack.get(other)) return stacked == other;
   var index = -1, result = true, seen = bitmask & UNORDERED_COMPARE_FLAG ? new SetCache : void 0;
   stack.set(array, other);
   stack.set(other, array);
   while (++index < arrLength) {
    var arrValue = array[index], othValue = other[index];
    if (customizer) var compared = isPartial ? customizer(othValue, arrValue, index, other, array, stack) : customizer(arrValue, othValue, index, array, other, stack);
    if (compared !== void 0) {
     if (compared) continue;
     result = false;
     break;
    }
    if (seen) {
     if (!arraySome(other, function(othValue, othIndex) {
      if (!seen.has(othIndex) && (arrValue === othValue || equalFunc(arrValue, othValue, customizer, bitmask, stack))) return seen.add(othIndex);
     })) {
      result = false;
      break;
     }
    } else if (!(arrValue === othValue || equalFunc(arrValue, othValue, customizer, bitmask, stack))) {
     result = false;
     break;
    }
   }
   stack["delete"](array);
   stack["delete"](other);
   return result;
  }
  function equalByTag(object, other, tag, equalFunc, customizer, bitmask, stack) {
   switch (tag) {
   case dataViewTag:
    if (object.byteLength != other.byteLength || object.byteOffset != other.byteOffset) return false;
    object = object.buffer;
    other = other.buffer;

   case arrayBufferTag:
    if (object.byteLength != other.byteLength || !equalFunc(new Uint8Array(object), new Uint8Array(other))) return false;
    return true;

   case boolTag:
   case dateTag:
   case numberTag:
    return eq(+object, +other);

   case errorTag:
    return object.name == other.name && object.message == other.message;

   case regexpTag:
   case stringTag:
    return object == other + "";

   case mapTag:
    var convert = mapToArray;

   case setTag:
    var isPartial = bitmask & PARTIAL_COMPARE_FLAG;
    convert || (convert = setToArray);
    if (object.size != other.size && !isPartial) return false;
    var stacked = stack.get(object);
    if (stacked) return stacked == other;
    bitmask |= UNORDERED_COMPARE_FLAG;
    stack.set(object, other);
    var result = equalArrays(convert(object), convert(other), equalFunc, customizer, bitmask, stack);
    stack["delete"](object);
    return result;

   case symbolTag:
    if (symbolValueOf) return symbolValueOf.call(object) == symbolValueOf.call(other);
   }
   return false;
  }
  function equalObjects(object, other, equalFunc, customizer, bitmask, stack) {
   var isPartial = bitmask & PARTIAL_COMPARE_FLAG, objProps = keys(object), objLength = objProps.length, othProps = keys(other), othLength = othProps.length;
   if (objLength != othLength && !isPartial) return false;
   var index = objLength;
   while (index--) {
    var key = objProps[index];
    if (!(isPartial ? key in other : hasOwnProperty.call(other, key))) return false;
   }
   var stacked = stack.get(object);
   if (stacked && stack.get(other)) return stacked == other;
   var result = true;
   stack.set(object, other);
   stack.set(other, object);
   var skipCtor = isPartial;
   while (++index < objLength) {
    key = objProps[index];
    var objValue = object[key], othValue = other[key];
    if (customizer) var compared = isPartial ? customizer(othValue, objValue, key, other, object, stack) : customizer(objValue, othValue, key, object, other, stack);
    if (!(compared === void 0 ? objValue === othValue || equalFunc(objValue, othValue, customizer, bitmask, stack) : compared)) {
     result = false;
     break;
    }
    skipCtor || (skipCtor = key == "constructor");
   }
   if (result && !skipCtor) {
    var objCtor = object.constructor, othCtor = other.constructor;
    if (objCtor != othCtor && "constructor" in object && "constructor" in other && !(typeof objCtor == "function" && objCtor instanceof objCtor && typeof othCtor == "function" && othCtor instanceof othCtor)) result = false;
   }
   stack["delete"](object);
   stack["delete"](other);
   return result;
  }
  function getMapData(map, key) {
   var data = map.__data__;
   return isKeyable(key) ? data[typeof key == "string" ? "string" : "hash"] : data.map;
  }
  function getMatchData(object) {
   var result = keys(object), length = result.length;
   while (length--) {
    var key = result[length], value = object[key];
    result[length] = [ key, value, isStrictComparable(value) ];
   }
   return result;
  }
  function getNative(object, key) {
   var value = getValue(object, key);
   return baseIsNative(value) ? value : void 0;
  }
  var getTag = baseGetTag;
  if (DataView && getTag(new DataView(new ArrayBuffer(1))) != dataViewTag || Map && getTag(new Map) != mapTag || Promise && getTag(Promise.resolve()) != promiseTag || Set && getTag(new Set) != setTag || WeakMap && getTag(new WeakMap) != weakMapTag) getTag = function(value) {
   var result = objectToString.call(value), Ctor = result == objectTag ? value.constructor : void 0, ctorString = Ctor ? toSource(Ctor) : void 0;
   if (ctorString) switch (ctorString) {
   case dataViewCtorString:
    return dataViewTag;

   case mapCtorString:
    return mapTag;

   case promiseCtorString:
    return promiseTag;

   case setCtorString:
    return setTag;

   case weakMapCtorString:
    return weakMapTag;
   }
   return result;
  };
  function hasPath(object, path, hasFunc) {
   path = isKey(path, object) ? [ path ] : castPath(path);
   var result, index = -1, length = path.length;
   while (++index < length) {
    var key = toKey(path[index]);
    if (!(result = object != null && hasFunc(object, key))) break;
    object = object[key];
   }
   if (result) return result;
   length = object ? object.length : 0;
   return !!length && isLength(length) && isIndex(key, length) && (isArray(object) || isArguments(object));
  }
  function isFlattenable(value) {
   return isArray(value) || isArguments(value) || !!(spreadableSymbol && value && value[spreadableSymbol]);
  }
  function isIndex(value, length) {
   length = length == null ? MAX_SAFE_INTEGER : length;
   return !!length && (typeof value == "number" || reIsUint.test(value)) && value > -1 && value % 1 == 0 && value < length;
  }
  function isIterateeCall(value, index, object) {
   if (!isObject(object)) return false;
   var type = typeof index;
   if (type == "number" ? isArrayLike(object) && isIndex(index, object.length) : type == "string" && index in object) return eq(object[index], value);
   return false;
  }
  function isKey(value, object) {
   if (isArray(value)) return false;
   var type = typeof value;
   if (type == "number" || type == "symbol" || type == "boolean" || value == null || isSymbol(value)) return true;
   return reIsPlainProp.test(value) || !reIsDeepProp.test(value) || object != null && value in Object(object);
  }
  function isKeyable(value) {
   var type = typeof value;
   return type == "string" || type == "number" || type == "symbol" || type == "boolean" ? value !== "__proto__" : value === null;
  }
  function isMasked(func) {
   return !!maskSrcKey && maskSrcKey in func;
  }
  function isPrototype(value) {
   var Ctor = value && value.constructor, proto = typeof Ctor == "function" && Ctor.prototype || objectProto;
   return value === proto;
  }
  function isStrictComparable(value) {
   return value === value && !isObject(value);
  }
  function matchesStrictComparable(key, srcValue) {
   return function(object) {
    if (object == null) return false;
    return object[key] === srcValue && (srcValue !== void 0 || key in Object(object));
   };
  }
  var stringToPath = memoize(function(string) {
   string = toString(string);
   var result = [];
   if (reLeadingDot.test(string)) result.push("");
   string.replace(rePropName, function(match, number, quote, string) {
    result.push(quote ? string.replace(reEscapeChar, "$1") : number || match);
   });
   return result;
  });
  function toKey(value) {
   if (typeof value == "string" || isSymbol(value)) return value;
   var result = value + "";
   return result == "0" && 1 / value == -1 / 0 ? "-0" : result;
  }
  function toSource(func) {
   if (func != null) {
    try {
     return funcToString.call(func);
    } catch (e) {}
    try {
     return func + "";
    } catch (e) {}
   }
   return "";
  }
  var sortBy = baseRest(function(collection, iteratees) {
   if (collection == null) return [];
   var length = iteratees.length;
   if (length > 1 && isIterateeCall(collection, iteratees[0], iteratees[1])) iteratees = []; else if (length > 2 && isIterateeCall(iteratees[0], iteratees[1], iteratees[2])) iteratees = [ iteratees[0] ];
   return baseOrderBy(collection, baseFlatten(iteratees), []);
  });
  function memoize(func, resolver) {
   if (typeof func != "function" || resolver && typeof resolver != "function") throw new TypeError(FUNC_ERROR_TEXT);
   var memoized = function() {
    var args = arguments, key = resolver ? resolver.apply(this, args) : args[0], cache = memoized.cache;
    if (cache.has(key)) return cache.get(key);
    var result = func.apply(this, args);
    memoized.cache = cache.set(key, result);
    return result;
   };
   memoized.cache = new (memoize.Cache || MapCache);
   return memoized;
  }
  memoize.Cache = MapCache;
  function eq(value, other) {
   return value === other || value !== value && other !== other;
  }
  function isArguments(value) {
   return isArrayLikeObject(value) && hasOwnProperty.call(value, "callee") && (!propertyIsEnumerable.call(value, "callee") || objectToString.call(value) == argsTag);
  }
  var isArray = Array.isArray;
  function isArrayLike(value) {
   return value != null && isLength(value.length) && !isFunction(value);
  }
  function isArrayLikeObject(value) {
   return isObjectLike(value) && isArrayLike(value);
  }
  function isFunction(value) {
   var tag = isObject(value) ? objectToString.call(value) : "";
   return tag == funcTag || tag == genTag;
  }
  function isLength(value) {
   return typeof value == "number" && value > -1 && value % 1 == 0 && value <= MAX_SAFE_INTEGER;
  }
  function isObject(value) {
   var type = typeof value;
   return !!value && (type == "object" || type == "function");
  }
  function isObjectLike(value) {
   return !!value && typeof value == "object";
  }
  function isSymbol(value) {
   return typeof value == "symbol" || isObjectLike(value) && objectToString.call(value) == symbolTag;
  }
  var isTypedArray = nodeIsTypedArray ? baseUnary(nodeIsTypedArray) : baseIsTypedArray;
  function toString(value) {
   return value == null ? "" : baseToString(value);
  }
  function get(object, path, defaultValue) {
   var result = object == null ? void 0 : baseGet(object, path);
   return result === void 0 ? defaultValue : result;
  }
  function hasIn(object, path) {
   return object != null && hasPath(object, path, baseHasIn);
  }
  function keys(object) {
   return isArrayLike(object) ? arrayLikeKeys(object) : baseKeys(object);
  }
  function identity(value) {
   return value;
  }
  function property(path) {
   return isKey(path) ? baseProperty(toKey(path)) : basePropertyDeep(path);
  }
  module.exports = sortBy;
 })(lodash_sortby, lodash_sortby.exports);
 return lodash_sortby.exports;
}

var escapeStringRegexp;

var hasRequiredEscapeStringRegexp;

function requireEscapeStringRegexp() {
 if (hasRequiredEscapeStringRegexp) return escapeStringRegexp;
 hasRequiredEscapeStringRegexp = 1;
 escapeStringRegexp = string => {
  if (typeof string !== "string") throw new TypeError("Expected a string");
  return string.replace(/[|\\{}()[\]^$+*?.]/g, "\\$&").replace(/-/g, "\\x2d");
 };
 return escapeStringRegexp;
}

var regexpParse = {};

var hasRequiredRegexpParse;

function requireRegexpParse() {
 if (hasRequiredRegexpParse) return regexpParse;
 hasRequiredRegexpParse = 1;
 Object.defineProperty(regexpParse, "__esModule", {
  value: true
 });
 regexpParse.isRegExpString = regexpParse.parseRegExpString = void 0;
 var REGEXP_LITERAL_PATTERN = /^\/(.+)\/([guimysd]*)$/;
 var parseRegExpString = function(str) {
  var result = str.match(REGEXP_LITERAL_PATTERN);
  if (!result) return null;
  return {
   source: result[1],
   flagString: result[2]
  };
 };
 regexpParse.parseRegExpString = parseRegExpString;
 var isRegExpString = function(str) {
  return REGEXP_LITERAL_PATTERN.test(str);
 };
 regexpParse.isRegExpString = isRegExpString;
 return regexpParse;
}

var hasRequiredRegexpStringMatcher;

function requireRegexpStringMatcher() {
 if (hasRequiredRegexpStringMatcher) return regexpStringMatcher;
 hasRequiredRegexpStringMatcher = 1;
 (function(exports) {
  var __importDefault = regexpStringMatcher && regexpStringMatcher.__importDefault || function(mod) {
   return mod && mod.__esModule ? mod : {
    default: mod
   };
  };
  Object.defineProperty(exports, "__esModule", {
   value: true
  });
  exports.matchPatterns = exports.createRegExp = void 0;
  var lodash_uniq_1 = __importDefault(requireLodash_uniq());
  var lodash_uniqwith_1 = __importDefault(requireLodash_uniqwith());
  var lodash_sortby_1 = __importDefault(requireLodash_sortby());
  var escape_string_regexp_1 = __importDefault(requireEscapeStringRegexp());
  var regexp_parse_1 = requireRegexpParse();
  var DEFAULT_FLAGS = "ug";
  var defaultFlags = function(flagsString) {
   if (flagsString.length === 0) return DEFAULT_FLAGS;
   return (0, lodash_uniq_1.default)((flagsString + DEFAULT_FLAGS).split("")).join("");
  };
  var createRegExp = function(patternString, defaultFlag) {
   if (defaultFlag === void 0) defaultFlag = DEFAULT_FLAGS;
   if (patternString.length === 0) throw new Error("Empty string can not handled");
   if ((0, regexp_parse_1.isRegExpString)(patternString)) {
    var regExpStructure = (0, regexp_parse_1.parseRegExpString)(patternString);
    if (regExpStructure) return new RegExp(regExpStructure.source, defaultFlags(regExpStructure.flagString));
    throw new Error('"'.concat(patternString, '" can not parse as RegExp.'));
   } else return new RegExp((0, escape_string_regexp_1.default)(patternString), defaultFlag);
  };
  exports.createRegExp = createRegExp;
  var isEqualMatchPatternResult = function(a, b) {
   return a.startIndex === b.startIndex && a.endIndex === b.endIndex && a.match === b.match;
  };
  var matchPatterns = function(text, regExpLikeStrings) {
   var matchPatternResults = [];
   regExpLikeStrings.map(function(patternString) {
    return (0, exports.createRegExp)(patternString);
   }).forEach(function(regExp) {
    var results = text.matchAll(regExp);
    Array.from(results).forEach(function(result) {
     if (result.index === void 0) return;
     var match = result[0];
     var index = result.index;
     matchPatternResults.push({
      match: match,
      captures: result.slice(1),
      startIndex: index,
      endIndex: index + match.length
     });
    });
   });
   var uniqResults = (0, lodash_uniqwith_1.default)(matchPatternResults, isEqualMatchPatternResult);
   return (0, lodash_sortby_1.default)(uniqResults, [ "startIndex", "endIndex" ]);
  };
  exports.matchPatterns = matchPatterns;
 })(regexpStringMatcher);
 return regexpStringMatcher;
}

var regexpStringMatcherExports = requireRegexpStringMatcher();

const BUILTIN_IGNORED = {
 AWSAccountID: [ "AKIAIOSFODNN7EXAMPLE" ],
 AWSSecretAccessKey: [ "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" ]
};

const messages$r = {
 AWSAccountID: {
  en: props => `found AWS Account ID: ${props.ID}`,
  ja: props => `AWS Account ID: ${props.ID} がみつかりました`
 },
 AWSSecretAccessKey: {
  en: props => `found AWS Secret Access Key: ${props.KEY}`,
  ja: props => `AWS Secret Access Key: ${props.KEY} がみつかりました`
 },
 AWSAccessKeyID: {
  en: props => `found AWS Access Key ID: ${props.ID}`,
  ja: props => `AWS Access Key Id: ${props.ID} がみつかりました`
 }
};

const reportAWSAccessKey = ({t: t, source: source, context: context, options: options}) => {
 const AWSAccessKeyIDPattern = /\b(A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}\b/g;
 const results = source.content.matchAll(AWSAccessKeyIDPattern);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  if (BUILTIN_IGNORED.AWSAccountID.includes(match)) continue;
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("AWSAccessKeyID", {
    ID: match
   }),
   range: range
  });
 }
};

const reportAWSSecretAccessKey = ({t: t, source: source, context: context, options: options}) => {
 const AWS = "(?:AWS|aws|Aws)?_?";
 const QUOTE = `["']?`;
 const CONNECT = "\\s*(?::|=>|=)\\s*";
 const AWSSecretPatten = new RegExp(String.raw`${QUOTE}${AWS}(?:SECRET|secret|Secret)_?(?:ACCESS|access|Access)_?(?:KEY|key|Key)${QUOTE}${CONNECT}${QUOTE}([A-Za-z0-9/\+=]{40})${QUOTE}\b`, "g");
 const results = source.content.matchAll(AWSSecretPatten);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[1] || "";
  const range = [ index, index + match.length ];
  if (BUILTIN_IGNORED.AWSSecretAccessKey.includes(match)) continue;
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("AWSSecretAccessKey", {
    KEY: match
   }),
   range: range
  });
 }
};

const reportAWSAccountID = ({t: t, source: source, context: context, options: options}) => {
 const AWS = "(AWS|aws|Aws)?_?";
 const QUOTE = `("|')?`;
 const CONNECT = "\\s*(:|=>|=)\\s*";
 const AWSSecretPatten = new RegExp(String.raw`${QUOTE}${AWS}(ACCOUNT|account|Account)_?(ID|id|Id)?${QUOTE}${CONNECT}${QUOTE}[0-9]{4}\-?[0-9]{4}\-?[0-9]{4}${QUOTE}\b`, "g");
 const results = source.content.matchAll(AWSSecretPatten);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("AWSAccountID", {
    ID: match
   }),
   range: range
  });
 }
};

const creator$s = {
 messages: messages$r,
 meta: {
  id: "@secretlint/secretlint-rule-aws",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-aws/README.md"
  }
 },
 create(context, options) {
  const normalizedOptions = {
   allows: options.allows || [],
   enableIDScanRule: options.enableIDScanRule ?? false
  };
  const t = context.createTranslator(messages$r);
  return {
   file(source) {
    if (normalizedOptions.enableIDScanRule) {
     reportAWSAccessKey({
      t: t,
      source: source,
      context: context,
      options: normalizedOptions
     });
     reportAWSAccountID({
      t: t,
      source: source,
      context: context,
      options: normalizedOptions
     });
    }
    reportAWSSecretAccessKey({
     t: t,
     source: source,
     context: context,
     options: normalizedOptions
    });
   }
  };
 }
};

const TAG_INTEGER = 2;

const TAG_OCTET_STRING = 4;

const TAG_NULL = 5;

const TAG_OID = 6;

const TAG_SEQUENCE = 48;

const TAG_CONTEXT_0 = 160;

function readTlv(buf, offset) {
 if (offset + 2 > buf.length) throw new Error("PKCS12: truncated TLV header");
 const tag = buf[offset];
 const lenByte = buf[offset + 1];
 let length;
 let contentStart;
 if (lenByte < 128) {
  length = lenByte;
  contentStart = offset + 2;
 } else {
  const lenBytes = lenByte & 127;
  if (lenBytes === 0 || lenBytes > 4) throw new Error("PKCS12: unsupported ASN.1 length encoding");
  if (offset + 2 + lenBytes > buf.length) throw new Error("PKCS12: truncated ASN.1 length");
  length = 0;
  for (let i = 0; i < lenBytes; i++) length = length * 256 + buf[offset + 2 + i];
  contentStart = offset + 2 + lenBytes;
 }
 const end = contentStart + length;
 if (end > buf.length) throw new Error("PKCS12: TLV extends past buffer");
 return {
  tag: tag,
  content: buf.subarray(contentStart, end),
  end: end
 };
}

function expectTag(tlv, tag, label) {
 if (tlv.tag !== tag) throw new Error(`PKCS12: expected ${label} tag 0x${tag.toString(16)} but got 0x${tlv.tag.toString(16)}`);
}

function readInteger(tlv) {
 expectTag(tlv, TAG_INTEGER, "INTEGER");
 let value = 0;
 for (const byte of tlv.content) value = value * 256 + byte;
 return value;
}

function bytesEqual(a, b) {
 if (a.length !== b.length) return false;
 let diff = 0;
 for (let i = 0; i < a.length; i++) diff |= a[i] ^ b[i];
 return diff === 0;
}

const OID_DATA = new Uint8Array([ 42, 134, 72, 134, 247, 13, 1, 7, 1 ]);

const OID_SHA1 = new Uint8Array([ 43, 14, 3, 2, 26 ]);

const OID_SHA256 = new Uint8Array([ 96, 134, 72, 1, 101, 3, 4, 2, 1 ]);

const OID_SHA384 = new Uint8Array([ 96, 134, 72, 1, 101, 3, 4, 2, 2 ]);

const OID_SHA512 = new Uint8Array([ 96, 134, 72, 1, 101, 3, 4, 2, 3 ]);

const MAC_HASHES = [ {
 oid: OID_SHA1,
 hash: {
  name: "SHA-1",
  outputSize: 20,
  blockSize: 64
 }
}, {
 oid: OID_SHA256,
 hash: {
  name: "SHA-256",
  outputSize: 32,
  blockSize: 64
 }
}, {
 oid: OID_SHA384,
 hash: {
  name: "SHA-384",
  outputSize: 48,
  blockSize: 128
 }
}, {
 oid: OID_SHA512,
 hash: {
  name: "SHA-512",
  outputSize: 64,
  blockSize: 128
 }
} ];

function matchHash(oidBytes) {
 for (const {oid: oid, hash: hash} of MAC_HASHES) if (bytesEqual(oidBytes, oid)) return hash;
 return;
}

const MAX_MAC_ITERATIONS = 1e6;

function parsePkcs12(buf) {
 const pfx = readTlv(buf, 0);
 expectTag(pfx, TAG_SEQUENCE, "PFX SEQUENCE");
 const version = readTlv(pfx.content, 0);
 if (readInteger(version) !== 3) throw new Error("PKCS12: unsupported version");
 const authSafeInfo = readTlv(pfx.content, version.end);
 expectTag(authSafeInfo, TAG_SEQUENCE, "ContentInfo SEQUENCE");
 const contentType = readTlv(authSafeInfo.content, 0);
 expectTag(contentType, TAG_OID, "contentType OID");
 if (!bytesEqual(contentType.content, OID_DATA)) throw new Error("PKCS12: unsupported authSafe contentType");
 const explicit0 = readTlv(authSafeInfo.content, contentType.end);
 expectTag(explicit0, TAG_CONTEXT_0, "[0] EXPLICIT");
 const authSafeOctet = readTlv(explicit0.content, 0);
 expectTag(authSafeOctet, TAG_OCTET_STRING, "authSafe OCTET STRING");
 const macData = readTlv(pfx.content, authSafeInfo.end);
 expectTag(macData, TAG_SEQUENCE, "MacData SEQUENCE");
 const digestInfo = readTlv(macData.content, 0);
 expectTag(digestInfo, TAG_SEQUENCE, "DigestInfo SEQUENCE");
 const alg = readTlv(digestInfo.content, 0);
 expectTag(alg, TAG_SEQUENCE, "AlgorithmIdentifier SEQUENCE");
 const algOid = readTlv(alg.content, 0);
 expectTag(algOid, TAG_OID, "algorithm OID");
 const macHash = matchHash(algOid.content);
 if (!macHash) throw new Error("PKCS12: unsupported MAC digest algorithm");
 if (algOid.end < alg.content.length) {
  const params = readTlv(alg.content, algOid.end);
  if (params.tag !== TAG_NULL) throw new Error("PKCS12: unexpected MAC algorithm parameters");
 }
 const digest = readTlv(digestInfo.content, alg.end);
 expectTag(digest, TAG_OCTET_STRING, "digest OCTET STRING");
 const salt = readTlv(macData.content, digestInfo.end);
 expectTag(salt, TAG_OCTET_STRING, "macSalt OCTET STRING");
 let iterations = 1;
 if (salt.end < macData.content.length) {
  const iter = readTlv(macData.content, salt.end);
  iterations = readInteger(iter);
 }
 if (iterations < 1 || iterations > MAX_MAC_ITERATIONS) throw new Error("PKCS12: MAC iteration count out of range");
 return {
  authSafe: authSafeOctet.content,
  macHash: macHash,
  macSalt: salt.content,
  macDigest: digest.content,
  iterations: iterations
 };
}

function toBufferSource(data) {
 const copy = new Uint8Array(data.length);
 copy.set(data);
 return copy;
}

async function digest(hash, data) {
 return new Uint8Array(await globalThis.crypto.subtle.digest(hash.name, toBufferSource(data)));
}

function padToMultipleOf(src, blockSize) {
 if (src.length === 0) return new Uint8Array(0);
 const padded = new Uint8Array(Math.ceil(src.length / blockSize) * blockSize);
 for (let i = 0; i < padded.length; i++) padded[i] = src[i % src.length];
 return padded;
}

function encodePasswordAsBmpString(password) {
 if (password.length === 0) return new Uint8Array(0);
 const bytes = new Uint8Array(password.length * 2 + 2);
 for (let i = 0; i < password.length; i++) {
  const code = password.charCodeAt(i);
  bytes[i * 2] = code >> 8 & 255;
  bytes[i * 2 + 1] = code & 255;
 }
 return bytes;
}

async function deriveMacKey(hash, password, salt, iterations) {
 const v = hash.blockSize;
 const u = hash.outputSize;
 const ID_MAC = 3;
 const D = new Uint8Array(v).fill(ID_MAC);
 const P = padToMultipleOf(encodePasswordAsBmpString(password), v);
 const S = padToMultipleOf(salt, v);
 const DI = new Uint8Array(D.length + S.length + P.length);
 DI.set(D, 0);
 DI.set(S, D.length);
 DI.set(P, D.length + S.length);
 let A = await digest(hash, DI);
 for (let i = 1; i < iterations; i++) A = await digest(hash, A);
 return A.subarray(0, u);
}

async function verifyPkcs12Mac(pfxBytes, password) {
 let parsed;
 try {
  parsed = parsePkcs12(pfxBytes);
 } catch {
  return false;
 }
 try {
  const key = await deriveMacKey(parsed.macHash, password, parsed.macSalt, parsed.iterations);
  const cryptoKey = await globalThis.crypto.subtle.importKey("raw", toBufferSource(key), {
   name: "HMAC",
   hash: parsed.macHash.name
  }, false, [ "sign" ]);
  const mac = new Uint8Array(await globalThis.crypto.subtle.sign("HMAC", cryptoKey, toBufferSource(parsed.authSafe)));
  return bytesEqual(mac, parsed.macDigest);
 } catch {
  return false;
 }
}

const GCP_SERVICE_ACCOUNT_P12_PASSWORD = "notasecret";

async function reportIfFoundPrivateKeyP12Format({source: source, context: context, t: t}) {
 if (!source.filePath) return;
 try {
  const fs = await Promise.resolve().then(__nccwpck_require__.t.bind(__nccwpck_require__, 24, 19));
  const path = await Promise.resolve().then(__nccwpck_require__.t.bind(__nccwpck_require__, 760, 19));
  const pfxBytes = new Uint8Array(fs.readFileSync(source.filePath));
  const isGcpServiceAccountP12 = await verifyPkcs12Mac(pfxBytes, GCP_SERVICE_ACCOUNT_P12_PASSWORD);
  if (!isGcpServiceAccountP12) return;
  context.report({
   message: t("PrivateKeyP12", {
    FILE_NAME: path.basename(source.filePath)
   }),
   range: [ 0, source.content.length ]
  });
 } catch {}
}

const messages$q = {
 PrivateKeyP12: {
  en: props => `found GCP Service Account's private key(p12): ${props.FILE_NAME}`,
  ja: props => `GCPサービスアカウントの秘密鍵(p12) ${props.FILE_NAME} がみつかりました`
 },
 PrivateKeyJSON: {
  en: props => `found GCP Service Account's private key(json): ${props.FILE_NAME}`,
  ja: props => `GCPサービスアカウントの秘密鍵(json): ${props.FILE_NAME} がみつかりました`
 }
};

function reportIfFoundPrivateKeyJSONFormat({source: source, context: context, t: t}) {
 try {
  const credentialObject = JSON.parse(source.content);
  const PRIVATE_KEY_PATTERN = /-----BEGIN\s?(DSA|RSA|EC|PGP|OPENSSH)?\s?PRIVATE KEY/gm;
  const isGCPServiceAccountPrivateKeyJSON = "private_key_id" in credentialObject && "private_key" in credentialObject && PRIVATE_KEY_PATTERN.test(credentialObject["private_key"]);
  if (!isGCPServiceAccountPrivateKeyJSON) return;
  context.report({
   message: t("PrivateKeyJSON", {
    FILE_NAME: source.filePath ? external_node_path_.basename(source.filePath) : ""
   }),
   range: [ 0, source.content.length ]
  });
 } catch {}
}

const creator$r = {
 messages: messages$q,
 meta: {
  id: "@secretlint/secretlint-rule-gcp",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "all" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-gcp/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$q);
  ({
   allows: options.allows || []
  });
  return {
   file(source) {
    if (source.ext === ".p12") return reportIfFoundPrivateKeyP12Format({
     source: source,
     context: context,
     t: t
    }); else if (source.ext === ".json") return reportIfFoundPrivateKeyJSONFormat({
     source: source,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$p = {
 PackageJSON_xOauthToken: {
  en: props => `found GitHub Token: ${props.TOKEN}`,
  ja: props => `GitHub Token: ${props.TOKEN} がみつかりました`
 },
 Npmrc_authToken: {
  en: props => `found npmrc authToken: ${props.TOKEN}`,
  ja: props => `npmrc authToken: ${props.TOKEN} がみつかりました`
 },
 NPM_ACCESS_TOKEN: {
  en: props => `found npm access token: ${props.TOKEN}`,
  ja: props => `npm access token: ${props.TOKEN} がみつかりました`
 }
};

function reportIfFoundXOauthGitHubToken({source: source, options: options, context: context, t: t}) {
 const XOAuthPattern = /https?:\/\/(.{1,256}):x-oauth-basic@github.com\//g;
 const results = source.content.matchAll(XOAuthPattern);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[1] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("PackageJSON_xOauthToken", {
    TOKEN: match
   }),
   range: range
  });
 }
}

function reportIfFound_AuthTokenInNpmrc({source: source, options: options, context: context, t: t}) {
 const AuthTokenPattern = /_authToken=([^$].*)/g;
 const results = source.content.matchAll(AuthTokenPattern);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[1] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("Npmrc_authToken", {
    TOKEN: match
   }),
   range: range
  });
 }
}

function reportIfFound_NPM_ACCESS_TOKEN({source: source, options: options, context: context, t: t}) {
 const NPM_ACCESS_TOKEN_PATTERN = /(?<!\p{L})npm_[A-Za-z0-9_]{36}(?![A-Za-z0-9_])/gu;
 const results = source.content.matchAll(NPM_ACCESS_TOKEN_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("NPM_ACCESS_TOKEN", {
    TOKEN: match
   }),
   range: range
  });
 }
}

const isPackageFile = filePath => {
 if (!filePath) return true;
 return filePath.endsWith("package.json") || filePath.endsWith("package-lock.json");
};

const isNpmrc = filePath => {
 if (!filePath) return true;
 return filePath.endsWith(".npmrc");
};

const creator$q = {
 messages: messages$p,
 meta: {
  id: "@secretlint/secretlint-rule-npm",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-npm/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$p);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    if (isPackageFile(source.filePath)) reportIfFoundXOauthGitHubToken({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    }); else if (isNpmrc(source.filePath)) reportIfFound_AuthTokenInNpmrc({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
    reportIfFound_NPM_ACCESS_TOKEN({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$o = {
 SLACK_TOKEN: {
  en: props => `found slack token: ${props.TOKEN}`,
  ja: props => `Slackトークン: ${props.TOKEN} がみつかりました`
 },
 IncomingWebhook: {
  en: props => `found Slack Incoming Webhook: ${props.URL}`,
  ja: props => `SlackのIncoming Webhooks: ${props.TOKEN} がみつかりました`
 }
};

function reportIfFoundRawPrivateKey$1({source: source, options: options, context: context, t: t}) {
 const SLACK_TOKEN_PATTERN = /\b(?:xoxb|xoxp|xapp|xoxa|xoxo|xoxr)-(?:\d-)?(?:[a-zA-Z0-9]{1,40}-)+[a-zA-Z0-9]{1,40}\b/g;
 const results = source.content.matchAll(SLACK_TOKEN_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("SLACK_TOKEN", {
    TOKEN: match
   }),
   range: range
  });
 }
}

function reportIfFoundIncomingWebhook({source: source, options: options, context: context, t: t}) {
 const IncomingWebhooksPattern = /https:\/\/hooks\.slack\.com\/services\/T[a-zA-Z0-9]{1,40}\/B[a-zA-Z0-9]{1,40}\/[a-zA-Z0-9]{1,40}/gi;
 const results = source.content.matchAll(IncomingWebhooksPattern);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("IncomingWebhook", {
    URL: match
   }),
   range: range
  });
 }
}

const creator$p = {
 messages: messages$o,
 meta: {
  id: "@secretlint/secretlint-rule-slack",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-slack/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$o);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    reportIfFoundRawPrivateKey$1({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
    reportIfFoundIncomingWebhook({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$n = {
 BasicAuth: {
  en: props => `found basic auth credential: ${props.CREDENTIAL}`,
  ja: props => `ベーシック認証情報: ${props.CREDENTIAL} がみつかりました`
 }
};

const BUILTIN_IGNORED_PATTERNS$1 = [ "localhost", "127.0.0.1", "password", "mypassword", "myusername", "{password}", "${password}", "{{password}}", "{username}", "${username}", "{{username}}", "YOUR_PASSWORD", "YOUR_USERNAME", "REPLACE_WITH_PASSWORD", "REPLACE_WITH_USERNAME" ];

function isVariableLikeString$1(str) {
 const variablePatterns = [ /\$\{[^}]{1,50}\}/, /\{\{[^}]{1,50}\}\}/, /\{[^}]{1,50}\}/, /%[A-Z_]{1,30}%/, /\$[A-Z_]{1,30}/ ];
 return variablePatterns.some(pattern => pattern.test(str));
}

function isLikelyRealUsername(username) {
 if (username.length < 2) return false;
 if (isVariableLikeString$1(username)) return false;
 if (BUILTIN_IGNORED_PATTERNS$1.some(pattern => username.toLowerCase().includes(pattern.toLowerCase()))) return false;
 return true;
}

function isLikelyRealPassword(password) {
 if (password.length < 4) return false;
 if (isVariableLikeString$1(password)) return false;
 if (BUILTIN_IGNORED_PATTERNS$1.some(pattern => password.toLowerCase().includes(pattern.toLowerCase()))) return false;
 if (/^(.)\1{3,}$/.test(password)) return false;
 return true;
}

function reportIfFoundBasicAuth({source: source, options: options, context: context, t: t}) {
 const URL_PATTERN = /(?<protocol>(?:https?|ftp|ftps)):\/\/(?<user>[-a-zA-Z0-9_]{1,256}):(?<password>[-a-zA-Z0-9_]{1,256})@[-a-zA-Z0-9%._+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}\b/g;
 const results = source.content.matchAll(URL_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const username = result.groups?.user;
  const password = result.groups?.password;
  if (!username || !password) continue;
  if (!isLikelyRealUsername(username)) continue;
  if (!isLikelyRealPassword(password)) continue;
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("BasicAuth", {
    CREDENTIAL: match
   }),
   range: range
  });
 }
}

const creator$o = {
 messages: messages$n,
 meta: {
  id: "@secretlint/secretlint-rule-basicauth",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-basicauth/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$n);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    reportIfFoundBasicAuth({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$m = {
 OPENAI_TOKEN: {
  en: props => `found OpenAI API token: ${props.TOKEN}`,
  ja: props => `OpenAI API トークン: ${props.TOKEN} がみつかりました`
 }
};

const creator$n = {
 messages: messages$m,
 meta: {
  id: "@secretlint/secretlint-rule-openai",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-openai/README.md"
  }
 },
 create(context) {
  const t = context.createTranslator(messages$m);
  return {
   file(source) {
    const pattern = /sk-(?:proj|svcacct|admin)-(?:[A-Za-z0-9_-]{74}|[A-Za-z0-9_-]{58})T3BlbkFJ(?:[A-Za-z0-9_-]{74}|[A-Za-z0-9_-]{58})\b|sk-[a-zA-Z0-9]{20}T3BlbkFJ[a-zA-Z0-9]{20}/g;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("OPENAI_TOKEN", {
       TOKEN: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$l = {
 ANTHROPIC_API_KEY: {
  en: props => `found Anthropic Claude API key: ${props.KEY}`,
  ja: props => `Anthropic Claude API キー: ${props.KEY} がみつかりました`
 }
};

const creator$m = {
 messages: messages$l,
 meta: {
  id: "@secretlint/secretlint-rule-anthropic",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-anthropic/README.md"
  }
 },
 create(context) {
  const t = context.createTranslator(messages$l);
  return {
   file(source) {
    const pattern = /(?<!\p{L})sk-ant-api0\d-[A-Za-z0-9_-]{90,128}AA(?![A-Za-z0-9_-])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("ANTHROPIC_API_KEY", {
       KEY: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$k = {
 GROQ_API_KEY: {
  en: props => `found Groq API key: ${props.KEY}`,
  ja: props => `Groq API キー: ${props.KEY} がみつかりました`
 }
};

const creator$l = {
 messages: messages$k,
 meta: {
  id: "@secretlint/secretlint-rule-groq",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-groq/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$k);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  return {
   file(source) {
    const pattern = /(?<!\p{L})gsk_[a-zA-Z0-9]{52}(?![a-zA-Z0-9])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
     if (allowedResults.length > 0) continue;
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("GROQ_API_KEY", {
       KEY: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$j = {
 HUGGINGFACE_USER_ACCESS_TOKEN: {
  en: props => `found Hugging Face User Access Token: ${props.TOKEN}`,
  ja: props => `Hugging Face User Access Token: ${props.TOKEN} がみつかりました`
 }
};

const creator$k = {
 messages: messages$j,
 meta: {
  id: "@secretlint/secretlint-rule-huggingface",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-huggingface/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$j);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  return {
   file(source) {
    const pattern = /(?<!\p{L})hf_[a-zA-Z]{34}(?![a-zA-Z])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
     if (allowedResults.length > 0) continue;
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("HUGGINGFACE_USER_ACCESS_TOKEN", {
       TOKEN: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$i = {
 LINEAR_API_TOKEN: {
  en: props => `found linear api token: ${props.ID}`,
  ja: props => `linear api token: ${props.ID} がみつかりました`
 }
};

const creator$j = {
 messages: messages$i,
 meta: {
  id: "@secretlint/secretlint-rule-linear",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-linear/README.md"
  }
 },
 create(context) {
  const t = context.createTranslator(messages$i);
  return {
   file(source) {
    const pattern = /(?<!\p{L})lin_api_[a-zA-Z0-9_]{32,128}(?![a-zA-Z0-9_])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("LINEAR_API_TOKEN", {
       ID: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$h = {
 NOTION_INTEGRATION_TOKEN: {
  en: props => `found Notion integration token: ${props.TOKEN}`,
  ja: props => `Notion integration トークン: ${props.TOKEN} がみつかりました`
 }
};

function reportIfFoundToken({source: source, options: options, context: context, t: t}) {
 const NOTION_INTEGRATION_TOKEN_PATTERN = /(?<!\p{L})ntn_[0-9]{11}[A-Za-z0-9]{35}(?![A-Za-z0-9])/gu;
 const results = source.content.matchAll(NOTION_INTEGRATION_TOKEN_PATTERN);
 for (const result of results) {
  const index = result.index ?? 0;
  const match = result[0] ?? "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("NOTION_INTEGRATION_TOKEN", {
    TOKEN: match
   }),
   range: range
  });
 }
}

const creator$i = {
 messages: messages$h,
 meta: {
  id: "@secretlint/secretlint-rule-notion",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-notion/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$h);
  const normalizedOptions = {
   allows: options.allows ?? []
  };
  return {
   file(source) {
    reportIfFoundToken({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$g = {
 PrivateKey: {
  en: props => `found private key: ${props.KEY}`,
  ja: props => `秘密鍵: ${props.KEY} がみつかりました`
 }
};

const PEM_CONTENT_PATTERN = /-----BEGIN[ ]?(?:(?:RSA|DSA|EC|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----\n?([A-Za-z0-9+/=\s\\]{100,10000})\n?-----END[ ]?(?:(?:RSA|DSA|EC|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----/gm;

function validateBase64KeyContent(base64Content) {
 if (!/^[A-Za-z0-9+/]+=*$/.test(base64Content)) return false;
 if (base64Content.length < 100) return false;
 const validMagicBytes = /^(MI|b3BlbnNzaC1rZXktdjE)/;
 if (!validMagicBytes.test(base64Content)) return false;
 return true;
}

function reportIfFoundRawPrivateKey({source: source, options: options, context: context, t: t}) {
 const results = source.content.matchAll(PEM_CONTENT_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const base64Raw = result[1] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  const base64Content = base64Raw.replace(/\s|\\n/g, "");
  if (!validateBase64KeyContent(base64Content)) continue;
  context.report({
   message: t("PrivateKey", {
    KEY: match
   }),
   range: range
  });
 }
}

const creator$h = {
 messages: messages$g,
 meta: {
  id: "@secretlint/secretlint-rule-privatekey",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-privatekey/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$g);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    reportIfFoundRawPrivateKey({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$f = {
 SENDGRID_KEY: {
  en: props => `found Sendgrid api key: ${props.KEY}`,
  ja: props => `Sendgrid APIキーが見つかりました： ${props.KEY}`
 }
};

function reportIfFoundKey$3({source: source, options: options, context: context, t: t}) {
 const SENDGRID_KEY_PATTERN = /(?<!\p{L})SG\.\w{1,128}\.\w{1,128}([-_]?)\w{1,128}(?!\w)/gu;
 const results = source.content.matchAll(SENDGRID_KEY_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  if (match.length !== 69) continue;
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("SENDGRID_KEY", {
    KEY: match
   }),
   range: range
  });
 }
}

const creator$g = {
 messages: messages$f,
 meta: {
  id: "@secretlint/secretlint-rule-sendgrid",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-sendgrid/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$f);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    reportIfFoundKey$3({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$e = {
 SHOPIFY_KEY: {
  en: props => `found Shopify api key: ${props.KEY}`,
  ja: props => `Shopify APIキーが見つかりました： ${props.KEY}`
 }
};

function reportIfFoundKey$2({source: source, options: options, context: context, t: t}) {
 const SHOPIFY_KEY_PATTERN = /(?<!\p{L})(shppa|shpca|shpat|shpss)_[a-zA-Z0-9]{32,64}(?![a-zA-Z0-9])/gu;
 const results = source.content.matchAll(SHOPIFY_KEY_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("SHOPIFY_KEY", {
    KEY: match
   }),
   range: range
  });
 }
}

const creator$f = {
 messages: messages$e,
 meta: {
  id: "@secretlint/secretlint-rule-shopify",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-shopify/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$e);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    reportIfFoundKey$2({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$d = {
 STRIPE_SECRET_KEY_LIVE: {
  en: props => `found Stripe Live Secret Key: ${props.KEY}`,
  ja: props => `Stripe Live Secret Keyが見つかりました: ${props.KEY}`
 },
 STRIPE_SECRET_KEY_TEST: {
  en: props => `found Stripe Test Secret Key: ${props.KEY}`,
  ja: props => `Stripe Test Secret Keyが見つかりました: ${props.KEY}`
 },
 STRIPE_RESTRICTED_KEY_LIVE: {
  en: props => `found Stripe Live Restricted Key: ${props.KEY}`,
  ja: props => `Stripe Live Restricted Keyが見つかりました: ${props.KEY}`
 },
 STRIPE_RESTRICTED_KEY_TEST: {
  en: props => `found Stripe Test Restricted Key: ${props.KEY}`,
  ja: props => `Stripe Test Restricted Keyが見つかりました: ${props.KEY}`
 }
};

const messageIdMap$1 = {
 sk_live: "STRIPE_SECRET_KEY_LIVE",
 sk_test: "STRIPE_SECRET_KEY_TEST",
 rk_live: "STRIPE_RESTRICTED_KEY_LIVE",
 rk_test: "STRIPE_RESTRICTED_KEY_TEST"
};

const STRIPE_KEY_PATTERN = /(?<!\p{L})(?<prefix>sk_live|sk_test|rk_live|rk_test)_[a-zA-Z0-9]{24,99}(?![a-zA-Z0-9])/gu;

function reportIfFound$2({source: source, options: options, context: context, t: t}) {
 const results = source.content.matchAll(STRIPE_KEY_PATTERN);
 for (const result of results) {
  const index = result.index ?? 0;
  const match = result[0] ?? "";
  const prefix = result.groups?.["prefix"];
  if (!prefix) continue;
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t(messageIdMap$1[prefix], {
    KEY: match
   }),
   range: range
  });
 }
}

const creator$e = {
 messages: messages$d,
 meta: {
  id: "@secretlint/secretlint-rule-stripe",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-stripe/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$d);
  const normalizedOptions = {
   allows: options.allows ?? []
  };
  return {
   file(source) {
    reportIfFound$2({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$c = {
 GITHUB_TOKEN: {
  en: props => `found GitHub Token(${props.typeName}): ${props.KEY}`,
  ja: props => `GitHub Token(${props.typeName})が見つかりました： ${props.KEY}`
 }
};

const typeMap = new Map([ [ "ghp", "GitHub personal access tokens" ], [ "gho", "OAuth access tokens" ], [ "ghu", "GitHub user-to-server tokens" ], [ "ghs", "GitHub server-to-server tokens" ], [ "ghr", "refresh tokens" ], [ "github_pat", "fine-grained personal access tokens" ] ]);

function reportIfFoundKey$1({pattern: pattern, source: source, options: options, context: context, t: t}) {
 const results = source.content.matchAll(pattern);
 for (const result of results) {
  const index = result.index || 0;
  const type = result.groups?.type;
  const typeName = typeMap.get(type);
  if (!typeName) throw new Error("Unknown type:" + typeName);
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("GITHUB_TOKEN", {
    KEY: match,
    typeName: typeName
   }),
   range: range
  });
 }
}

const creator$d = {
 messages: messages$c,
 meta: {
  id: "@secretlint/secretlint-rule-github",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-github/README.md"
  }
 },
 create(context, options) {
  const CLASSIC_GITHUB_TOKEN_PATTERN = /(?<!\p{L})(?<type>ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9_]{36}(?![A-Za-z0-9_])/gu;
  const FINE_GRAINED_GITHUB_TOKEN_PATTERN = /(?<!\p{L})(?<type>github_pat)_[A-Za-z0-9_]{82}(?![A-Za-z0-9_])/gu;
  const GITHUB_APP_INSTALLATION_TOKEN_PATTERN = /(?<!\p{L})(?<type>ghs)_[0-9]{1,20}_[A-Za-z0-9_-]{1,1000}\.[A-Za-z0-9_-]{1,10000}\.[A-Za-z0-9_-]{1,1000}(?![A-Za-z0-9_-])/gu;
  const patterns = [ CLASSIC_GITHUB_TOKEN_PATTERN, FINE_GRAINED_GITHUB_TOKEN_PATTERN, GITHUB_APP_INSTALLATION_TOKEN_PATTERN ];
  const t = context.createTranslator(messages$c);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    for (const pattern of patterns) reportIfFoundKey$1({
     pattern: pattern,
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$b = {
 GITLAB_PERSONAL_ACCESS_TOKEN: {
  en: props => `found GitLab Personal Access Token: ${props.KEY}`,
  ja: props => `GitLab Personal Access Tokenが見つかりました: ${props.KEY}`
 }
};

function reportIfFoundKey({pattern: pattern, source: source, options: options, context: context, t: t}) {
 const results = source.content.matchAll(pattern);
 for (const result of results) {
  const index = result.index ?? 0;
  const match = result[0] ?? "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("GITLAB_PERSONAL_ACCESS_TOKEN", {
    KEY: match
   }),
   range: range
  });
 }
}

const creator$c = {
 messages: messages$b,
 meta: {
  id: "@secretlint/secretlint-rule-gitlab",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-gitlab/README.md"
  }
 },
 create(context, options) {
  const GITLAB_PERSONAL_ACCESS_TOKEN_PATTERN = /(?<!\p{L})glpat-[A-Za-z0-9_-]{20,128}(?![A-Za-z0-9_-])/gu;
  const patterns = [ GITLAB_PERSONAL_ACCESS_TOKEN_PATTERN ];
  const t = context.createTranslator(messages$b);
  const normalizedOptions = {
   allows: options.allows ?? []
  };
  return {
   file(source) {
    for (const pattern of patterns) reportIfFoundKey({
     pattern: pattern,
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$a = {
 GRAFANA_CLOUD_API_TOKEN: {
  en: props => `found Grafana Cloud API token: ${props.TOKEN}`,
  ja: props => `Grafana Cloud API トークン: ${props.TOKEN} がみつかりました`
 },
 GRAFANA_SERVICE_ACCOUNT_TOKEN: {
  en: props => `found Grafana Service Account token: ${props.TOKEN}`,
  ja: props => `Grafana Service Account トークン: ${props.TOKEN} がみつかりました`
 }
};

function reportIfFound$1({pattern: pattern, messageId: messageId, source: source, options: options, context: context, t: t}) {
 const results = source.content.matchAll(pattern);
 for (const result of results) {
  const index = result.index ?? 0;
  const match = result[0] ?? "";
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  const range = [ index, index + match.length ];
  context.report({
   message: t(messageId, {
    TOKEN: match
   }),
   range: range
  });
 }
}

const creator$b = {
 messages: messages$a,
 meta: {
  id: "@secretlint/secretlint-rule-grafana",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-grafana/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$a);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  const GRAFANA_CLOUD_API_TOKEN_PATTERN = /(?<!\p{L})glc_[A-Za-z0-9+/]{32,400}={0,2}(?![A-Za-z0-9+/=])/gu;
  const GRAFANA_SERVICE_ACCOUNT_TOKEN_PATTERN = /(?<!\p{L})glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}(?![A-Fa-f0-9])/gu;
  return {
   file(source) {
    reportIfFound$1({
     pattern: GRAFANA_CLOUD_API_TOKEN_PATTERN,
     messageId: "GRAFANA_CLOUD_API_TOKEN",
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
    reportIfFound$1({
     pattern: GRAFANA_SERVICE_ACCOUNT_TOKEN_PATTERN,
     messageId: "GRAFANA_SERVICE_ACCOUNT_TOKEN",
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$9 = {
 OPS_TOKEN: {
  en: props => `found 1Password Service Account token: ${props.TOKEN}`,
  ja: props => `1Password Service Account: ${props.TOKEN} がみつかりました`
 }
};

const is1PasswordServiceAccountToken = base64String => {
 try {
  const jsonString = atob(base64String.replace(/-/g, "+").replace(/_/g, "/"));
  const json = JSON.parse(jsonString);
  return typeof json === "object" && json !== null;
 } catch (error) {
  return false;
 }
};

const creator$a = {
 messages: messages$9,
 meta: {
  id: "@secretlint/secretlint-rule-1password",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-1password/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$9);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  return {
   file(source) {
    const pattern = /(?<!\p{L})ops_(ey[A-Za-z0-9+/=]{100,1280}fQ={0,2})(?![A-Za-z0-9+/=])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const base64String = match[1] ?? "";
     if (!is1PasswordServiceAccountToken(base64String)) continue;
     const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
     if (allowedResults.length > 0) continue;
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("OPS_TOKEN", {
       TOKEN: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$8 = {
 MongoDBConnection: {
  en: props => `found MongoDB connection string: ${props.URI}`,
  ja: props => `MongoDB接続文字列: ${props.URI} がみつかりました`
 },
 MySQLConnection: {
  en: props => `found MySQL connection string: ${props.URI}`,
  ja: props => `MySQL接続文字列: ${props.URI} がみつかりました`
 },
 PostgreSQLConnection: {
  en: props => `found PostgreSQL connection string: ${props.URI}`,
  ja: props => `PostgreSQL接続文字列: ${props.URI} がみつかりました`
 }
};

const BUILTIN_IGNORED_PATTERNS = [ "localhost", "127.0.0.1", "example.com", "example.org", "test.com", "password", "username", "secret", "mypassword", "myusername", "root", "admin", "user", "pass", "{password}", "${password}", "{{password}}", "{username}", "${username}", "{{username}}", "YOUR_PASSWORD", "YOUR_USERNAME", "REPLACE_WITH_PASSWORD" ];

function isVariableLikeString(str) {
 const variablePatterns = [ /\$\{[^}]{1,50}\}/, /\{\{[^}]{1,50}\}\}/, /\{[^}]{1,50}\}/, /%[A-Z_]{1,30}%/, /\$[A-Z_]{1,30}/, /\$\([^)]{1,50}\)/ ];
 return variablePatterns.some(pattern => pattern.test(str));
}

function isLikelyRealCredential(username, password) {
 if (username === password) return false;
 if (password.length < 4) return false;
 if (isVariableLikeString(password)) return false;
 const passwordLower = password.toLowerCase();
 if (BUILTIN_IGNORED_PATTERNS.some(pattern => passwordLower === pattern.toLowerCase())) return false;
 if (/^(.)\1{3,}$/.test(password)) return false;
 return true;
}

function reportMongoDBConnectionString({source: source, options: options, context: context, t: t}) {
 const MONGODB_PATTERN = /mongodb(?:\+srv)?:\/\/(?:(?<username>[^:\/\s]{1,100}):(?<password>[^@\/\s]{1,200})@)?(?<host>[^\/\s?]{1,100})(?:\/(?<database>[^?\s]{0,100}))?(?:\?(?<options>[^\s]{0,500}))?/gi;
 const results = source.content.matchAll(MONGODB_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const username = result.groups?.username;
  const password = result.groups?.password;
  if (!username || !password) continue;
  if (!isLikelyRealCredential(username, password)) continue;
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("MongoDBConnection", {
    URI: match
   }),
   range: range
  });
 }
}

function reportMySQLConnectionString({source: source, options: options, context: context, t: t}) {
 const MYSQL_URI_PATTERN = /(?:jdbc:)?mysql(?:x)?:\/\/(?:(?<username>[^:\/\s]{1,100}):(?<password>[^@\/\s]{1,200})@)?(?<host>[^\/\s?]{1,100})(?:\/(?<database>[^?\s]{0,100}))?(?:\?(?<options>[^\s]{0,500}))?/gi;
 const results = source.content.matchAll(MYSQL_URI_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const username = result.groups?.username;
  const password = result.groups?.password;
  if (!username || !password) continue;
  if (!isLikelyRealCredential(username, password)) continue;
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("MySQLConnection", {
    URI: match
   }),
   range: range
  });
 }
}

function reportPostgreSQLConnectionString({source: source, options: options, context: context, t: t}) {
 const POSTGRESQL_URI_PATTERN = /postgres(?:ql)?:\/\/(?:(?<username>[^:\/\s]{1,100}):(?<password>[^@\/\s]{1,200})@)?(?<host>[^\/\s?]{1,100})(?:\/(?<database>[^?\s]{0,100}))?(?:\?(?<options>[^\s]{0,500}))?/gi;
 const results = source.content.matchAll(POSTGRESQL_URI_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const username = result.groups?.username;
  const password = result.groups?.password;
  if (!username || !password) continue;
  if (!isLikelyRealCredential(username, password)) continue;
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("PostgreSQLConnection", {
    URI: match
   }),
   range: range
  });
 }
}

const creator$9 = {
 messages: messages$8,
 meta: {
  id: "@secretlint/secretlint-rule-database-connection-string",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-database-connection-string/README.md"
  }
 },
 create(context, options) {
  const normalizedOptions = {
   allows: options.allows || []
  };
  const t = context.createTranslator(messages$8);
  return {
   file(source) {
    reportMongoDBConnectionString({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
    reportMySQLConnectionString({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
    reportPostgreSQLConnectionString({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$7 = {
 HASHICORP_VAULT_SERVICE_TOKEN: {
  en: props => `found HashiCorp Vault service token: ${props.TOKEN}`,
  ja: props => `HashiCorp Vault service token: ${props.TOKEN} がみつかりました`
 },
 HASHICORP_VAULT_BATCH_TOKEN: {
  en: props => `found HashiCorp Vault batch token: ${props.TOKEN}`,
  ja: props => `HashiCorp Vault batch token: ${props.TOKEN} がみつかりました`
 },
 HASHICORP_VAULT_RECOVERY_TOKEN: {
  en: props => `found HashiCorp Vault recovery token: ${props.TOKEN}`,
  ja: props => `HashiCorp Vault recovery token: ${props.TOKEN} がみつかりました`
 }
};

const serviceTokenPattern = /(?<!\p{L})hvs\.[A-Za-z0-9_-]{90,120}(?![A-Za-z0-9_-])/gu;

const batchTokenPattern = /(?<!\p{L})hvb\.[A-Za-z0-9_-]{138,300}(?![A-Za-z0-9_-])/gu;

const recoveryTokenPattern = /(?<!\p{L})hvr\.[A-Za-z0-9_-]{90,120}(?![A-Za-z0-9_-])/gu;

const creator$8 = {
 messages: messages$7,
 meta: {
  id: "@secretlint/secretlint-rule-hashicorp-vault",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-hashicorp-vault/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$7);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  const reportMatches = (source, pattern, messageId) => {
   const matches = source.content.matchAll(pattern);
   for (const match of matches) {
    const index = match.index ?? 0;
    const matchString = match[0] ?? "";
    const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
    if (allowedResults.length > 0) continue;
    const range = [ index, index + matchString.length ];
    context.report({
     message: t(messageId, {
      TOKEN: matchString
     }),
     range: range
    });
   }
  };
  return {
   file(source) {
    reportMatches(source, serviceTokenPattern, "HASHICORP_VAULT_SERVICE_TOKEN");
    reportMatches(source, batchTokenPattern, "HASHICORP_VAULT_BATCH_TOKEN");
    reportMatches(source, recoveryTokenPattern, "HASHICORP_VAULT_RECOVERY_TOKEN");
   }
  };
 }
};

const messages$6 = {
 VERCEL_PERSONAL_ACCESS_TOKEN: {
  en: props => `found Vercel personal access token: ${props.ID}`,
  ja: props => `Vercel personal access token: ${props.ID} がみつかりました`
 },
 VERCEL_INTEGRATION_TOKEN: {
  en: props => `found Vercel integration token: ${props.ID}`,
  ja: props => `Vercel integration token: ${props.ID} がみつかりました`
 },
 VERCEL_APP_ACCESS_TOKEN: {
  en: props => `found Vercel app access token: ${props.ID}`,
  ja: props => `Vercel app access token: ${props.ID} がみつかりました`
 },
 VERCEL_APP_REFRESH_TOKEN: {
  en: props => `found Vercel app refresh token: ${props.ID}`,
  ja: props => `Vercel app refresh token: ${props.ID} がみつかりました`
 },
 VERCEL_AI_GATEWAY_API_KEY: {
  en: props => `found Vercel AI Gateway API key: ${props.ID}`,
  ja: props => `Vercel AI Gateway API key: ${props.ID} がみつかりました`
 }
};

const prefixToMessageId = {
 vcp: "VERCEL_PERSONAL_ACCESS_TOKEN",
 vci: "VERCEL_INTEGRATION_TOKEN",
 vca: "VERCEL_APP_ACCESS_TOKEN",
 vcr: "VERCEL_APP_REFRESH_TOKEN",
 vck: "VERCEL_AI_GATEWAY_API_KEY"
};

const creator$7 = {
 messages: messages$6,
 meta: {
  id: "@secretlint/secretlint-rule-vercel",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-vercel/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$6);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  return {
   file(source) {
    const pattern = /(?<!\p{L})(?<prefix>vcp|vci|vca|vcr|vck)_[A-Za-z0-9]{20,60}(?![A-Za-z0-9])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const prefix = match.groups?.prefix;
     const messageId = prefixToMessageId[prefix];
     const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
     if (allowedResults.length > 0) continue;
     const range = [ index, index + matchString.length ];
     context.report({
      message: t(messageId, {
       ID: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$5 = {
 DATABRICKS_PERSONAL_ACCESS_TOKEN: {
  en: props => `found Databricks personal access token: ${props.ID}`,
  ja: props => `Databricks personal access token: ${props.ID} がみつかりました`
 }
};

const creator$6 = {
 messages: messages$5,
 meta: {
  id: "@secretlint/secretlint-rule-databricks",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-databricks/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$5);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  return {
   file(source) {
    const pattern = /(?<!\p{L})dapi[A-Fa-f0-9]{32}(?:-[0-9])?(?![A-Fa-f0-9])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
     if (allowedResults.length > 0) continue;
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("DATABRICKS_PERSONAL_ACCESS_TOKEN", {
       ID: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$4 = {
 DOCKER_PERSONAL_ACCESS_TOKEN: {
  en: props => `found Docker Personal Access Token: ${props.TOKEN}`,
  ja: props => `Docker Personal Access Token: ${props.TOKEN} がみつかりました`
 }
};

function reportIfFoundDockerPAT({source: source, options: options, context: context, t: t}) {
 const DOCKER_PAT_PATTERN = /(?<!\p{L})dckr_pat_[a-zA-Z0-9_-]{27}(?![a-zA-Z0-9_-])/gu;
 const results = source.content.matchAll(DOCKER_PAT_PATTERN);
 for (const result of results) {
  const index = result.index || 0;
  const match = result[0] || "";
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t("DOCKER_PERSONAL_ACCESS_TOKEN", {
    TOKEN: match
   }),
   range: range
  });
 }
}

const creator$5 = {
 messages: messages$4,
 meta: {
  id: "@secretlint/secretlint-rule-docker",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-docker/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$4);
  const normalizedOptions = {
   allows: options.allows || []
  };
  return {
   file(source) {
    reportIfFoundDockerPAT({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$3 = {
 FIGMA_PERSONAL_ACCESS_TOKEN: {
  en: props => `found Figma Personal Access Token: ${props.ID}`,
  ja: props => `Figma Personal Access Token: ${props.ID} がみつかりました`
 }
};

const creator$4 = {
 messages: messages$3,
 meta: {
  id: "@secretlint/secretlint-rule-figma",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-figma/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$3);
  const normalizedOptions = {
   allows: options?.allows ?? []
  };
  return {
   file(source) {
    const pattern = /(?<!\p{L})figd_[A-Za-z0-9_-]{40,200}(?![A-Za-z0-9_-])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
     if (allowedResults.length > 0) continue;
     const range = [ index, index + matchString.length ];
     context.report({
      message: t("FIGMA_PERSONAL_ACCESS_TOKEN", {
       ID: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const messages$2 = {
 CLOUDFLARE_GLOBAL_API_KEY: {
  en: props => `found Cloudflare Global API Key: ${props.TOKEN}`,
  ja: props => `Cloudflare Global API Keyが見つかりました: ${props.TOKEN}`
 },
 CLOUDFLARE_USER_API_TOKEN: {
  en: props => `found Cloudflare User API Token: ${props.TOKEN}`,
  ja: props => `Cloudflare User API Tokenが見つかりました: ${props.TOKEN}`
 },
 CLOUDFLARE_ACCOUNT_API_TOKEN: {
  en: props => `found Cloudflare Account API Token: ${props.TOKEN}`,
  ja: props => `Cloudflare Account API Tokenが見つかりました: ${props.TOKEN}`
 }
};

const messageIdMap = {
 cfk: "CLOUDFLARE_GLOBAL_API_KEY",
 cfut: "CLOUDFLARE_USER_API_TOKEN",
 cfat: "CLOUDFLARE_ACCOUNT_API_TOKEN"
};

const CLOUDFLARE_TOKEN_PATTERN = /(?<!\p{L})(?<prefix>cfk|cfut|cfat)_[A-Za-z0-9]{40}[0-9a-f]{8}(?![A-Za-z0-9])/gu;

function reportIfFound({source: source, options: options, context: context, t: t}) {
 const results = source.content.matchAll(CLOUDFLARE_TOKEN_PATTERN);
 for (const result of results) {
  const index = result.index ?? 0;
  const match = result[0] ?? "";
  const prefix = result.groups?.["prefix"];
  if (!prefix) continue;
  const range = [ index, index + match.length ];
  const allowedResults = regexpStringMatcherExports.matchPatterns(match, options.allows);
  if (allowedResults.length > 0) continue;
  context.report({
   message: t(messageIdMap[prefix], {
    TOKEN: match
   }),
   range: range
  });
 }
}

const creator$3 = {
 messages: messages$2,
 meta: {
  id: "@secretlint/secretlint-rule-cloudflare",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-cloudflare/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$2);
  const normalizedOptions = {
   allows: options.allows ?? []
  };
  return {
   file(source) {
    reportIfFound({
     source: source,
     options: normalizedOptions,
     context: context,
     t: t
    });
   }
  };
 }
};

const messages$1 = {
 TAILSCALE_API_KEY: {
  en: props => `found Tailscale API access token: ${props.KEY}`,
  ja: props => `Tailscale API アクセストークン: ${props.KEY} がみつかりました`
 },
 TAILSCALE_AUTH_KEY: {
  en: props => `found Tailscale pre-authentication key: ${props.KEY}`,
  ja: props => `Tailscale 事前認証キー: ${props.KEY} がみつかりました`
 },
 TAILSCALE_CLIENT_KEY: {
  en: props => `found Tailscale OAuth client key: ${props.KEY}`,
  ja: props => `Tailscale OAuth クライアントキー: ${props.KEY} がみつかりました`
 },
 TAILSCALE_SCIM_KEY: {
  en: props => `found Tailscale SCIM key: ${props.KEY}`,
  ja: props => `Tailscale SCIM キー: ${props.KEY} がみつかりました`
 },
 TAILSCALE_WEBHOOK_KEY: {
  en: props => `found Tailscale webhook key: ${props.KEY}`,
  ja: props => `Tailscale Webhook キー: ${props.KEY} がみつかりました`
 },
 TAILSCALE_KEY: {
  en: props => `found Tailscale key: ${props.KEY}`,
  ja: props => `Tailscale キー: ${props.KEY} がみつかりました`
 }
};

const messageIdByType = {
 api: "TAILSCALE_API_KEY",
 auth: "TAILSCALE_AUTH_KEY",
 client: "TAILSCALE_CLIENT_KEY",
 scim: "TAILSCALE_SCIM_KEY",
 webhook: "TAILSCALE_WEBHOOK_KEY"
};

const creator$2 = {
 messages: messages$1,
 meta: {
  id: "@secretlint/secretlint-rule-tailscale",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-tailscale/README.md"
  }
 },
 create(context, options) {
  const t = context.createTranslator(messages$1);
  const normalizedOptions = {
   allows: options.allows ?? []
  };
  return {
   file(source) {
    const pattern = /(?<!\p{L})tskey-(?<type>[a-z]{2,20})-[0-9A-Za-z_]{8,40}-[0-9A-Za-z_]{16,60}(?![0-9A-Za-z_])/gu;
    const matches = source.content.matchAll(pattern);
    for (const match of matches) {
     const index = match.index ?? 0;
     const matchString = match[0] ?? "";
     const type = match.groups?.type ?? "";
     const range = [ index, index + matchString.length ];
     const allowedResults = regexpStringMatcherExports.matchPatterns(matchString, normalizedOptions.allows);
     if (allowedResults.length > 0) continue;
     const messageId = messageIdByType[type] ?? "TAILSCALE_KEY";
     context.report({
      message: t(messageId, {
       KEY: matchString
      }),
      range: range
     });
    }
   }
  };
 }
};

const HTML_COMMENT_REGEXP = /(?<type>secretlint-(?:disable-next-line|disable-line|disable|enable))(?<options>.*)/g;

const parseComments = source => {
 const matches = source.content.matchAll(HTML_COMMENT_REGEXP);
 return Array.from(matches).map(match => {
  const type = match.groups?.type;
  const index = match.index;
  if (type === "secretlint-disable-line") return {
   type: type,
   options: parseComment(match.groups?.options),
   line: source.indexToPosition(index).line
  };
  if (type === "secretlint-disable-next-line") return {
   type: type,
   options: parseComment(match.groups?.options),
   line: source.indexToPosition(index).line + 1
  };
  return {
   type: type,
   options: parseComment(match.groups?.options),
   index: index
  };
 });
};

function parseComment(options) {
 if (!options) return [];
 const commentStart = options.indexOf("--");
 const ruleIdString = commentStart === -1 ? options : options.slice(0, commentStart);
 return ruleIdString.split(/,/).map(arg => arg.trim()).filter(arg => arg !== "") ?? [];
}

class CommentState {
 source;
 reportingConfig;
 endIndex;
 constructor(source) {
  this.source = source;
  this.reportingConfig = [];
  this.endIndex = source.content.length;
 }
 getIgnoringMessages() {
  const isFilledMessage = message => message.startIndex !== null && message.endIndex !== null && message.ruleId !== null;
  return this.reportingConfig.map(reporting => {
   if (reporting.endIndex === null) reporting.endIndex = this.endIndex;
   return reporting;
  }).filter(isFilledMessage);
 }
 disableLine(lineNumber, rulesToDisable) {
  const reportingConfig = this.reportingConfig;
  const range = this.source.locationToRange({
   start: {
    line: lineNumber,
    column: 0
   },
   end: {
    line: lineNumber + 1,
    column: 0
   }
  });
  if (rulesToDisable.length) rulesToDisable.forEach(ruleId => {
   reportingConfig.push({
    startIndex: range[0],
    endIndex: range[1] - 1,
    ruleId: ruleId
   });
  }); else reportingConfig.push({
   startIndex: range[0],
   endIndex: range[1] - 1,
   ruleId: "*"
  });
 }
 disableReporting(startIndex, rulesToDisable) {
  const reportingConfig = this.reportingConfig;
  if (rulesToDisable.length) rulesToDisable.forEach(function(ruleId) {
   reportingConfig.push({
    startIndex: startIndex,
    endIndex: null,
    ruleId: ruleId
   });
  }); else reportingConfig.push({
   startIndex: startIndex,
   endIndex: null,
   ruleId: "*"
  });
 }
 enableReporting(endIndex, rulesToEnable) {
  const reportingConfig = this.reportingConfig;
  if (rulesToEnable.length) rulesToEnable.forEach(function(ruleId) {
   for (let i = reportingConfig.length - 1; i >= 0; i--) if (!reportingConfig[i].endIndex && reportingConfig[i].ruleId === ruleId) {
    reportingConfig[i].endIndex = endIndex;
    break;
   }
  }); else {
   let prevStart;
   for (let i = reportingConfig.length - 1; i >= 0; i--) {
    if (prevStart && prevStart !== reportingConfig[i].startIndex) break;
    if (!reportingConfig[i].endIndex) {
     reportingConfig[i].endIndex = endIndex;
     prevStart = reportingConfig[i].startIndex;
    }
   }
  }
 }
}

const messages = {
 IGNORE_MESSAGE: {
  en: () => `disable by secretlint-disable comment`
 }
};

const creator$1 = {
 messages: messages,
 meta: {
  id: "@secretlint/secretlint-rule-filter-comments",
  recommended: true,
  type: "scanner",
  supportedContentTypes: [ "text" ],
  docs: {
   url: "https://github.com/secretlint/secretlint/blob/master/packages/%40secretlint/secretlint-rule-filter-comments/README.md"
  }
 },
 create(context) {
  const t = context.createTranslator(messages);
  return {
   file(source) {
    const state = new CommentState(source);
    const comments = parseComments(source);
    for (const comment of comments) if (comment.type === "secretlint-disable") state.disableReporting(comment.index, comment.options); else if (comment.type === "secretlint-enable") state.enableReporting(comment.index, comment.options); else if (comment.type === "secretlint-disable-line") state.disableLine(comment.line, comment.options); else if (comment.type === "secretlint-disable-next-line") state.disableLine(comment.line, comment.options);
    state.getIgnoringMessages().forEach(message => {
     context.ignore({
      message: t("IGNORE_MESSAGE"),
      range: [ message.startIndex, message.endIndex ],
      targetRuleId: message.ruleId
     });
    });
   }
  };
 }
};

const rules = [ creator$s, creator$r, creator$h, creator$q, creator$o, creator$p, creator$g, creator$f, creator$e, creator$d, creator$c, creator$b, creator$n, creator$m, creator$l, creator$k, creator$j, creator$i, creator$a, creator$9, creator$8, creator$7, creator$6, creator$5, creator$4, creator$3, creator$2, creator$1 ];

const PREFIX = "@secretlint/secretlint-rule-";

const BY_NAME = new Map(rules.map(rule => [ rule.meta.id.slice(PREFIX.length), rule ]));

function lintToken(name, text) {
 const found = [];
 const linter = BY_NAME.get(name)?.create({
  sharedOptions: {},
  createTranslator: () => messageId => ({
   message: "",
   messageId: String(messageId),
   data: void 0
  }),
  report: ({range: [from, to]}) => void found.push(text.slice(from, to)),
  ignore: () => {}
 }, {});
 void linter?.file?.({
  hasBOM: false,
  content: text,
  filePath: void 0,
  physicalFilePath: void 0,
  contentType: "text",
  ext: "",
  getFilePath: () => {},
  getPhysicalFilePath: () => {},
  locationToRange: () => [ 0, 0 ],
  rangeToLocation: () => ({
   start: {
    line: 1,
    column: 0
   },
   end: {
    line: 1,
    column: 0
   }
  }),
  positionToIndex: () => 0,
  indexToPosition: () => ({
   line: 1,
   column: 0
  })
 });
 return found;
}

const LONGEST_PART = 300;

const SHORTEST_PASSWORD = 4;

const DATABASES = /^(jdbc:)?(mongodb(\+srv)?|mysqlx?|postgres(ql)?)$/;

const OTHERS = /^(rediss?|amqps?|mariadb|mssql|sqlserver|clickhouse|nats|smtps?)$/;

const WEB = /^(https?|ftps?|wss?)$/;

const WEAK = /pass|secret|pwd|admin|test|demo|user|root|guest|foobar|token|key$|^(postgres|mysql|redis|mongo)|^[a-z]{1,10}$/i;

const LOCAL = /^(localhost|127\.|0\.0\.0\.0|\[::1|host(name)?\b|example\.|[^/]*\.(example|test|invalid|localhost)\b|[^/]*\bexample\.|[^/:]*sentry)/i;

const AFTER_HOST = new Set([ ..."/?#,;\"'`<>\\&|(){}" ].map(letter => letter.charCodeAt(0)));

function judgeUrl(stretch, at) {
 const start = userStart(stretch, at);
 if (start === void 0) return;
 const end = passwordEnd(stretch, at);
 if (!hasPassword(stretch, start, end)) return;
 const [, user = "", password = ""] = /^([^:]{0,200}):(.{4,250})$/.exec(secret_stretches_textOf(stretch, start, end)) ?? [];
 if (!isDrawn(user, password) || !countPlace(stretch)) return;
 const scheme = /^[a-z+:]{2,20}$/.exec(secret_stretches_textOf(stretch, schemeStart(stretch, start), start - 3))?.[0] ?? "";
 const host = /^[^\s"'`<>\\]{1,200}/.exec(secret_stretches_textOf(stretch, end + 1, end + LONGEST_PART))?.[0] ?? "";
 if (host === "" || LOCAL.test(host)) return;
 return judgeScheme(scheme, `${scheme}://${user}:${password}@${host}`, password);
}

function judgeScheme(scheme, value, password) {
 if (OTHERS.test(scheme) || DATABASES.test(scheme) && lintToken("database-connection-string", value).length > 0) return {
  kind: "database-url",
  what: "A URL of a database with its password",
  value: value,
  hidden: password
 };
 return WEB.test(scheme) && lintToken("basicauth", value.replace(/^ws/, "http")).length > 0 ? {
  kind: "url-password",
  what: "A URL with a password",
  value: value,
  hidden: password
 } : void 0;
}

function passwordEnd({bytes: bytes, end: end}, at) {
 let last = at;
 for (let next = at + 1; next < Math.min(end, at + LONGEST_PART); next += 1) {
  const byte = bytes[next] ?? 0;
  if (byte === 64) last = next; else if (byte <= 32 || byte >= 128 || AFTER_HOST.has(byte)) break;
 }
 return last;
}

function isDrawn(user, password) {
 if (password === "" || password === user || WEAK.test(asWritten(password))) return false;
 return !/[${}<>%*]/.test(password.replace(/%[0-9A-F]{2}/gi, "")) && !isPlaceholder(password);
}

function asWritten(password) {
 return password.replace(/[@4]/g, "a").replaceAll("0", "o").replaceAll("3", "e").replace(/[$5]/g, "s");
}

function userStart({bytes: bytes}, at) {
 for (let start = at; start > 2 && at - start < LONGEST_PART; start -= 1) {
  const before = bytes[start - 1] ?? 0;
  if (before === 47) return bytes[start - 2] === 47 && bytes[start - 3] === 58 ? start : void 0;
  if (before <= 32 || before === 34 || before === 39 || before === 96 || before === 64) return;
 }
 return;
}

function hasPassword({bytes: bytes}, start, at) {
 const colon = bytes.subarray(start, at).indexOf(58);
 return colon !== -1 && start + colon + SHORTEST_PASSWORD < at;
}

function schemeStart({bytes: bytes}, user) {
 let start = user - 3;
 while (start > 0 && user - start < 20 && isScheme(bytes[start - 1] ?? 0)) start -= 1;
 return start;
}

function isScheme(byte) {
 return byte >= 97 && byte <= 122 || byte === 43;
}

const AWS_NEEDLES = [ "ecretAccessKey", "ECRET_ACCESS_KEY", "ecret_access_key", "ecret-access-key" ];

const AROUND = 400;

const NAMED = /secret[-_]?access[-_]?key[\\"'`\])\s]{0,8}(?::|=>?|\|\||\?\?|,)[\\"'`(\s]{0,8}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/i;

function judgeAwsName(stretch, at) {
 if (!countPlace(stretch)) return;
 const text = secret_stretches_textOf(stretch, at - 10, at + 160);
 return asSecret(NAMED.exec(text)?.[1]) ?? asSecret(lintToken("aws", text)[0]);
}

function judgeAwsId(stretch, at) {
 const text = secret_stretches_textOf(stretch, at - AROUND, at + AROUND);
 const quoted = [ ...text.matchAll(/(?<=["'`=:])(?<![\w/+]=)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g) ].map(([key]) => key);
 const keys = [ NAMED.exec(text)?.[1], ...lintToken("aws", text), ...quoted ];
 const secret = keys.map(asSecret).find(one => one !== void 0);
 const value = secret_stretches_textOf(stretch, at, at + 20);
 if (secret !== void 0 || !/[2-7]/.test(value)) return secret;
 return {
  kind: "aws-access-key-id",
  what: "An access key id of AWS, without its secret,",
  value: value,
  level: "note"
 };
}

function asSecret(value) {
 if (value === void 0 || /^[0-9a-f]+$/i.test(value) || /EXAMPLE|xxxx/i.test(value) || isPattern(value)) return;
 const isMixed = /[a-z]/.test(value) && /[A-Z]/.test(value) && (value.match(/[0-9]/g)?.length ?? 0) >= 2;
 return isMixed ? {
  kind: "aws-secret-key",
  what: "A secret access key of AWS",
  value: value
 } : void 0;
}

const AZURE_NEEDLE = "DefaultEndpointsProtocol=";

function judgeAzure(stretch, at) {
 if (!countPlace(stretch)) return;
 const value = /AccountKey=([A-Za-z0-9+/]{86}==)/.exec(secret_stretches_textOf(stretch, at, at + 400))?.[1];
 if (value === void 0 || value.startsWith("Eby8vdM02xNOcqF") || isPlaceholder(value)) return;
 return {
  kind: "azure-storage-key",
  what: "The key of a storage account of Azure",
  value: value
 };
}

const PRIVATE = /privatekey|privkey|privatekeys|secretkey|signingkey|(wallet|deployer|signer|owner|admin|minter|relayer|operator|keeper|faucet|sender|account|eth)pk$|mnemonic|apisecret|secretapikey|pinatasecret|secretseed|walletsecret/;

const OWNED = /(wallet|deployer|signer|owner|admin|minter|relayer|operator|keeper|faucet|sender|account|eth)key$/;

const PUBLIC = /public|pubkey|hash|address|length$|id$|path$|example|format|pattern|regex|type$|schema|selector|role|slot|topic/;

const CALL = /(^|\.)(Wallet|SigningKey|privateKeyToAccount|privateKeyToAddress|\w*(fromPrivateKey|FromPrivateKey|fromSecretKey))$/;

const CALLS_AHEAD = /\b(?:Wallet|SigningKey|privateKeyToAccount|privateKeyToAddress|fromPrivateKey|fromSecretKey)\)?\(\s?([\w$]{1,40})\s?[,)]/g;

const token_names_AHEAD = 200;

const token_names_BEHIND = 900;

function meaningOf(stretch, value) {
 const {name: name} = value;
 if (name.name === "ciphertext") return "ciphertext";
 if (isPrivateName(name) || isAmongPrivate(stretch, value) || isCalledWith(stretch, value)) return "private";
 if (isShortName(name)) return isEthereum(stretch, value) ? "private" : "owned";
 return isOwnedName(name) ? "owned" : void 0;
}

function namesPair(name) {
 return isPrivateName(name) || isOwnedName(name);
}

function isPrivateName({written: written, name: name, connector: connector}) {
 if (PUBLIC.test(name)) return false;
 if (connector.endsWith("(")) return CALL.test(written);
 return PRIVATE.test(name) || connector.endsWith("[") && name === "accounts";
}

function isOwnedName({name: name, connector: connector}) {
 return OWNED.test(name) && !PUBLIC.test(name) && !connector.endsWith("(");
}

function isShortName({written: written, connector: connector}) {
 return (written === "PK" || written === "SK") && connector === ":";
}

function isEthereum({bytes: bytes}, {start: start, end: end}) {
 return end - start === 66 && bytes[start + 1] === 120;
}

function isAmongPrivate(stretch, {start: start, name: name}) {
 if (!/^0x[0-9a-fA-F]{40}$/.test(name.written)) return false;
 const from = Math.max(0, start - token_names_BEHIND);
 const brace = stretch.bytes.subarray(from, start).lastIndexOf(123);
 return brace !== -1 && /private_?keys\\*["']?\s?:\s?$/i.test(secret_stretches_textOf(stretch, from + brace - 30, from + brace));
}

function isCalledWith(stretch, {end: end, name: name}) {
 if (name.connector !== "=" || /[.-]/.test(name.written)) return false;
 const ahead = secret_stretches_textOf(stretch, end, end + token_names_AHEAD).split(/\}|=>|function/, 1)[0] ?? "";
 return [ ...ahead.matchAll(CALLS_AHEAD) ].some(([, variable]) => variable === name.written);
}

const NUMBERS = 64;

const token_bytes_SHORTEST = NUMBERS * 2 + NUMBERS - 1;

const token_bytes_LONGEST = NUMBERS * 8;

const FEWEST_DIFFERENT = 40;

function createBytesLook() {
 const search = createRunSearch("0123456789, \t\r\n", token_bytes_SHORTEST);
 return (stretch, found) => search(stretch, (start, end) => {
  if (end - start > token_bytes_LONGEST) return;
  const secret = judgeBytes(stretch, start, end);
  if (secret !== void 0) found(secret, start);
 });
}

function judgeBytes(stretch, start, end) {
 if (secret_stretches_textOf(stretch, start - 1, start) !== "[" || secret_stretches_textOf(stretch, end, end + 1) !== "]") return;
 const numbers = secret_stretches_textOf(stretch, start, end).split(",").map(asByte);
 if (numbers.length !== NUMBERS || numbers.includes(void 0)) return;
 if (new Set(numbers).size < FEWEST_DIFFERENT || !(token_bytes_isWhole(stretch, start, end) || token_bytes_isNamed(stretch, start))) return;
 return {
  kind: "private-key-bytes",
  what: "A private key as a list of bytes",
  value: numbers.join(",")
 };
}

function asByte(text) {
 const digits = text.trim();
 return /^\d{1,3}$/.test(digits) && Number(digits) < 256 ? Number(digits) : void 0;
}

function token_bytes_isWhole(stretch, start, end) {
 return start < 10 && `${secret_stretches_textOf(stretch, 0, start - 1)}${secret_stretches_textOf(stretch, end + 1, stretch.end)}`.trim() === "";
}

function token_bytes_isNamed(stretch, start) {
 const before = secret_stretches_textOf(stretch, start - 60, start);
 const made = /(new\s+)?(Uint8Array|Buffer)(\.from|\.of)?\(\[$/.exec(before)?.[0].length ?? 0;
 const name = nameBefore(stretch, start - made);
 return name !== void 0 && namesPair(name);
}

const PEM = "LS0tLS1CRUdJTi";

const DATA_NEEDLES = [ PEM, ...[ "n/json", "script", "/plain", "t/html", "t/yaml", "=utf-8", "=UTF-8", "stream", "vg+xml" ].map(end => `${end};base64,`) ];

const token_data_NONE = 255;

const VALUES = token_data_valuesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

function token_data_valuesOf(letters) {
 const values = new Uint8Array(256).fill(token_data_NONE);
 for (const [value, letter] of [ ...letters ].entries()) values[letter.charCodeAt(0)] = value;
 return values;
}

function createDataLook(looks) {
 let open;
 let seen = 0;
 function lookAt(stretch, data, found) {
  seen = data.end;
  if (data.end > stretch.to) open = {
   places: stretch.places,
   start: data.start - stretch.to
  };
  const line = Math.max(stretch.from, data.start);
  const text = decoded(stretch, data);
  for (const look of looks) look(text, secret => found(secret, line));
 }
 return {
  begin(stretch, found) {
   const before = open;
   open = void 0;
   seen = 0;
   if (before?.places !== stretch.places) return;
   const start = before.start + stretch.from;
   lookAt(stretch, {
    start: start,
    end: token_data_runEnd(stretch, stretch.from)
   }, found);
  },
  take(stretch, at, found) {
   const start = stretch.bytes[at] === PEM.charCodeAt(0) ? at : at + PEM.length;
   if (start >= seen) lookAt(stretch, {
    start: start,
    end: token_data_runEnd(stretch, start)
   }, found);
  }
 };
}

function token_data_runEnd({bytes: bytes, end: end}, start) {
 let at = start;
 while (at < end && VALUES[bytes[at] ?? 0] !== token_data_NONE) at += 1;
 return at;
}

function decoded(stretch, {start: start, end: end}) {
 const first = start >= 0 ? start : (start % 4 + 4) % 4;
 const size = length => Math.max(0, Math.floor(length * 3 / 4));
 const bytes = token_data_decode(stretch.bytes.subarray(first, end));
 return {
  bytes: bytes,
  from: start >= stretch.from ? 0 : size(stretch.from - first),
  to: Math.min(bytes.length, size(stretch.to - first)),
  end: bytes.length,
  places: stretch.places
 };
}

function token_data_decode(text) {
 const bytes = new Uint8Array(Math.floor(text.length * 3 / 4));
 let to = 0;
 for (let at = 0; at < text.length; at += 4) {
  const word = token_data_valueAt(text, at) << 18 | token_data_valueAt(text, at + 1) << 12 | token_data_valueAt(text, at + 2) << 6 | token_data_valueAt(text, at + 3);
  bytes[to] = word >>> 16;
  bytes[to + 1] = word >>> 8 & 255;
  bytes[to + 2] = word & 255;
  to += 3;
 }
 return bytes;
}

function token_data_valueAt(text, at) {
 return VALUES[text[at] ?? 65] ?? 0;
}

const token_jwk_AROUND = 4e3;

function isBeforeJwk({bytes: bytes}, start) {
 const quote = bytes[start - 1];
 if (quote !== 34 && quote !== 39) return false;
 return bytes.subarray(Math.max(0, start - 8), start - 1).includes(100);
}

function judgeJwk(stretch, start, end) {
 if (!/(?<![\w-])d\\*["']?\s?:\s?\\*["']$/.test(secret_stretches_textOf(stretch, start - 12, start)) || !countPlace(stretch)) return;
 const value = secret_stretches_textOf(stretch, start, end);
 if (!/["']?kty\\*["']?\s?:/.test(secret_stretches_textOf(stretch, start - token_jwk_AROUND, end + token_jwk_AROUND)) || isPattern(value)) return;
 return {
  kind: "private-jwk",
  what: "A JSON Web Key with its private part",
  value: value
 };
}

const token_jwt_LONGEST = 8192;

const STORAGE_ISSUERS = new Set([ "nft-storage", "web3-storage" ]);

function judgeJwt(text) {
 const [value, header = "", payload = "", signature = ""] = splitJwt(text) ?? [];
 if (value === void 0 || signature.length < 20 || isPattern(signature)) return;
 const claims = decodePart(payload);
 return textAt(decodePart(header), "alg") === void 0 ? void 0 : judgeClaims(claims, value);
}

function judgeClaims(claims, value) {
 const has = claim => valueAt(claims, claim) !== void 0;
 if (has("scopedKeySecret") || has("userInformation") && has("authenticationType")) return {
  kind: "pinata-jwt",
  what: "A JWT of a Pinata account",
  value: value
 };
 const role = valueAt(claims, "role");
 const issuer = valueAt(claims, "iss");
 if (role === "service_role") {
  const level = issuer === "supabase-demo" ? "note" : void 0;
  return {
   kind: "supabase-service-key",
   what: "A service key of a Supabase project",
   value: value,
   level: level
  };
 }
 if (STORAGE_ISSUERS.has(issuer)) return {
  kind: "storage-jwt",
  what: "A JWT of a storage service",
  value: value
 };
 if (claims === void 0 || role === "anon" || valueAt(claims, "name") === "John Doe") return;
 return {
  kind: "jwt",
  what: "A JSON Web Token that may be meant for everybody",
  value: value,
  level: "note"
 };
}

function splitJwt(text) {
 return /^([\w-]+)\.([\w-]+)\.([\w-]+)/.exec(text.slice(0, token_jwt_LONGEST)) ?? void 0;
}

function decodePart(part) {
 try {
  return parseJson((new TextDecoder).decode(base64url.baseDecode(part)));
 } catch {
  return;
 }
}

const WIF_STARTS = [ 75, 76, 53 ];

const HEX = /^(0[xX])?[0-9a-fA-F]{64}$/;

function judgeHex(stretch, start, end) {
 if (end - start !== 64 && end - start !== 66) return;
 const name = nameBefore(stretch, start);
 if (name === void 0) return;
 const meaning = meaningOf(stretch, {
  start: start,
  end: end,
  name: name
 });
 if (meaning === void 0 || !countPlace(stretch)) return;
 const value = secret_stretches_textOf(stretch, start, end);
 if (!HEX.test(value)) return;
 return meaning === "ciphertext" ? judgeKeystore(stretch, start, value) : judgePrivateHex(value, meaning);
}

function judgePrivateHex(value, meaning) {
 const digits = value.slice(-64).toLowerCase();
 if (isRole(digits)) return;
 if (isKnownToAll(digits)) return {
  kind: "public-private-key",
  what: "A private key that everybody has",
  value: value,
  level: "note"
 };
 if (isPattern(digits)) return;
 return meaning === "private" ? {
  kind: "hex-private-key",
  what: "A private key",
  value: value
 } : {
  kind: "owned-key",
  what: "A key of 32 bytes that may be private or public",
  value: value,
  level: "note"
 };
}

function judgeKeystore(stretch, at, value) {
 const around = secret_stretches_textOf(stretch, at - 1e3, at + 1e3);
 if (!/kdf/.test(around) || !/"mac\\*"/.test(around)) return;
 return {
  kind: "wallet-keystore",
  what: "The keystore of a wallet",
  value: value
 };
}

function judgeBase58(stretch, start, end) {
 const length = end - start;
 const first = stretch.bytes[start] ?? 0;
 if ((length === 51 || length === 52) && WIF_STARTS.includes(first)) return judgeChecked(secret_stretches_textOf(stretch, start, end), "A private key of Bitcoin");
 if (length === 111 && secret_stretches_textOf(stretch, start + 1, start + 4) === "prv") return judgeChecked(secret_stretches_textOf(stretch, start, end), "An extended private key");
 return length === 87 || length === 88 ? judgeNamedBase58(stretch, start, end) : void 0;
}

function judgeNamedBase58(stretch, start, end) {
 const name = nameBefore(stretch, start);
 if (name === void 0 || !namesPair(name)) return;
 const value = secret_stretches_textOf(stretch, start, end);
 return base58Of(value)?.length === 64 && !isPattern(value) ? {
  kind: "base58-private-key",
  what: "A private key",
  value: value
 } : void 0;
}

function judgeChecked(value, what) {
 const bytes = base58Of(value);
 if (bytes === void 0 || bytes.length < 8) return;
 const check = sha256(sha256(bytes.subarray(0, -4)));
 return bytes.subarray(-4).every((byte, at) => byte === check[at]) ? {
  kind: "base58-private-key",
  what: what,
  value: value
 } : void 0;
}

function base58Of(text) {
 try {
  return base58btc.baseDecode(text);
 } catch {
  return;
 }
}

function shape(what, starts, rest) {
 const kind = what.replace(/^An? /, "").toLowerCase().replace(/[^a-z0-9]+/g, "-");
 return {
  kind: kind,
  what: what,
  starts: starts.split(" "),
  ...rest
 };
}

const SERVICE_ACCOUNT = "eyJ0eXBlIjoic2VydmljZV9hY2NvdW50 ewogICJ0eXBlIjogInNlcnZpY2VfYWNjb3Vud";

const TOKEN_SHAPES = [ shape("A GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", {
 lint: "github"
}), shape("A GitLab token", "glpat- gldt- glrt- glptt- glft- gloas- glsoat- glagent- glcbt-", {
 lint: "gitlab",
 pattern: /gl(pat|dt|rt|ptt|ft|oas|soat|agent|cbt)-[A-Za-z0-9_-]{20,128}(\.[A-Za-z0-9_-]{2,60}){0,2}/y
}), shape("An npm token", "npm_", {
 lint: "npm"
}), shape("A Slack token", "xoxb- xoxp- xoxa- xoxo- xoxr- xoxs- xoxe- xapp-", {
 lint: "slack"
}), shape("A Stripe secret key", "sk_live_ rk_live_", {
 lint: "stripe"
}), shape("A Stripe test key", "sk_test_ rk_test_", {
 lint: "stripe",
 level: "note"
}), shape("A Stripe webhook secret", "whsec_", {
 pattern: /whsec_[A-Za-z0-9+/]{32,64}={0,2}/y
}), shape("An OpenAI key", "sk-", {
 lint: "openai",
 pattern: /sk-((proj|svcacct|admin)-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}|sk-[0-9a-f]{32}(?![\w-])/y
}), shape("An OpenRouter key", "sk-or-v1-", {
 pattern: /sk-or-v1-[0-9a-f]{64}/y
}), shape("An Anthropic key", "sk-ant-", {
 lint: "anthropic",
 pattern: /sk-ant-[a-z]{3,5}\d\d-[\w-]{80,128}/y
}), shape("A Groq key", "gsk_", {
 lint: "groq"
}), shape("A Hugging Face token", "hf_", {
 lint: "huggingface",
 pattern: /hf_[A-Za-z0-9]{34}(?![\w-])/y
}), shape("A Replicate token", "r8_", {
 pattern: /r8_[A-Za-z0-9]{37}(?![\w-])/y
}), shape("A Linear key", "lin_api_", {
 lint: "linear"
}), shape("A Notion token", "ntn_ secret_", {
 lint: "notion",
 pattern: /secret_[A-Za-z0-9]{43}(?![\w-])/y
}), shape("A Vercel token", "vcp_ vci_ vca_ vcr_ vck_", {
 lint: "vercel"
}), shape("A Cloudflare token", "cfk_ cfut_ cfat_", {
 lint: "cloudflare"
}), shape("A Databricks token", "dapi", {
 lint: "databricks"
}), shape("A Docker token", "dckr_pat_ dckr_oat_", {
 lint: "docker",
 pattern: /dckr_oat_[\w-]{27,40}/y
}), shape("A DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", {
 pattern: /do[opr]_v1_[0-9a-f]{64}/y
}), shape("A Figma token", "figd_", {
 lint: "figma"
}), shape("A Tailscale key", "tskey-", {
 lint: "tailscale"
}), shape("A Shopify token", "shppa_ shpca_ shpat_ shpss_", {
 lint: "shopify"
}), shape("A Square secret", "sq0csp- sq0atp- EAAA", {
 pattern: /sq0(csp-[\w-]{43}|atp-[\w-]{22})(?![\w-])|EAAA[lE][\w-]{59}(?![\w-])/y
}), shape("A Grafana token", "glc_ glsa_", {
 lint: "grafana"
}), shape("A Google service account", SERVICE_ACCOUNT, {
 pattern: /[\w+/=-]{400,}/y,
 isCertain: true
}), shape("A 1Password token", "ops_eyJ", {
 lint: "1password",
 isCertain: true
}), shape("A PyPI token", "pypi-AgEI", {
 pattern: /pypi-AgEI[\w-]{50,1000}/y
}), shape("A RubyGems key", "rubygems_", {
 pattern: /rubygems_[0-9a-f]{48}/y
}), shape("A Sentry token", "sntrys_eyJ sntryu_", {
 pattern: /sntrys_eyJ[\w+/=-]{80,1000}|sntryu_[0-9a-f]{64}/y
}), shape("A Postman key", "PMAK-", {
 pattern: /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/y
}), shape("An Atlassian token", "ATATT3xFf ATCTT3xFf", {
 pattern: /AT[AC]TT3xFf[\w=-]{80,400}/y
}), shape("A Mailgun key", "key-", {
 pattern: /key-[0-9a-f]{32}(?![\w-])/y
}), shape("A Brevo key", "xkeysib-", {
 pattern: /xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}/y
}), shape("An age secret key", "AGE-SECRET-KEY-1", {
 pattern: /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}/y
}), shape("A secret key of Supabase", "sb_secret_", {
 pattern: /sb_secret_[\w-]{20,60}(?![\w-])/y
}), shape("An xAI key", "xai-", {
 pattern: /xai-[A-Za-z0-9]{60,100}(?![\w-])/y
}), shape("A PlanetScale token", "pscale_tkn_ pscale_pw_ pscale_oauth_", {
 pattern: /pscale_(tkn|pw|oauth)_[\w.=-]{32,64}(?![\w-])/y
}), shape("A Google OAuth secret", "GOCSPX-", {
 pattern: /GOCSPX-[\w-]{28}(?![\w-])/y
}) ];

const STARTS_WITHIN = new Set("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- npm_ sk_live_ rk_live_ xoxb- xoxp- sb_secret_ sk-ant-".split(" "));

const TOKENS_AFTER = [ shape("A SendGrid key", "", {
 before: /(?<![\w.-])SG\.$/,
 pattern: /[\w-]{22}\.[\w-]{43}(?![\w-])/y
}), shape("A Vault token", "", {
 before: /(?<![\w.-])hv[sbr]\.$/,
 pattern: /[\w-]{90,300}/y
}), shape("An Airtable token", "", {
 before: /(?<![\w.-])pat[A-Za-z0-9]{14}\.$/,
 pattern: /[0-9a-f]{64}(?![\w-]|\.\w)/y
}), shape("A Telegram bot token", "", {
 before: /(?<![0-9A-Z_])[0-9]{8,10}:$/,
 pattern: /AA[\w-]{33}(?![\w-])/y
}), shape("A Slack webhook", "", {
 before: /hooks\.slack\.com\/(services|workflows)\/T[A-Z0-9]{6,14}\/[AB][A-Z0-9]{6,14}\/$/,
 pattern: /[A-Za-z0-9]{20,40}(?![\w-])/y
}), shape("A Discord webhook", "", {
 before: /discord(app)?\.com\/api\/(v\d+\/)?webhooks\/\d{17,20}\/$/,
 pattern: /[\w-]{60,72}(?![\w-])/y
}) ];

const token_search_SMALL = "abcdefghijklmnopqrstuvwxyz";

const TOKEN_LETTERS = `${token_search_SMALL}${token_search_SMALL.toUpperCase()}0123456789_-`;

const SHORTEST_TOKEN = 20;

const LONGEST_TOKEN = 1500;

const LONGEST_JWT = 8192;

const SHORTEST_BODY = 24;

const LONGEST_LOOK = 200;

function createTokenLooks() {
 const looks = [ createTokenLook(), createPhraseLook(), createWordsLook(), createBytesLook(), urlLook ];
 return [ ...looks, createNamedLook(createDataLook([ ...looks, createNamedLook() ])) ];
}

function createTokenLook() {
 const search = createRunSearch(TOKEN_LETTERS, SHORTEST_TOKEN);
 const shapes = byFirst(TOKEN_SHAPES);
 return (stretch, found) => search(stretch, (run, end) => {
  const start = afterEscape(stretch, run);
  const secret = judgeRun(stretch, start, end) ?? judgeShapes(stretch, {
   start: start,
   end: end
  }, shapes);
  if (secret !== void 0) found(secret, start); else searchWithin(stretch, {
   start: start,
   end: end
  }, found);
 });
}

const WITHIN = byFirst(TOKEN_SHAPES, STARTS_WITHIN);

const PAIRS_WITHIN = new Uint8Array(1 << 16);

for (const pair of WITHIN.keys()) PAIRS_WITHIN[pair] = 1;

function searchWithin(stretch, {start: start, end: end}, found) {
 const {bytes: bytes} = stretch;
 for (let at = start + 1; at + SHORTEST_TOKEN <= end; at += 1) {
  const before = bytes[at - 1];
  if (before !== 45 && before !== 95 || PAIRS_WITHIN[token_search_pairAt(bytes, at)] !== 1) continue;
  const secret = judgeShapes(stretch, {
   start: at,
   end: end
  }, WITHIN);
  if (secret !== void 0) found(secret, at);
 }
}

function token_search_pairAt(bytes, at) {
 return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
}

function judgeRun(stretch, start, end) {
 const length = end - start;
 const {bytes: bytes} = stretch;
 if (length === 64 || length === 66) return judgeHex(stretch, start, end);
 if (length === 20 && bytes[start] === 65 && /^A(KI|SI)A[A-Z2-7]{16}$/.test(secret_stretches_textOf(stretch, start, end))) return !countPlace(stretch) || isPlaceholder(secret_stretches_textOf(stretch, start, end)) ? void 0 : judgeAwsId(stretch, start);
 if (bytes[start] === 101 && bytes[start + 1] === 121 && bytes[start + 2] === 74) return judgeObject(stretch, start, end);
 if (length >= 42 && isBeforeJwk(stretch, start)) return judgeJwk(stretch, start, end);
 return judgeBase58(stretch, start, end);
}

function judgeObject(stretch, start, end) {
 const {bytes: bytes} = stretch;
 const before = secret_stretches_textOf(stretch, start - 4, start);
 if (/(?<!\w)sk\.$/.test(before)) return judgeMapbox(secret_stretches_textOf(stretch, start, start + LONGEST_TOKEN));
 if (bytes[start - 1] === 46 || bytes[end] !== 46 || !countPlace(stretch)) return;
 return judgeJwt(secret_stretches_textOf(stretch, start, start + LONGEST_JWT));
}

function judgeMapbox(text) {
 const value = /^eyJ[\w-]{20,200}\.[\w-]{20,24}(?![\w-])/.exec(text)?.[0];
 return value === void 0 || isPlaceholder(value) ? void 0 : {
  kind: "mapbox-secret-token",
  what: "A secret token of Mapbox",
  value: `sk.${value}`
 };
}

function byFirst(shapes, only) {
 const starts = shapes.flatMap(shape => shape.starts.map(start => [ start, shape ]));
 const pairs = only === void 0 ? starts : starts.filter(([start]) => only.has(start));
 return Map.groupBy(pairs, ([start]) => start.charCodeAt(0) * 256 + start.charCodeAt(1));
}

function judgeShapes(stretch, run, shapes) {
 const {start: start} = run;
 for (const beginning of shapes.get(token_search_pairAt(stretch.bytes, start)) ?? []) {
  const [opening, shape] = beginning;
  if (!mayBeToken(stretch, run, beginning) || !countPlace(stretch)) continue;
  const secret = judgeShape(shape, secret_stretches_textOf(stretch, start, start + LONGEST_TOKEN), opening);
  if (secret !== void 0) return secret;
 }
 return mayFollow(stretch, start) ? judgeAfter(stretch, start) : void 0;
}

function mayBeToken(stretch, {start: start, end: end}, [opening, {isCertain: isCertain}]) {
 if (secret_stretches_textOf(stretch, start, start + opening.length) !== opening) return false;
 if (isCertain) return true;
 const body = secret_stretches_textOf(stretch, start + opening.length, Math.min(end, start + LONGEST_LOOK));
 return looksDrawn(body.slice(0, SHORTEST_BODY)) || looksDrawn(body);
}

function mayFollow({bytes: bytes}, start) {
 const last = bytes[start - 1];
 const before = bytes[start - 2] ?? 0;
 if (last === 58) return token_search_isDigit(before);
 if (last === 47) return bytes.subarray(Math.max(0, start - 7), start - 1).every(isCapitalOrDigit);
 if (last === 46 && bytes[start - 18] === 112 && bytes[start - 17] === 97) return true;
 return last === 46 && (before === 71 || before === 98 || before === 114 || before === 115);
}

function token_search_isDigit(byte) {
 return byte >= 48 && byte <= 57;
}

function isCapitalOrDigit(byte) {
 return token_search_isDigit(byte) || byte >= 65 && byte <= 90;
}

function judgeAfter(stretch, start) {
 const before = secret_stretches_textOf(stretch, start - 80, start);
 const shape = TOKENS_AFTER.find(one => one.before?.test(before));
 return shape === void 0 || !countPlace(stretch) ? void 0 : judgeShape(shape, secret_stretches_textOf(stretch, start, start + LONGEST_TOKEN), "");
}

function judgeShape(shape, text, opening) {
 const {kind: kind, what: what, level: level, pattern: pattern, lint: lint, isCertain: isCertain} = shape;
 const value = matched(text, pattern) ?? linted(text, lint);
 if (value === void 0) return;
 const body = value.slice(opening.length);
 if (!isCertain && (isPlaceholder(body) || !looksDrawn(body))) return;
 return {
  kind: kind,
  what: what,
  value: value,
  level: level
 };
}

function matched(text, pattern) {
 if (pattern === void 0) return;
 pattern.lastIndex = 0;
 return pattern.exec(text)?.[0];
}

function linted(text, rule) {
 return rule === void 0 ? void 0 : lintToken(rule, text).find(value => text.startsWith(value));
}

function createNamedLook(data) {
 const encoder = new TextEncoder;
 const judges = [ ...PEM_NEEDLES.map(needle => [ needle, judgePem ]), ...AWS_NEEDLES.map(needle => [ needle, judgeAwsName ]), [ AZURE_NEEDLE, judgeAzure ] ];
 const needles = [ ...judges.map(([needle]) => needle), ...data === void 0 ? [] : DATA_NEEDLES ];
 const search = createNeedleSearch(needles.map(needle => encoder.encode(needle)));
 return (stretch, found) => {
  data?.begin(stretch, found);
  search(stretch, {
   found: (needle, at) => {
    const secret = judges[needle]?.[1](stretch, at);
    if (secret !== void 0) found(secret, at);
    if (needle >= judges.length) data?.take(stretch, at, found);
   }
  });
 };
}

function urlLook(stretch, found) {
 const bytes = stretch.bytes.subarray(0, stretch.to);
 for (let at = bytes.indexOf(64, stretch.from); at !== -1; at = bytes.indexOf(64, at + 1)) {
  const secret = judgeUrl(stretch, at);
  if (secret !== void 0) found(secret, at);
 }
}

const MOST_ERRORS = 100;

const MOST_NOTES = 20;

const MOST_HIDDEN = 500;

const REVOKE = "Remove it from the build, and revoke it: whatever was built may have been cached.";

const EXCLUDE = "If it is no secret, exclude the file, or set `preflight: secrets=warn`, which is for all of them.";

const ADVICE = `${REVOKE} ${EXCLUDE}`;

const NO_TEXT = new Set(("png jpg jpeg jfif gif svgz webp avif apng ico cur bmp tif tiff heic heif jxl psd woff woff2 ttf otf ttc eot mp4 m4v " + "webm mov mkv avi ogv mp3 m4a ogg oga opus wav flac aac wasm pdf zip gz tgz br zst bz2 xz 7z rar tar car jar glb").split(" "));

const secrets_TEXT = new Set(("js mjs cjs jsx cts tsx vue svelte astro css scss less html htm xhtml shtml json jsonc json5 jsonl ndjson map " + "webmanifest txt text md mdx markdown rst env ini cfg conf toml yml yaml properties xml svg rss atom csv tsv sh bash " + "py rb php pl go rs java kt sol sql graphql gql pem asc log lock").split(" "));

function createSecretsRule(options) {
 const credentials = searchable(options.credentials);
 return report => {
  const sightings = createSightings(report);
  const hidden = new Set;
  const own = createOwnLook(credentials);
  const looks = createTokenLooks();
  const isOwn = secret => credentials.some(({value: value}) => value.includes(secret.value));
  let file = secrets_openFile({
   path: "",
   bytes: 0
  });
  const stretches = createStretches(stretch => {
   if (file.isFirst) file = {
    ...file,
    isFirst: false,
    isText: file.isText && (file.isKnownText || !hasNul(stretch))
   };
   const place = at => ({
    path: file.path,
    line: lineOf(file, stretch, at)
   });
   own(stretch, file.own, (name, at) => sightings.add({
    ...ownCredential(name),
    ...place(at)
   }));
   if (!file.isText) return;
   const found = (secret, at) => {
    if (secret.level !== "note" && hidden.size < MOST_HIDDEN) hidden.add(secret.hidden ?? secret.value);
    if (!isOwn(secret) && isNew(file, secret)) sightings.add({
     ...foundSecret(secret),
     ...place(at)
    });
   };
   for (const look of looks) look(stretch, found);
   file.lines += linesBeforeNext(stretch);
  });
  const judgeName = ({judge: judge, path: path, beginning: beginning}) => {
   const seen = judge?.((new TextDecoder).decode(Uint8Array.from(beginning)));
   if (seen !== void 0) sightings.add({
    ...seen,
    advice: ADVICE,
    path: path,
    line: void 0
   });
  };
  return {
   name: "secrets",
   open: next => {
    file = secrets_openFile(next);
    stretches.open();
    return {
     kind: "bytes",
     take: piece => {
      keepBeginning(file, piece);
      stretches.take(piece);
     },
     end: () => {
      if (!stretches.end()) report(unchecked(file.path));
      judgeName(file);
     }
    };
   },
   finish: () => sightings.finish(),
   hidden: () => hidden
  };
 };
}

function secrets_openFile({path: path}) {
 const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
 return {
  path: path,
  judge: judgeOf(path),
  beginning: [],
  isFirst: true,
  isText: !NO_TEXT.has(extension),
  isKnownText: secrets_TEXT.has(extension),
  seen: new Set,
  own: new Set,
  lines: 0
 };
}

function keepBeginning({judge: judge, beginning: beginning}, piece) {
 if (judge === void 0) return;
 for (const byte of piece.subarray(0, MOST_OF_NAMED - beginning.length)) beginning.push(byte);
}

function hasNul({bytes: bytes, end: end}) {
 return bytes.subarray(0, Math.min(end, 4096)).includes(0);
}

function lineOf({isText: isText, lines: lines}, {bytes: bytes, from: from}, at) {
 return isText ? lines + secret_stretches_countLines(bytes, from, at) + 1 : void 0;
}

function linesBeforeNext({bytes: bytes, from: from, to: to, end: end}) {
 return to < end ? secret_stretches_countLines(bytes, from, to) : 0;
}

function isNew({seen: seen}, {kind: kind, value: value}) {
 const key = `${kind} ${value}`;
 if (seen.has(key)) return false;
 seen.add(key);
 return true;
}

function unchecked(path) {
 return {
  kind: "unchecked",
  message: "A file has so many places that look like secrets that not all of them were looked at.",
  advice: "Look at it yourself, or exclude it.",
  path: path,
  line: void 0,
  level: "warn"
 };
}

function createOwnLook(credentials) {
 const needles = credentials.flatMap(({name: name, value: value}) => encodingsOf(value).map(bytes => ({
  name: name,
  bytes: bytes
 })));
 const all = new Set(needles.map(({name: name}) => name)).size;
 const nameOf = needle => needles[needle]?.name ?? "";
 const search = createNeedleSearch(needles.map(({bytes: bytes}) => bytes));
 return (stretch, known, found) => {
  if (known.size === all) return;
  search(stretch, {
   isWanted: needle => !known.has(nameOf(needle)),
   found: (needle, at) => {
    known.add(nameOf(needle));
    found(nameOf(needle), at);
   }
  });
 };
}

function ownCredential(name) {
 return {
  kind: "own-credential",
  message: `The value of \`${name}\`, with which this run works, is in the build.`,
  advice: REVOKE,
  level: "error"
 };
}

function foundSecret({kind: kind, what: what, value: value, level: level}) {
 const message = `${what} is in the build (fingerprint ${sha256Hex(value).slice(0, 8)}).`;
 return {
  kind: kind,
  message: message,
  advice: level === "note" ? EXCLUDE : ADVICE,
  level: level
 };
}

function createSightings(report) {
 const listed = {
  errors: new Set,
  notes: new Set
 };
 let more = 0;
 return {
  add(sighting) {
   const isNote = sighting.level === "note";
   const known = isNote ? listed.notes : listed.errors;
   const isListed = known.has(sighting.message) || known.size < (isNote ? MOST_NOTES : MOST_ERRORS);
   if (isListed) known.add(sighting.message);
   if (isListed || sighting.level === "error") report(sighting); else if (!isNote) more += 1;
  },
  finish() {
   if (more === 0) return;
   report({
    kind: "more",
    message: `${more} more secrets are in the build, which are not listed.`,
    advice: ADVICE,
    path: "",
    line: void 0
   });
  }
 };
}

function patternOf(from) {
 const segments = from.replace(/\/$/, "").split("/");
 const hasSplat = segments.at(-1) === "*";
 return {
  segments: hasSplat ? segments.slice(0, -1) : segments,
  hasSplat: hasSplat
 };
}

function isExact({segments: segments, hasSplat: hasSplat}) {
 return !hasSplat && !segments.some(redirect_pattern_isPlaceholder);
}

function namesOf({segments: segments, hasSplat: hasSplat}) {
 const names = segments.filter(redirect_pattern_isPlaceholder).map(segment => segment.slice(1));
 return hasSplat ? [ ...names, "splat" ] : names;
}

function covers(wide, narrow) {
 const [mine, other] = [ wide.segments.length, narrow.segments.length ];
 const isLongEnough = wide.hasSplat ? other > mine || other === mine && narrow.hasSplat : other === mine;
 if (!isLongEnough || narrow.hasSplat && !wide.hasSplat) return false;
 return wide.segments.every((segment, index) => redirect_pattern_isPlaceholder(segment) || segment === narrow.segments[index]);
}

function exampleOf(pattern) {
 const values = new Map(namesOf(pattern).map(name => [ name, `~${name}~` ]));
 const path = pattern.segments.map(segment => redirect_pattern_isPlaceholder(segment) ? `~${segment.slice(1)}~` : segment).join("/");
 return {
  path: pattern.hasSplat ? `${path}/~splat~` : path,
  values: values
 };
}

function redirect_pattern_isPlaceholder(segment) {
 return segment.startsWith(":");
}

const STATUSES = new Set([ 200, 301, 302, 303, 307, 308, 404, 410, 451 ]);

const FORMAT = "Write from, to and at most a status: `/old /new 301`.";

const SPACES = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

function parseRedirects(text) {
 const rules = [];
 const faults = [];
 let number = 0;
 for (const raw of text.split("\n")) {
  number += 1;
  const fields = raw.split(SPACES).filter(field => field !== "");
  if (fields.length === 0 || fields[0]?.startsWith("#") === true) continue;
  const parsed = parseLine(fields);
  if ("kind" in parsed) faults.push({
   ...parsed,
   line: number
  }); else rules.push({
   ...parsed,
   line: number
  });
 }
 return {
  rules: rules,
  faults: faults
 };
}

function parseLine(fields) {
 const [from = "", to = "", status] = fields;
 const fault = shapeFault(fields) ?? fromFault(from) ?? toFault(to);
 if (fault !== void 0) return fault;
 if (status === void 0) return {
  from: from,
  to: to,
  status: 301
 };
 const code = /^\+?\d{1,18}$/.test(status) ? Number(status) : void 0;
 return code !== void 0 && STATUSES.has(code) ? {
  from: from,
  to: to,
  status: code
 } : statusFault(fields, status);
}

function shapeFault(fields) {
 const line = quote(fields.join(" "));
 if (fields.length < 2) return {
  kind: "redirect-format",
  message: `${line} says from where, and not to where.`,
  advice: FORMAT
 };
 const comment = fields.findIndex(field => field.startsWith("#"));
 if (comment !== -1 && comment >= 2) {
  const message = `${line} has a comment after the rule; only a whole line can be one.`;
  return {
   kind: "redirect-comment",
   message: message,
   advice: "Move the comment to a line of its own."
  };
 }
 const condition = fields.slice(1).find(field => /^[A-Za-z]+=/.test(field));
 if (condition !== void 0) {
  const message = `${line} depends on ${quote(condition)}; gateways know no conditions on query, country, language, role or cookie.`;
  return {
   kind: "redirect-condition",
   message: message,
   advice: "Remove the condition, or the rule."
  };
 }
 if (fields.length > 3) return {
  kind: "redirect-format",
  message: `${line} has more than three fields.`,
  advice: FORMAT
 };
 return;
}

function fromFault(from) {
 if (!from.startsWith("/")) {
  const message = `${quote(from)} is no path of this site: what is redirected starts with a slash.`;
  return {
   kind: "redirect-from",
   message: message,
   advice: FORMAT
  };
 }
 const stars = from.split("*").length - 1;
 if (stars > 1 || stars === 1 && !from.endsWith("*")) {
  const message = `${quote(from)} has an asterisk that is not its last character, or more than one.`;
  return {
   kind: "redirect-splat",
   message: message,
   advice: "Use one asterisk, at the end: `/old/*`."
  };
 }
 const names = from.split("/").filter(segment => segment.startsWith(":"));
 const known = new Set;
 const twice = names.find(name => known.size === known.add(name).size);
 if (twice !== void 0) {
  const message = `${quote(from)} has the placeholder ${quote(twice)} twice.`;
  return {
   kind: "redirect-placeholder",
   message: message,
   advice: "Give every placeholder of a path its own name."
  };
 }
 return urlFault(from);
}

function toFault(to) {
 if (to.startsWith("/")) return urlFault(to);
 if (!/^(?:https?|ip[fn]s):/i.test(to)) {
  const message = `${quote(to)} is neither a path that starts with a slash nor a URL of http, https, ipfs or ipns.`;
  return {
   kind: "redirect-to",
   message: message,
   advice: FORMAT
  };
 }
 const isBroken = /^https?:/i.test(to) && !URL.canParse(to.replaceAll(/:(?=[A-Za-z_])/g, ""));
 return urlFault(to) ?? (isBroken ? {
  kind: "redirect-to",
  message: `${quote(to)} is no URL.`,
  advice: FORMAT
 } : void 0);
}

function urlFault(target) {
 if (/[^\P{Cc}\u0080-\u009f]/u.test(target)) return {
  kind: "redirect-url",
  message: `${quote(target)} has a control character.`,
  advice: "Remove it."
 };
 const [path = "", fragment = ""] = target.split("#", 2);
 const query = path.indexOf("?");
 if (!/%(?![0-9A-Fa-f]{2})/.test(`${query === -1 ? path : path.slice(0, query)}#${fragment}`)) return;
 const message = `${quote(target)} has a percent sign that encodes nothing.`;
 return {
  kind: "redirect-url",
  message: message,
  advice: "Write `%25` for a percent sign."
 };
}

function statusFault(fields, status) {
 const line = quote(fields.join(" "));
 if (status.endsWith("!")) {
  const message = `${line} forces the rule with \`!\`; a gateway asks the rules only for what the site does not have.`;
  return {
   kind: "redirect-forced",
   message: message,
   advice: "Remove the `!`."
  };
 }
 const message = `${line} has ${quote(status)} where the status is; gateways know 200, 301, 302, 303, 307, 308, 404, 410 and 451.`;
 return {
  kind: "redirect-status",
  message: message,
  advice: "Use one of these."
 };
}

const MOST_WIDE_RULES = 100;

function judgeRedirects(rules, places) {
 const judged = rules.map((rule, index) => ({
  rule: rule,
  pattern: patternOf(rule.from),
  index: index
 }));
 const matcher = createMatcher(judged);
 return judged.flatMap(each => {
  const found = neverApplies(each, places) ?? shadowed(each, matcher) ?? wrongTarget(each, places, matcher);
  return found === void 0 ? [] : [ {
   ...found,
   line: each.rule.line
  } ];
 });
}

function neverApplies({rule: rule, pattern: pattern}, places) {
 const {from: from, to: to, status: status} = rule;
 const never = (why, advice) => ({
  kind: "redirect-never",
  message: `${quote(from)} is never redirected: ${why}.`,
  advice: advice
 });
 if (/[?#]/.test(from)) return never("rules match the path alone, without query and fragment", "Remove what follows the path.");
 if (/%[0-9A-Fa-f]{2}/.test(from)) return never("gateways compare with the decoded path", "Write the character itself instead of `%…`.");
 if (from.endsWith("*") && !pattern.hasSplat) return never("gateways take an asterisk as such where it is not a segment of its own", "Write `/*` at the end.");
 if (!isExact(pattern) || !exists(from, places)) return;
 const said = never("it exists, and gateways ask the rules only for what does not", "Remove the rule, or what is there.");
 return status === 200 && sameContent(from, to) ? {
  ...said,
  level: "note"
 } : said;
}

function sameContent(from, to) {
 const bare = path => path.replace(/(?:^|\/)index\.html$/, "").replace(/\/$/, "");
 return bare(from) === bare(to);
}

function shadowed({rule: rule, pattern: pattern, index: index}, matcher) {
 const first = matcher.firstCovering(pattern);
 if (first === void 0 || first.index >= index) return;
 const isSame = first.rule.from === rule.from;
 const message = isSame ? `${quote(rule.from)} is there twice; the first rule that matches is the one that counts.` : `${quote(rule.from)} comes after ${quote(first.rule.from)}, which matches all of it first.`;
 return {
  kind: "redirect-shadowed",
  message: message,
  advice: isSame ? "Remove one." : "Move it up, or remove it."
 };
}

function wrongTarget(each, places, matcher) {
 const unknown = unknownName(each);
 if (unknown !== void 0) {
  const message = `${quote(each.rule.to)} has ${quote(unknown)}, which ${quote(each.rule.from)} does not set.`;
  const advice = unknown === ":splat" ? "End what is redirected with `/*`." : "Use the same name in both.";
  return {
   kind: "redirect-placeholder",
   message: message,
   advice: advice
  };
 }
 const {status: status} = each.rule;
 return status >= 300 && status < 400 ? wrongRedirect(each, places, matcher) : wrongContent(each, places);
}

function unknownName({rule: rule, pattern: pattern}) {
 const names = new Set(namesOf(pattern));
 return rule.to.match(/:[A-Za-z_]\w*/g)?.find(found => !prefixesOf(found.slice(1)).some(prefix => names.has(prefix)));
}

function prefixesOf(name) {
 return Array.from({
  length: Math.min(name.length, 64)
 }, (_, index) => name.slice(0, index + 1)).concat(name);
}

function wrongContent({rule: rule, pattern: pattern}, places) {
 const {to: to, status: status} = rule;
 if (!to.startsWith("/") || to.startsWith("//")) {
  const message = `${quote(to)} is another site; with status ${status} a gateway answers from this one only.`;
  return {
   kind: "redirect-proxy",
   message: message,
   advice: "Use status 301 or 302, or a path."
  };
 }
 if (namesOf(pattern).some(name => to.includes(`:${name}`))) return;
 const path = to.replace(/^\/|\/$/g, "");
 if (places.files.has(path) || status === 200 && places.directories.has(path)) return;
 const isDirectory = places.directories.has(path);
 const what = isDirectory ? "is a directory, not a page" : "is not in the build";
 const message = `${quote(to)} ${what}, and status ${status} answers with its content.`;
 return {
  kind: "redirect-target",
  message: message,
  advice: targetAdvice(to)
 };
}

function targetAdvice(to) {
 return /[?#]/.test(to) ? "Remove the query and the fragment." : "Name a file of the build as it is spelled there.";
}

function wrongRedirect({rule: rule, index: index}, places, matcher) {
 const {from: from, to: to} = rule;
 if (!to.startsWith("/") || to.startsWith("//")) return;
 const {path: asked, values: values} = exampleOf(patternOf(from));
 const filled = to.replace(/:[A-Za-z_]\w*/g, name => values.get(name.slice(1)) ?? name);
 const path = redirects_decoded(filled.replace(/[?#].*$/s, ""));
 if (exists(path, places)) return;
 const next = matcher.firstMatching(path);
 if (next?.index === index) {
  const message = `${quote(from)} leads to ${quote(to)}, which the same rule matches again: a loop.`;
  return {
   kind: "redirect-loop",
   message: message,
   advice: "Lead to a file of the build."
  };
 }
 if (next !== void 0 || filled !== to || asked === path) return;
 const message = `${quote(to)} is not in the build, and no rule matches it.`;
 return {
  kind: "redirect-target",
  message: message,
  advice: "Name a file or a directory of the build as it is spelled there."
 };
}

function exists(path, {files: files, directories: directories}) {
 const bare = path.replace(/^\/|\/$/g, "");
 return files.has(bare) || directories.has(bare);
}

function redirects_decoded(path) {
 try {
  return decodeURIComponent(path);
 } catch {
  return path;
 }
}

function createMatcher(judged) {
 const exact = new Map;
 const wide = [];
 for (const each of judged) {
  if (!isExact(each.pattern)) wide.push(each);
  const key = each.pattern.segments.join("/");
  if (isExact(each.pattern) && !exact.has(key)) exact.set(key, each);
 }
 wide.length = Math.min(wide.length, MOST_WIDE_RULES);
 const firstCovering = pattern => {
  const other = wide.find(each => covers(each.pattern, pattern));
  const same = isExact(pattern) ? exact.get(pattern.segments.join("/")) : void 0;
  if (same === void 0 || other === void 0) return same ?? other;
  return same.index < other.index ? same : other;
 };
 return {
  firstCovering: firstCovering,
  firstMatching: path => firstCovering({
   segments: path.replace(/\/$/, "").split("/"),
   hasSplat: false
  })
 };
}

const PATH_MARKS = [ "pushState", "popstate", "pathname" ];

const HASH_MARKS = [ "not supported in hash history", "Hash history cannot", '+="#")', "+=`#`)", "+='#')", "new HashChangeEvent(", "useHash:!0", ".location.search}#${" ];

const EITHER_MARKS = [ ...inQuotes('?"popstate":"hashchange"'), ...inQuotes('?"#"+') ];

const MARKS = [ ...PATH_MARKS, ...HASH_MARKS, ...EITHER_MARKS ];

const SAME_PAGE = {
 call: "pushState(",
 mark: /(["'`])\1,\s*["'`][#?]/,
 longest: 200
};

const SEAM = 256;

function inQuotes(mark) {
 return [ '"', "'", "`" ].map(quote => mark.replaceAll('"', quote));
}

const MOST_CHARACTERS = 12e6;

function hasSamePage(text) {
 const {call: call, mark: mark, longest: longest} = SAME_PAGE;
 for (let at = text.indexOf(call); at !== -1; at = text.indexOf(call, at + call.length)) if (mark.test(text.slice(at, at + longest))) return true;
 return false;
}

function createRoutingReader() {
 const missing = new Set(MARKS);
 let rest = "";
 let characters = 0;
 let isSamePage = false;
 return {
  begin: () => {
   rest = "";
  },
  take: whole => {
   const piece = whole.slice(0, MOST_CHARACTERS - characters);
   if (piece === "") return;
   characters += piece.length;
   const seam = rest + piece.slice(0, SEAM);
   for (const mark of missing) if (piece.includes(mark) || seam.includes(mark)) missing.delete(mark);
   isSamePage ||= hasSamePage(piece) || hasSamePage(seam);
   rest = (piece.length < SEAM ? rest + piece : piece).slice(-SEAM);
  },
  read: () => {
   if (isSamePage || HASH_MARKS.some(mark => !missing.has(mark))) return "hash";
   if (EITHER_MARKS.some(mark => !missing.has(mark))) return "unknown";
   return PATH_MARKS.every(mark => !missing.has(mark)) ? "path" : "unknown";
  }
 };
}

const {fromCodePoint: fromCodePoint} = String;

const formTags = new Set([ "input", "option", "optgroup", "select", "button", "datalist", "textarea" ]);

const pTag = new Set([ "p" ]);

const headingTags = new Set([ "h1", "h2", "h3", "h4", "h5", "h6", "p" ]);

const tableSectionTags = new Set([ "thead", "tbody" ]);

const ddtTags = new Set([ "dd", "dt" ]);

const rtpTags = new Set([ "rt", "rp" ]);

const openImpliesClose = new Map([ [ "tr", new Set([ "tr", "th", "td" ]) ], [ "th", new Set([ "th" ]) ], [ "td", new Set([ "thead", "th", "td" ]) ], [ "body", new Set([ "head", "link", "script" ]) ], [ "a", new Set([ "a" ]) ], [ "li", new Set([ "li" ]) ], [ "p", pTag ], [ "h1", headingTags ], [ "h2", headingTags ], [ "h3", headingTags ], [ "h4", headingTags ], [ "h5", headingTags ], [ "h6", headingTags ], [ "select", formTags ], [ "input", formTags ], [ "output", formTags ], [ "button", formTags ], [ "datalist", formTags ], [ "textarea", formTags ], [ "option", new Set([ "option" ]) ], [ "optgroup", new Set([ "optgroup", "option" ]) ], [ "dd", ddtTags ], [ "dt", ddtTags ], [ "address", pTag ], [ "article", pTag ], [ "aside", pTag ], [ "blockquote", pTag ], [ "details", pTag ], [ "div", pTag ], [ "dl", pTag ], [ "fieldset", pTag ], [ "figcaption", pTag ], [ "figure", pTag ], [ "footer", pTag ], [ "form", pTag ], [ "header", pTag ], [ "hr", pTag ], [ "main", pTag ], [ "nav", pTag ], [ "ol", pTag ], [ "pre", pTag ], [ "section", pTag ], [ "table", pTag ], [ "ul", pTag ], [ "rt", rtpTags ], [ "rp", rtpTags ], [ "tbody", tableSectionTags ], [ "tfoot", tableSectionTags ] ]);

const DOCUMENT_TYPE = "doctype";

const voidElements = new Set([ "area", "base", "basefont", "br", "col", "command", "embed", "frame", "hr", "img", "input", "isindex", "keygen", "link", "meta", "param", "source", "track", "wbr" ]);

const foreignContextElements = new Set([ "math", "svg" ]);

const htmlIntegrationElements = new Set([ "mi", "mo", "mn", "ms", "mtext", "annotation-xml", "foreignObject", "desc", "title" ]);

const svgTagNameAdjustments = new Map([ [ "altglyph", "altGlyph" ], [ "altglyphdef", "altGlyphDef" ], [ "altglyphitem", "altGlyphItem" ], [ "animatecolor", "animateColor" ], [ "animatemotion", "animateMotion" ], [ "animatetransform", "animateTransform" ], [ "clippath", "clipPath" ], [ "feblend", "feBlend" ], [ "fecolormatrix", "feColorMatrix" ], [ "fecomponenttransfer", "feComponentTransfer" ], [ "fecomposite", "feComposite" ], [ "feconvolvematrix", "feConvolveMatrix" ], [ "fediffuselighting", "feDiffuseLighting" ], [ "fedisplacementmap", "feDisplacementMap" ], [ "fedistantlight", "feDistantLight" ], [ "fedropshadow", "feDropShadow" ], [ "feflood", "feFlood" ], [ "fefunca", "feFuncA" ], [ "fefuncb", "feFuncB" ], [ "fefuncg", "feFuncG" ], [ "fefuncr", "feFuncR" ], [ "fegaussianblur", "feGaussianBlur" ], [ "feimage", "feImage" ], [ "femerge", "feMerge" ], [ "femergenode", "feMergeNode" ], [ "femorphology", "feMorphology" ], [ "feoffset", "feOffset" ], [ "fepointlight", "fePointLight" ], [ "fespecularlighting", "feSpecularLighting" ], [ "fespotlight", "feSpotLight" ], [ "fetile", "feTile" ], [ "feturbulence", "feTurbulence" ], [ "foreignobject", "foreignObject" ], [ "glyphref", "glyphRef" ], [ "lineargradient", "linearGradient" ], [ "radialgradient", "radialGradient" ], [ "textpath", "textPath" ] ]);

var ForeignContext;

(function(ForeignContext) {
 ForeignContext[ForeignContext["None"] = 0] = "None";
 ForeignContext[ForeignContext["Svg"] = 1] = "Svg";
 ForeignContext[ForeignContext["MathML"] = 2] = "MathML";
})(ForeignContext || (ForeignContext = {}));

const reNameEnd = /\s|\//;

class Parser {
 options;
 startIndex=0;
 endIndex=0;
 openTagStart=0;
 tagname="";
 attribname="";
 attribvalue="";
 attribs=null;
 stack=[];
 foreignContext;
 cbs;
 lowerCaseTagNames;
 lowerCaseAttributeNames;
 recognizeSelfClosing;
 htmlMode;
 tokenizer;
 buffers=[];
 bufferOffset=0;
 writeIndex=0;
 ended=false;
 constructor(cbs, options = {}) {
  this.options = options;
  this.cbs = cbs ?? {};
  this.htmlMode = !this.options.xmlMode;
  this.lowerCaseTagNames = options.lowerCaseTags ?? this.htmlMode;
  this.lowerCaseAttributeNames = options.lowerCaseAttributeNames ?? this.htmlMode;
  this.recognizeSelfClosing = options.recognizeSelfClosing ?? !this.htmlMode;
  this.tokenizer = new (options.Tokenizer ?? Tokenizer)(this.options, this);
  this.foreignContext = [ ForeignContext.None ];
  this.cbs.onparserinit?.(this);
 }
 ontext(start, endIndex) {
  const data = this.getSlice(start, endIndex);
  this.endIndex = endIndex - 1;
  this.cbs.ontext?.(data);
  this.startIndex = endIndex;
 }
 ontextentity(cp, endIndex) {
  this.endIndex = endIndex - 1;
  this.cbs.ontext?.(fromCodePoint(cp));
  this.startIndex = endIndex;
 }
 isInForeignContext() {
  return this.foreignContext[0] !== ForeignContext.None;
 }
 isVoidElement(name) {
  return this.htmlMode && voidElements.has(name);
 }
 readTagName(start, endIndex) {
  const name = this.lowerCaseTagNames ? this.getSlice(start, endIndex).toLowerCase() : this.getSlice(start, endIndex);
  if (!(this.lowerCaseTagNames && this.htmlMode)) return name;
  if (this.foreignContext[0] === ForeignContext.Svg) return svgTagNameAdjustments.get(name) ?? name;
  if (this.foreignContext.length > 1) {
   const adjusted = svgTagNameAdjustments.get(name);
   if (adjusted !== void 0 && this.stack.includes(adjusted)) return adjusted;
  }
  if (!this.isInForeignContext()) return name === "image" ? "img" : name;
  return name;
 }
 onopentagname(start, endIndex) {
  this.endIndex = endIndex;
  this.emitOpenTag(this.readTagName(start, endIndex));
 }
 emitOpenTag(name) {
  this.openTagStart = this.startIndex;
  this.tagname = name;
  if (this.htmlMode && name === "form" && this.stack.includes("form")) {
   this.tagname = "";
   return;
  }
  const impliesClose = this.htmlMode && openImpliesClose.get(name);
  if (impliesClose) while (this.stack.length > 0 && impliesClose.has(this.stack[0])) this.popElement(true);
  if (!this.isVoidElement(name)) {
   this.stack.unshift(name);
   if (this.htmlMode) if (name === "svg") this.foreignContext.unshift(ForeignContext.Svg); else if (name === "math") this.foreignContext.unshift(ForeignContext.MathML); else if (htmlIntegrationElements.has(name)) this.foreignContext.unshift(ForeignContext.None);
  }
  this.cbs.onopentagname?.(name);
  if (this.cbs.onopentag) this.attribs = {};
 }
 endOpenTag(isImplied) {
  this.startIndex = this.openTagStart;
  if (this.attribs) {
   this.cbs.onopentag?.(this.tagname, this.attribs, isImplied);
   this.attribs = null;
  }
  if (this.cbs.onclosetag && this.isVoidElement(this.tagname)) this.cbs.onclosetag(this.tagname, true);
  this.tagname = "";
 }
 onopentagend(endIndex) {
  this.endIndex = endIndex;
  this.endOpenTag(false);
  this.startIndex = endIndex + 1;
 }
 onclosetag(start, endIndex) {
  this.endIndex = endIndex;
  const name = this.readTagName(start, endIndex);
  if (!this.isVoidElement(name)) {
   const pos = this.stack.indexOf(name);
   if (pos !== -1) {
    for (let index = 0; index < pos; index++) this.popElement(true);
    this.popElement(false);
   } else if (this.htmlMode && name === "p") {
    this.emitOpenTag("p");
    this.closeCurrentTag(true);
   }
  } else if (this.htmlMode && name === "br") {
   this.cbs.onopentagname?.("br");
   this.cbs.onopentag?.("br", {}, true);
   this.cbs.onclosetag?.("br", false);
  }
  this.startIndex = endIndex + 1;
 }
 onselfclosingtag(endIndex) {
  this.endIndex = endIndex;
  if (this.recognizeSelfClosing || this.isInForeignContext()) {
   this.closeCurrentTag(false);
   this.startIndex = endIndex + 1;
  } else this.onopentagend(endIndex);
 }
 popElement(implied) {
  const element = this.stack.shift();
  if (this.htmlMode && (foreignContextElements.has(element) || htmlIntegrationElements.has(element))) this.foreignContext.shift();
  this.cbs.onclosetag?.(element, implied);
 }
 closeCurrentTag(isOpenImplied) {
  const name = this.tagname;
  this.endOpenTag(isOpenImplied);
  if (this.stack[0] === name) this.popElement(!isOpenImplied);
 }
 onattribname(start, endIndex) {
  this.startIndex = start;
  const name = this.getSlice(start, endIndex);
  this.attribname = this.lowerCaseAttributeNames ? name.toLowerCase() : name;
 }
 onattribdata(start, endIndex) {
  this.attribvalue += this.getSlice(start, endIndex);
 }
 onattribentity(cp) {
  this.attribvalue += fromCodePoint(cp);
 }
 onattribend(quote, endIndex) {
  this.endIndex = endIndex;
  this.cbs.onattribute?.(this.attribname, this.attribvalue, quote === QuoteType.Double ? '"' : quote === QuoteType.Single ? "'" : quote === QuoteType.NoValue ? void 0 : null);
  if (this.attribs && !Object.hasOwn(this.attribs, this.attribname)) this.attribs[this.attribname] = this.attribvalue;
  this.attribvalue = "";
 }
 getInstructionName(value) {
  const index = value.search(reNameEnd);
  let name = index < 0 ? value : value.substr(0, index);
  if (this.lowerCaseTagNames) name = name.toLowerCase();
  return name;
 }
 ondeclaration(start, endIndex) {
  this.endIndex = endIndex;
  const value = this.getSlice(start, endIndex);
  if (this.cbs.onprocessinginstruction) {
   const name = this.htmlMode ? this.lowerCaseTagNames ? DOCUMENT_TYPE : value.slice(0, DOCUMENT_TYPE.length) : this.getInstructionName(value);
   this.cbs.onprocessinginstruction(`!${name}`, `!${value}`);
  }
  this.startIndex = endIndex + 1;
 }
 onprocessinginstruction(start, endIndex) {
  this.endIndex = endIndex;
  const value = this.getSlice(start, endIndex);
  if (this.cbs.onprocessinginstruction) {
   const name = this.getInstructionName(value);
   this.cbs.onprocessinginstruction(`?${name}`, `?${value}`);
  }
  this.startIndex = endIndex + 1;
 }
 oncomment(start, endIndex, offset) {
  this.endIndex = endIndex;
  this.cbs.oncomment?.(this.getSlice(start, endIndex - offset));
  this.cbs.oncommentend?.();
  this.startIndex = endIndex + 1;
 }
 oncdata(start, endIndex, offset) {
  this.endIndex = endIndex;
  const value = this.getSlice(start, endIndex - offset);
  if (!this.htmlMode || this.options.recognizeCDATA) {
   this.cbs.oncdatastart?.();
   this.cbs.ontext?.(value);
   this.cbs.oncdataend?.();
  } else if (this.isInForeignContext()) this.cbs.ontext?.(value); else {
   this.cbs.oncomment?.(`[CDATA[${value}]]`);
   this.cbs.oncommentend?.();
  }
  this.startIndex = endIndex + 1;
 }
 onend() {
  if (this.cbs.onclosetag) {
   this.endIndex = this.startIndex;
   for (let index = 0; index < this.stack.length; index++) this.cbs.onclosetag(this.stack[index], true);
  }
  this.cbs.onend?.();
 }
 reset() {
  this.cbs.onreset?.();
  this.tokenizer.reset();
  this.tagname = "";
  this.attribname = "";
  this.attribvalue = "";
  this.attribs = null;
  this.stack.length = 0;
  this.startIndex = 0;
  this.endIndex = 0;
  this.cbs.onparserinit?.(this);
  this.buffers.length = 0;
  this.foreignContext.length = 0;
  this.foreignContext.unshift(ForeignContext.None);
  this.bufferOffset = 0;
  this.writeIndex = 0;
  this.ended = false;
 }
 parseComplete(data) {
  this.reset();
  this.end(data);
 }
 getSlice(start, end) {
  if (start === end) return "";
  while (start - this.bufferOffset >= this.buffers[0].length) this.shiftBuffer();
  let slice = this.buffers[0].slice(start - this.bufferOffset, end - this.bufferOffset);
  while (end - this.bufferOffset > this.buffers[0].length) {
   this.shiftBuffer();
   slice += this.buffers[0].slice(0, end - this.bufferOffset);
  }
  return slice;
 }
 shiftBuffer() {
  this.bufferOffset += this.buffers[0].length;
  this.writeIndex--;
  this.buffers.shift();
 }
 write(chunk) {
  if (this.ended) {
   this.cbs.onerror?.(new Error(".write() after done!"));
   return;
  }
  this.buffers.push(chunk);
  if (this.tokenizer.running) {
   this.tokenizer.write(chunk);
   this.writeIndex++;
  }
 }
 end(chunk) {
  if (this.ended) {
   this.cbs.onerror?.(new Error(".end() after done!"));
   return;
  }
  if (chunk) this.write(chunk);
  this.ended = true;
  this.tokenizer.end();
 }
 pause() {
  this.tokenizer.pause();
 }
 resume() {
  this.tokenizer.resume();
  while (this.tokenizer.running && this.writeIndex < this.buffers.length) this.tokenizer.write(this.buffers[this.writeIndex++]);
  if (this.ended) this.tokenizer.end();
 }
}

const single_page_shell_MOST_CHARACTERS = 256 * 1024;

const LONGEST_SHELL_TEXT = 200;

const DEEPEST = 1e3;

const single_page_shell_UNSEEN = new Set([ "head", "script", "style", "noscript", "template", "svg" ]);

function createShellReader() {
 let characters = 0;
 let text = 0;
 let scripts = 0;
 let unseen = 0;
 let depth = 0;
 const parser = new Parser({
  onopentagname: name => {
   depth += 1;
   if (depth > DEEPEST) parser.pause();
   if (name === "script") scripts += 1;
   if (single_page_shell_UNSEEN.has(name)) unseen += 1;
  },
  onclosetag: name => {
   depth -= 1;
   if (single_page_shell_UNSEEN.has(name)) unseen -= 1;
  },
  ontext: piece => {
   if (unseen === 0) text += piece.replace(/\s+/g, "").length;
  }
 });
 return {
  take: piece => {
   const room = Math.max(0, single_page_shell_MOST_CHARACTERS - characters);
   if (room > 0 && depth <= DEEPEST && text < LONGEST_SHELL_TEXT) parser.write(piece.slice(0, room));
   characters += piece.length;
  },
  isShell: () => {
   if (depth > DEEPEST) return;
   parser.end();
   if (text >= LONGEST_SHELL_TEXT) return false;
   return characters > single_page_shell_MOST_CHARACTERS ? void 0 : scripts > 0;
  }
 };
}

const REDIRECTS = "_redirects";

const INDEX = "index.html";

const LARGEST_REDIRECTS = 64 * 1024;

const single_page_REFUSED = "Gateways refuse the whole file, and answer 500 to every path that the site does not have.";

const HONOURED = "Gateways with an origin for each site (subdomain gateways, DNSLink domains) follow it; path gateways (`/ipfs/<cid>/`) never do, and there only hash routing works.";

function createSinglePageRule(site) {
 const isCandidate = couldBeSinglePage(site);
 return report => {
  const readers = {
   shell: createShellReader(),
   routing: createRoutingReader()
  };
  let redirects = {
   kind: "none"
  };
  const see = file => {
   redirects = seeRedirects(file, site, report);
  };
  return {
   name: "single-page",
   open: ({path: path}) => {
    if (site.isSingleFile) return;
    if (path === REDIRECTS) return readWhole(LARGEST_REDIRECTS, see);
    return isCandidate ? pageReader(path, readers) : void 0;
   },
   finish: () => {
    if (site.isSingleFile) return;
    reportIndex(site, report);
    if (isCandidate && isRouted(readers)) reportDeepLinks(redirects, report); else reportErrorPages(site, redirects, report);
    for (const path of site.files.keys()) reportForeign(path, report);
   }
  };
 };
}

const NO_PAGE = /(?:^|\/)(?:[45]\d\d|200|404\/index|ipfs-404|_error|error|offline|google[0-9a-f]+)\.html$/i;

const WRITES_ALL_PAGES = /^(?:_next|page-data)\//;

function couldBeSinglePage(site) {
 if (site.isSingleFile || !site.files.has(INDEX)) return false;
 for (const path of site.files.keys()) {
  if (WRITES_ALL_PAGES.test(path)) return false;
  if (isHtml(path) && path !== INDEX && !NO_PAGE.test(path)) return false;
 }
 return true;
}

function isHtml(path) {
 return /\.html?$/i.test(path);
}

function pageReader(path, {shell: shell, routing: routing}) {
 const isPage = path === INDEX;
 if (!isPage && !/\.m?js$/i.test(path)) return;
 routing.begin();
 return {
  kind: "text",
  take: piece => {
   routing.take(piece);
   if (isPage) shell.take(piece);
  },
  end: () => {}
 };
}

function isRouted({shell: shell, routing: routing}) {
 return shell.isShell() === true && routing.read() === "path";
}

function isCatchAll(rule) {
 const {segments: segments, hasSplat: hasSplat} = patternOf(rule.from);
 return hasSplat && segments.length === 1;
}

function seeRedirects(file, site, report) {
 if (file === void 0) {
  const message = "The file has more than 64 KiB, the most that the specification of `_redirects` allows.";
  const advice = `${single_page_REFUSED} Merge rules with placeholders and \`/*\`.`;
  report({
   kind: "redirect-size",
   message: message,
   advice: advice,
   path: REDIRECTS,
   line: void 0
  });
  return {
   kind: "refused"
  };
 }
 const hasMark = file.text.startsWith("\ufeff");
 if (hasMark) {
  const message = "The file starts with a byte order mark, which gateways read as a part of the first rule.";
  report({
   kind: "redirect-mark",
   message: message,
   advice: `${single_page_REFUSED} Save it as UTF-8 without BOM.`,
   path: REDIRECTS,
   line: 1
  });
 }
 const {rules: rules, faults: faults} = parseRedirects(hasMark ? file.text.slice(1) : file.text);
 for (const fault of faults) report({
  ...fault,
  advice: `${fault.advice} ${single_page_REFUSED}`,
  path: REDIRECTS
 });
 for (const sighting of judgeRedirects(rules, single_page_placesOf(site))) report({
  ...sighting,
  path: REDIRECTS
 });
 return hasMark || faults.length > 0 ? {
  kind: "refused"
 } : {
  kind: "rules",
  rules: rules
 };
}

function single_page_placesOf({files: files}) {
 const directories = new Set([ "" ]);
 for (const path of files.keys()) for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
  const directory = path.slice(0, end);
  if (directories.has(directory)) break;
  directories.add(directory);
 }
 return {
  files: files,
  directories: directories
 };
}

function reportIndex({files: files}, report) {
 if (files.has(INDEX)) return;
 const page = [ ...files.keys() ].find(isHtml);
 if (page === void 0) return;
 report({
  kind: "no-index",
  message: "The build has pages, and no `index.html` at its root: visitors see a list of files.",
  advice: "Set path to the directory that has index.html, or write one.",
  path: page,
  line: void 0
 });
}

function reportDeepLinks(redirects, report) {
 if (redirects.kind === "refused" || rulesOf(redirects).some(isCatchAll)) return;
 report({
  kind: "deep-links",
  message: `\`${INDEX}\` is the only page, and its scripts route by path: any other address, opened or reloaded, is not found.`,
  advice: adviceToAdd(`/* /${INDEX} 200`, redirects),
  path: INDEX,
  line: void 0
 });
}

function reportErrorPages({files: files}, redirects, report) {
 if (redirects.kind === "refused") return;
 for (const [page, status] of [ [ "200.html", 200 ], [ "404.html", 404 ] ]) {
  const isUsed = rulesOf(redirects).some(rule => rule.to === `/${page}` || isCatchAll(rule));
  if (!files.has(page) || isUsed) continue;
  report({
   kind: `unused-${status}`,
   message: `\`${page}\` is what some hosts show for paths that a site does not have; IPFS gateways do where \`${REDIRECTS}\` says so.`,
   advice: adviceToAdd(`/* /${page} ${status}`, redirects),
   path: page,
   line: void 0,
   level: "note"
  });
  return;
 }
}

function rulesOf(redirects) {
 return redirects.kind === "rules" ? redirects.rules : [];
}

function adviceToAdd(line, redirects) {
 const where = redirects.kind === "none" ? `a file \`${REDIRECTS}\` at the root with` : `to the end of \`${REDIRECTS}\``;
 return `Add ${where} the line \`${line}\`. ${HONOURED}`;
}

const OTHER_HOSTS = /^(?:_headers|_routes\.json|_worker\.js|netlify\.toml|vercel\.json|firebase\.json|staticwebapp\.config\.json|\.htaccess|web\.config)$/;

function reportForeign(path, report) {
 const note = {
  path: path,
  line: void 0,
  level: "note"
 };
 if (OTHER_HOSTS.test(path)) {
  const message = `${quote(path)} configures another host; IPFS gateways do not read it.`;
  report({
   ...note,
   kind: "other-host",
   message: message,
   advice: "Do not rely on what it sets, or leave it out with exclude."
  });
 }
 if (path === "ipfs-404.html") {
  const message = "`ipfs-404.html` was shown by old gateways only; support for it was removed.";
  report({
   ...note,
   kind: "old-404",
   message: message,
   advice: `Use \`${REDIRECTS}\` with the line \`/* /404.html 404\`.`
  });
 }
 if (path.endsWith(`/${REDIRECTS}`)) {
  const message = `Gateways read \`${REDIRECTS}\` at the root of a site only.`;
  report({
   ...note,
   kind: "redirect-place",
   message: message,
   advice: "Move its rules into the one at the root."
  });
 }
}

const UPLOAD_BYTES = 25e9;

const FOLDER_FILES = 3e4;

function assignedRules({site: site, policy: policy, credentials: credentials, asFolder: asFolder}) {
 const rules = {
  secrets: createSecretsRule({
   credentials: credentials
  }),
  names: createNamesRule(site),
  "absolute-paths": createAbsolutePathsRule(site),
  "single-page": createSinglePageRule(site),
  nft: createNftRule(site, {
   forced: policy.severities.nft === "error" && policy.named.includes("nft")
  }),
  limits: createLimitsRule(site, {
   uploadBytes: UPLOAD_BYTES,
   folderFiles: asFolder ? FOLDER_FILES : void 0
  })
 };
 return RULE_NAMES.flatMap(name => {
  const severity = policy.severities[name];
  return severity === "off" ? [] : [ {
   rule: rules[name],
   severity: severity
  } ];
 });
}

function compareUtf8(one, other) {
 const shared = Math.min(one.length, other.length);
 for (let at = 0; at < shared; at += 1) {
  const a = one.charCodeAt(at);
  const b = other.charCodeAt(at);
  if (a !== b) return file_rules_isSurrogate(a) === file_rules_isSurrogate(b) ? a - b : Number(file_rules_isSurrogate(a)) - Number(file_rules_isSurrogate(b));
 }
 return one.length - other.length;
}

function file_rules_isSurrogate(unit) {
 return unit >= 55296 && unit <= 57343;
}

const PIECE = 12;

const hider_LONGEST = 2048;

const hider_HIDDEN = "[secret]";

function createHider(secrets) {
 const pieces = new Set;
 for (const secret of secrets) {
  const shown = secret.length > hider_LONGEST ? secret.slice(0, hider_LONGEST / 2) + secret.slice(-hider_LONGEST / 2) : secret;
  const size = Math.min(PIECE, shown.length);
  for (let at = 0; size > 0 && at + size <= shown.length; at += 1) pieces.add(shown.slice(at, at + size));
 }
 const sizes = [ ...new Set([ ...pieces ].map(({length: length}) => length)) ];
 return text => {
  const isHidden = new Uint8Array(text.length);
  for (const size of sizes) for (let at = 0; at + size <= text.length; at += 1) if (pieces.has(text.slice(at, at + size))) isHidden.fill(1, at, at + size);
  return withoutHidden(text, isHidden);
 };
}

function withoutHidden(text, isHidden) {
 let shown = "";
 for (let at = 0; at < text.length; at += 1) if (isHidden[at] === 0) shown += text[at]; else if (isHidden[at - 1] !== 1) shown += hider_HIDDEN;
 return shown;
}

const MOST_FINDINGS = 120;

function createInspection(asked, secrets = []) {
 const ledger = createLedger();
 const rules = asked.map(({rule: rule, severity: severity}) => {
  const page = ledger.page(severity);
  const made = rule(sighting => page(made.name, sighting));
  return made;
 });
 let readers = [];
 let decoder;
 return {
  begin: file => {
   readers = rules.flatMap(rule => rule.open(file) ?? []);
   decoder = readers.some(({kind: kind}) => kind === "text") ? new TextDecoder("utf-8") : void 0;
   return readers.length > 0;
  },
  take: piece => {
   const text = decoder?.decode(piece, {
    stream: true
   }) ?? "";
   for (const reader of readers) if (reader.kind === "bytes") reader.take(piece); else if (text !== "") reader.take(text);
  },
  end: () => {
   const rest = decoder?.decode() ?? "";
   for (const reader of readers) {
    if (reader.kind === "text" && rest !== "") reader.take(rest);
    reader.end();
   }
   readers = [];
  },
  finish: async () => {
   for (const rule of rules) await rule.finish();
   return ledger.read(createHider([ ...secrets, ...rules.flatMap(rule => [ ...rule.hidden?.() ?? [] ]) ]));
  }
 };
}

const MOST_KEPT = 1e3;

function createLedger() {
 const pages = [];
 return {
  page(severity) {
   const entries = [];
   pages.push(entries);
   const kept = {
    error: 0,
    warn: 0,
    note: 0
   };
   const byMessage = new Map;
   return (rule, sighting) => {
    const {kind: kind, message: message, path: path, level: level = severity} = sighting;
    const alike = byMessage.get(message) ?? [];
    const known = alike.find(entry => entry.first.kind === kind && entry.severity === level);
    if (known !== void 0) {
     known.times += 1;
     if (known.lastPath !== path) known.files += 1;
     known.lastPath = path;
     return;
    }
    if (kept[level] >= MOST_KEPT) return;
    kept[level] += 1;
    const entry = {
     first: sighting,
     rule: rule,
     severity: level,
     files: 1,
     lastPath: path,
     times: 1
    };
    entries.push(entry);
    byMessage.set(message, [ ...alike, entry ]);
   };
  },
  read(hide) {
   const all = pages.flat();
   const count = severity => all.filter(entry => entry.severity === severity).length;
   const shown = pages.flatMap(entries => {
    const bySeverity = Object.values(Object.groupBy(entries.sort(byWeight), ({severity: severity}) => severity));
    return bySeverity.flatMap((group = []) => group.slice(0, MOST_FINDINGS));
   });
   return {
    findings: shown.sort(byWeight).map(entry => asFinding(entry, hide)),
    counts: {
     error: count("error"),
     warn: count("warn"),
     note: count("note")
    }
   };
  }
 };
}

const WEIGHTS = {
 error: 0,
 warn: 1,
 note: 2
};

const ORDER = Object.keys(finding_RULES);

function byWeight(a, b) {
 return WEIGHTS[a.severity] - WEIGHTS[b.severity] || ORDER.indexOf(a.rule) - ORDER.indexOf(b.rule) || compareUtf8(a.first.path, b.first.path) || (a.first.line ?? 0) - (b.first.line ?? 0);
}

function asFinding({first: first, rule: rule, severity: severity, files: files, times: times}, hide) {
 const {kind: kind, message: message, advice: advice, path: path, line: line} = first;
 return {
  rule: rule,
  severity: severity,
  kind: kind,
  message: hide(message),
  advice: advice,
  path: hide(path),
  line: line,
  times: times,
  files: files
 };
}

let inspection = createInspection([]);

let busyMs = 0;

function answer(message) {
 external_node_worker_threads_namespaceObject.parentPort?.postMessage(message);
}

function look({begins: begins, length: length, ends: ends}, bytes) {
 if (begins !== void 0) inspection.begin(begins);
 if (length > 0) inspection.take(bytes);
 if (ends) inspection.end();
}

async function take(message) {
 const began = performance.now();
 const rest = () => {
  busyMs += performance.now() - began;
  return busyMs;
 };
 switch (message.kind) {
 case "assignment":
  inspection = createInspection(assignedRules(message.assignment), credentialForms(message.assignment.credentials));
  return;

 case "parts":
  {
   let at = 0;
   for (const part of message.parts) {
    look(part, new Uint8Array(message.buffer, at, part.length));
    at += part.length;
   }
   rest();
   answer({
    kind: "emptied",
    buffer: message.buffer
   });
   return;
  }

 case "finish":
  answer({
   kind: "done",
   preflight: await inspection.finish(),
   busyMs: rest()
  });
 }
}

external_node_worker_threads_namespaceObject.parentPort?.on("message", message => {
 void take(message);
});
