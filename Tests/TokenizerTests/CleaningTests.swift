import Testing

@testable import DenseKitTokenizer

@Test(
    "Cleaning",
    arguments: [
        ("  Bed \t lamp\r\n", "bed lamp"),
        ("“Curly” ‘quotes’", "\"curly\" 'quotes'"),
        ("ﬁne ﬅ Ǆ ŉ", "fine ſt dž 'n"),
        ("ＦＵＬＬ　ｗｉｄｔｈ ｶﾞ", "full width ガ"),
        ("\u{FEFF}bom\u{0}\u{7F}", "bom"),
        ("\u{1B}[31mred\u{1B}[0m \u{1B}x", "red x"),
        ("e\u{301}", "é"),
        ("dog\u{93}s", "dog\"s"),
        ("schÃ¶n", "schön"),
        ("«É»", "«é»"),
        ("cafÃƒÂ©", "café"),
        ("ΟΔΟΣ ΣΑΣ Σ", "οδος σας σ"),
        ("İ", "i\u{307}"),
        ("&amp;amp;lt;", "<"),
        ("< &amp;amp;lt;", "< &lt;"),
        ("P&EACUTE;REZ &nTILDE;", "pérez &ntilde;"),
        ("&copy=1 &notit; &r=2 &unknown;", "©=1 ¬it; &r=2 &unknown;"),
        (
            "&#233;&#xE9;&#128;&#0;&#xD800;&#99999999999999999999;&#1;&#;",
            "éé€\u{FFFD}\u{FFFD}\u{FFFD}&#;"
        ),
    ])
func cleaning(text: String, expected: String) throws {
    #expect(
        Array(try cleaned(text, byteLimit: 1000).unicodeScalars) == Array(expected.unicodeScalars))
}

@Test(
    "Text in a wrong encoding is refused where no repair is sure",
    arguments: [
        ("schÃ¶n 日本", "Windows-1252"), ("voilÃ le travail", "Windows-1252"),
        ("â€œlostâ€\u{FFFD}", "Windows-1252"),
        ("РїСЂРёРІРµС‚", "Windows-1251"), ("‚Äúquotes‚Äù", "Mac Roman"),
    ])
func garbled(text: String, encoding: String) {
    #expect(throws: TokenizerError.garbled(text: text, encoding: encoding)) {
        try ByteTokenizer().encode(text)
    }
}

@Test(
    "Splitting into words",
    arguments: [
        ("it's we'll 'tis", ["it", "'s", "we", "'ll", "'t", "is"]),
        ("a1b 23", ["a", "1", "b", "2", "3"]),
        ("x²+½…", ["x", "²", "+", "½", "…"]),
        ("<|startoftext|>a<|endoftext|>", ["START", "a", "END"]),
        ("!<|endoftext|>", ["!<|", "endoftext", "|>"]),
        ("don't", ["don", "'t"]), ("'sea", ["'s", "ea"]), ("a\u{345}b", ["a", "b"]),
        ("हिन्दी", ["ह", "ि", "न", "्", "द", "ी"]),
        ("", []),
    ])
func splitting(text: String, expected: [String]) {
    let words = WordSplitter(text).map { word in
        switch word {
        case .start: "START"
        case .end: "END"
        case .text(let text): String(text)
        }
    }
    #expect(words == expected)
}
