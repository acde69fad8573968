import DenseKitFoundations
import Testing

@Test(
    "The hashes that the authors of FNV publish: they are parts of file names and must never change"
)
func publishedHashes() {
    for (text, long, short) in [
        ("", "cbf29ce484222325", 0x811C_9DC5 as UInt32), ("a", "af63dc4c8601ec8c", 0xE40C_292C),
        ("foobar", "85944171f73967e8", 0xBF9C_F968),
    ] {
        #expect(FNV1a(text.utf8).digits == long)
        #expect(FNV1a.short(text.utf8) == short)
    }
}

@Test(
    "Pieces one after the other have the hash of the whole, and zeros in front are kept where digits are counted"
)
func pieces() throws {
    var hash = FNV1a("foo".utf8)
    hash.add("bar".utf8)
    #expect(hash == FNV1a("foobar".utf8))
    var wide = FNV1a()
    wide.add(0xCBF2_9CE4_8422_2325)
    #expect((wide.hexadecimal, wide.digits) == ("0", "0000000000000000"))
}
