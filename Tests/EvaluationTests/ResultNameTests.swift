import Testing

@testable import DenseKitEvaluation

@Test("Names of results keep folders, stay below their own, and are given once")
func resultNames() {
    let names = ResultNames()
    let table = [
        ("a.jpg", "a"), ("sub/a.jpg", "sub/a"), ("a.png", "a.png"), ("a.jpg", "a.jpg"),
        ("a.jpg", "a.jpg_3"),
        ("a.jpg", "a.jpg_4"),
        ("../up/b.jpg", "up/b"), ("/whole/c.jpg", "whole/c"), ("./d", "d"), ("d", "d_2"),
        (".e.jpg", ".e"),
        ("f.g.jpg", "f.g"),
        ("caf\u{E9}.jpg", "caf\u{E9}"), ("cafe\u{301}.jpg", "cafe\u{301}"),
    ]
    for (image, name) in table {
        #expect(Array(names.name(for: image).utf8) == Array(name.utf8), "\(image)")
    }
}
