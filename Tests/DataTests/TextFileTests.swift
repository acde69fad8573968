import DenseKitData
import Foundation
import TemporaryFolders
import Testing

/// Lists and class files in the encodings that people's editors write.
@Suite struct TextFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let text = "- wall\r\n- Straße\r\n- 天空\r\n"
    private static let names = ["wall", "Straße", "天空"]

    private static func utf16(_ text: String, isBigEndian: Bool, mark: Bool) -> [UInt8] {
        ((mark ? [0xFEFF] : []) + Array(text.utf16)).flatMap { unit in
            let bytes = [UInt8(unit >> 8), UInt8(truncatingIfNeeded: unit)]
            return isBigEndian ? bytes : bytes.reversed()
        }
    }

    private static let encodings: [(name: String, encode: @Sendable (String) -> [UInt8])] = [
        ("UTF-8", { Array($0.utf8) }),
        ("UTF-8 with a mark", { [0xEF, 0xBB, 0xBF] + Array($0.utf8) }),
        ("UTF-16 LE with a mark", { utf16($0, isBigEndian: false, mark: true) }),
        ("UTF-16 BE with a mark", { utf16($0, isBigEndian: true, mark: true) }),
        ("UTF-16 LE", { utf16($0, isBigEndian: false, mark: false) }),
        ("UTF-16 BE", { utf16($0, isBigEndian: true, mark: false) }),
    ]

    @Test(
        "Lists and class files are read in every encoding that is certain",
        arguments: encodings.indices)
    func read(index: Int) throws {
        let (name, encode) = Self.encodings[index]
        #expect(
            try ClassFile.read(folder.write("classes.yaml", encode(Self.text))) == Self.names,
            "\(name)")
        let list = try NameList(
            folder.write("list.txt", encode("wall\r\nStraße\r\n\r\n天空")), layout: "")
        #expect(
            list.entries.map(\.name) == Self.names && list.entries.map(\.line) == [1, 2, 4],
            "\(name)")
    }

    @Test("Other encodings are refused by their true reason, with the line")
    func refused() {
        let cases: [(bytes: [UInt8], message: String)] = [
            (
                Array("- a\n- caf".utf8) + [0xE9, 0x0A],
                ":2: is not UTF-8: byte E9; other encodings, such as Latin-1 and GBK, cannot be told apart; save it as UTF-8, as "
                    + "`iconv -f WINDOWS-1252 -t UTF-8` does for Western European text"
            ),
            (
                [0x61, 0xEF],
                ":1: is not UTF-8: byte EF; other encodings, such as Latin-1 and GBK, cannot be told apart; save it as UTF-8, as "
                    + "`iconv -f WINDOWS-1252 -t UTF-8` does for Western European text"
            ),
            (
                [0x61, 0x0A, 0xEF, 0xBF],
                ":2: is not UTF-8: byte EF; other encodings, such as Latin-1 and GBK, cannot be told apart; save it as UTF-8, as "
                    + "`iconv -f WINDOWS-1252 -t UTF-8` does for Western European text"
            ),
            (
                [0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0],
                ": is UTF-32, UTF-8 is wanted; `iconv -f UTF-32 -t UTF-8` converts it"
            ),
            ([0xFF, 0xFE, 0x61, 0, 0x62], ": is damaged UTF-16; save it as UTF-8"),
            ([0xFF, 0xFE, 0x00, 0xD8, 0x61, 0], ": is damaged UTF-16; save it as UTF-8"),
            ([0x61, 0, 0, 0x62], ": holds NUL bytes: it is no text; save it as UTF-8"),
            ([0xEF, 0xBB, 0xBF, 0x61, 0], ": holds NUL bytes: it is no text; save it as UTF-8"),
        ]
        for (bytes, expected) in cases {
            for (file, read) in [
                ("classes.yaml", { (path: String) in _ = try ClassFile.read(path) }),
                ("list.txt", { _ = try NameList($0, layout: "") }),
            ] {
                #expect(
                    message(in: folder) { try read(folder.write(file, bytes)) } == file + expected)
            }
        }
    }

    @Test("Annotations in UTF-16 are refused by their true reason")
    func annotations() throws {
        let path = try folder.write("a.json", Self.utf16("{}", isBigEndian: false, mark: true))
        #expect(
            message(in: folder) { _ = try COCOIndex(path, cache: folder.path + "/cache") }
                == "a.json: is UTF-16, and JSON is UTF-8; `iconv -f UTF-16 -t UTF-8` converts it")
    }

    @Test(
        "Lines may end as on any system; no space of any width and nothing invisible stays around a name"
    )
    func lines() throws {
        let text = "\u{FEFF}a\r\u{A0}b b\u{2003}\r\n\n\u{200B}c\u{200E}\u{3000}\nd\r\r\n"
        let list = try NameList(folder.write("list.txt", Array(text.utf8)), layout: "")
        #expect(list.entries.map(\.name.unicodeScalars.count) == [1, 3, 1, 1])
        #expect(
            list.entries.map(\.name) == ["a", "b b", "c", "d"]
                && list.entries.map(\.line) == [1, 2, 4, 5])
    }

    @Test(
        "A class has a name without invisible characters, spaces at its ends, and of one composition"
    )
    func classNames() throws {
        let table: [(written: String, name: String)] = [
            (" traffic light\t", "traffic light"), ("traffic\u{A0}light", "traffic light"),
            ("traffic\u{2009}light\r", "traffic light"),
            ("\u{FEFF}sky", "sky"), ("s\u{200B}k\u{AD}y\u{2060}", "sky"),
            ("\u{202A}sky\u{202C}", "sky"),
            ("s\u{200D}ky\u{200C}", "sky"),
            ("cafe\u{301}", "caf\u{E9}"), ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("天空", "天空"),
            ("a\u{0}b", "ab"),
        ]
        for (written, name) in table {
            let cleaned = ClassName.cleaned(written)
            #expect(
                Array(cleaned.unicodeScalars) == Array(name.unicodeScalars),
                "\(written.debugDescription)")
        }
        let path = try folder.write(
            "classes.yaml", Array("- \"sky\u{A0}\"\r\n- sea\u{200B}\r\n".utf8))
        #expect(
            try ClassFile.read(path).map { Array($0.utf8) } == [
                Array("sky".utf8), Array("sea".utf8),
            ])
        let cases = [
            ("- sky\n- \"sky \"\n", "classes.yaml: names class `sky` twice"),
            ("- sky\n- \"\u{200B}\"\n", "classes.yaml: class 1 has an empty name"),
            (
                "sky\nsea\n",
                "classes.yaml:1:1: expected a list of names, found text without `- `; write one `- name` a line"
            ),
            (
                "[ground, null]",
                "classes.yaml:1:10: 1: expected a string, found null; write '' for the empty string, 'null' for the word"
            ),
        ]
        for (text, expected) in cases {
            #expect(
                message(in: folder) {
                    _ = try ClassFile.read(folder.write("classes.yaml", Array(text.utf8)))
                } == expected)
        }
    }
}
